"""The interface of formats."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from transcriber.transcript.document import Segment, TranscriptHead


class TranscriptFormat(Protocol):
    """A way to write a transcript as text."""

    @property
    def name(self) -> str:
        """Its name for ``--formats``."""
        ...

    @property
    def suffix(self) -> str:
        """The end of its file names, with the dot."""
        ...

    @property
    def content_type(self) -> str:
        """Its media type."""
        ...

    def render(self, head: TranscriptHead, segments: Iterable[Segment], /) -> Iterator[str]:
        """Yield the file piece by piece.

        Args:
            head: everything of the transcript but its segments.
            segments: the segments by time. They can be read more than once, but do not fit into memory.
        """
        ...
