"""What a format is."""

from typing import Protocol

from transcriber.transcript import Transcript


class TranscriptFormat(Protocol):
    """A way to write a transcript as text."""

    @property
    def name(self) -> str:
        """What ``--formats`` calls it."""
        ...

    @property
    def suffix(self) -> str:
        """What its files' names end with, the dot included."""
        ...

    @property
    def content_type(self) -> str:
        """Its media type."""
        ...

    def render(self, transcript: Transcript) -> str:
        """Return the whole file."""
        ...
