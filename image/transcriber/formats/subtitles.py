"""Subtitles: SubRip for players and editors, WebVTT for browsers."""

import html
from typing import ClassVar

from transcriber.formats.cues import cues_from_transcript
from transcriber.transcript import Transcript


class SubRip:
    """``.srt``: numbered cues with commas in their times."""

    name: ClassVar[str] = "srt"
    suffix: ClassVar[str] = ".srt"
    content_type: ClassVar[str] = "application/x-subrip; charset=utf-8"

    def render(self, transcript: Transcript) -> str:
        """Return the cues; no speech gives an empty file."""
        return "".join(
            f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n" + "\n".join(cue.lines) + "\n\n"
            for number, cue in enumerate(cues_from_transcript(transcript), start=1)
        )


class WebVtt:
    """``.vtt``: as the W3C's WebVTT has it, text escaped."""

    name: ClassVar[str] = "vtt"
    suffix: ClassVar[str] = ".vtt"
    content_type: ClassVar[str] = "text/vtt; charset=utf-8"

    def render(self, transcript: Transcript) -> str:
        """Return the header and the cues."""
        cues = (
            f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n"
            + html.escape("\n".join(cue.lines), quote=False)
            + "\n"
            for cue in cues_from_transcript(transcript)
        )
        return "WEBVTT\n" + "".join(cues)


def _clock(seconds: float, separator: str) -> str:
    """Return ``HH:MM:SS`` with milliseconds after ``separator``; hours are as many digits as they need."""
    total_milliseconds = round(seconds * 1000)
    total_seconds, milliseconds = divmod(total_milliseconds, 1000)
    minutes, second = divmod(total_seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{separator}{milliseconds:03}"
