"""Text for readers."""

from typing import ClassVar

from transcriber.transcript import Transcript


class PlainText:
    """The text alone, a segment a line."""

    name: ClassVar[str] = "txt"
    suffix: ClassVar[str] = ".txt"
    content_type: ClassVar[str] = "text/plain; charset=utf-8"

    def render(self, transcript: Transcript) -> str:
        """Return the lines; no speech gives an empty file."""
        return "".join(f"{segment.text}\n" for segment in transcript.segments)
