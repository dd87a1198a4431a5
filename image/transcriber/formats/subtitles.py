"""Subtitles: SubRip for players and editors, WebVTT for browsers."""

import html
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from transcriber.formats.cues import Cue, cut_cues
from transcriber.printable import readable
from transcriber.transcript import ModelInfo, Segment, TranscriptHead

MARKUP = re.compile(r"(?<=[<{])|(?<=--)(?=>)")
"""Where SubRip's players begin to read markup, and its parsers times; it knows no escapes."""

WORD_JOINER = "\u2060"
"""Shows as nothing, and ends both."""


class SubRip:
    """``.srt``: numbered cues with commas in their times."""

    name: ClassVar[str] = "srt"
    suffix: ClassVar[str] = ".srt"
    content_type: ClassVar[str] = "application/x-subrip; charset=utf-8"

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the cues; no speech gives an empty file."""
        for number, cue in enumerate(_cues(head, segments), start=1):
            text = MARKUP.sub(WORD_JOINER, readable("\n".join(cue.lines)))
            yield f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{text}\n\n"


class WebVtt:
    """``.vtt``: as the W3C's WebVTT has it, text escaped."""

    name: ClassVar[str] = "vtt"
    suffix: ClassVar[str] = ".vtt"
    content_type: ClassVar[str] = "text/vtt; charset=utf-8"

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the header, who recognised it where a licence asks for that, and the cues."""
        yield "WEBVTT\n"
        yield from _attribution(head.model)
        for cue in _cues(head, segments):
            text = html.escape(readable("\n".join(cue.lines)), quote=False)
            yield f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n"


def _attribution(model: ModelInfo) -> Iterator[str]:
    if model.licence is not None:
        named = " ".join(readable(f"Recognised by {model.name} ({model.licence})").split())
        yield f"\nNOTE {named.replace('-->', '')}\n"


def _cues(head: TranscriptHead, segments: Iterable[Segment]) -> Iterator[Cue]:
    words = (word for segment in segments for word in segment.words if readable(word.word))
    return cut_cues(words, head.source.duration_seconds)


def _clock(seconds: float, separator: str) -> str:
    """Return ``HH:MM:SS`` with milliseconds after ``separator``; hours are as many digits as they need."""
    total_milliseconds = round(seconds * 1000)
    total_seconds, milliseconds = divmod(total_milliseconds, 1000)
    minutes, second = divmod(total_seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{separator}{milliseconds:03}"
