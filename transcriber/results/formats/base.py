"""What a format is."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from transcriber.transcript.document import Segment, TranscriptHead


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

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the file piece by piece.

        Args:
            head: all of the transcript but its segments.
            segments: in the order of their times; can be read more than once, and are too many to hold.
        """
        ...
