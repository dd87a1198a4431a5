"""Keep segments on disk, so that long recordings need no memory for them."""

from collections.abc import Iterator
from typing import BinaryIO

from transcriber.storage.scratch import ScratchLines
from transcriber.transcript.document import Segment


class SegmentSpool:
    """A list of segments in a scratch file, one segment on each line. It can be read more than once."""

    def __init__(self, file: BinaryIO) -> None:
        """Keep segments in ``file``, which must be empty and stay open while this is used."""
        self._lines = ScratchLines(file)
        self.segment_count = 0
        self.word_count = 0

    def append(self, segment: Segment) -> None:
        """Add the next segment.

        Raises:
            TemporaryFailureError: the disk is full.
        """
        self._lines.append(segment.model_dump_json())
        self.segment_count += 1
        self.word_count += len(segment.words)

    def clear(self) -> None:
        """Remove all segments."""
        self._lines.clear()
        self.segment_count = self.word_count = 0

    def __iter__(self) -> Iterator[Segment]:
        return map(Segment.model_validate_json, self._lines)
