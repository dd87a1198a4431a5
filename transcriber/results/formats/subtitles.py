"""Write subtitles: SubRip for players and editors, WebVTT for browsers."""

import html
import re
from collections.abc import Iterable, Iterator
from heapq import merge
from typing import ClassVar

from transcriber.outcomes import ResultFormat
from transcriber.reporting.printable import readable
from transcriber.results.formats.caption_cutting import Cue, cut_cues
from transcriber.results.formats.channel_names import channel_name, channels_in, is_from
from transcriber.transcript.document import ModelInfo, Segment, TranscriptHead

MARKUP = re.compile(r"(?<=[<{])|(?<=--)(?=>)")
"""Text that players of SubRip read as markup, and its parsers as times. SubRip has no escapes."""

WORD_JOINER = "\u2060"
"""An invisible character that breaks both."""


class SubRip:
    """``.srt``: numbered cues with commas in their times."""

    name: ClassVar[str] = ResultFormat.SRT
    suffix: ClassVar[str] = ResultFormat.SRT.suffix
    content_type: ClassVar[str] = "application/x-subrip; charset=utf-8"

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the cues. Without speech the file is empty."""
        for number, (name, cue) in enumerate(_cues(head, segments), start=1):
            speaker = "" if name is None else f"{name}: "
            text = MARKUP.sub(WORD_JOINER, speaker + readable("\n".join(cue.lines)))
            yield f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{text}\n\n"


class WebVtt:
    """``.vtt``: WebVTT of the W3C, with escaped text."""

    name: ClassVar[str] = ResultFormat.VTT
    suffix: ClassVar[str] = ResultFormat.VTT.suffix
    content_type: ClassVar[str] = "text/vtt; charset=utf-8"

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the header, the name of the model if its licence requires it, and the cues."""
        yield "WEBVTT\n"
        yield from _attribution(head.model)
        for name, cue in _cues(head, segments):
            text = html.escape(readable("\n".join(cue.lines)), quote=False)
            if name is not None:
                text = f"<v {html.escape(name)}>{text}</v>"
            yield f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n"


def _attribution(model: ModelInfo) -> Iterator[str]:
    if model.licence is not None:
        named = " ".join(readable(f"Recognised by {model.name} ({model.licence})").split())
        yield f"\nNOTE {named.replace('-->', '')}\n"


def _cues(head: TranscriptHead, segments: Iterable[Segment]) -> Iterator[tuple[str | None, Cue]]:
    """Yield the cues of all channels by time, each with the name of its channel; None in a mix."""
    yield from merge(
        *(_cues_of(channel, head, segments) for channel in channels_in(head)), key=lambda each: each[1].start
    )


def _cues_of(
    channel: int | None, head: TranscriptHead, segments: Iterable[Segment]
) -> Iterator[tuple[str | None, Cue]]:
    words = (
        word
        for segment in segments
        if is_from(segment, channel)
        for word in segment.words
        if readable(word.word)
    )
    name = None if channel is None else channel_name(head, channel)
    for cue in cut_cues(words, head.source.duration_seconds):
        yield name, cue


def _clock(seconds: float, separator: str) -> str:
    """Return ``HH:MM:SS`` with milliseconds after ``separator``. Hours may have more digits."""
    total_milliseconds = round(seconds * 1000)
    total_seconds, milliseconds = divmod(total_milliseconds, 1000)
    minutes, second = divmod(total_seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{separator}{milliseconds:03}"
