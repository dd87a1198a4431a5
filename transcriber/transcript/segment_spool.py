"""Keep segments on disk, so that long recordings need no memory for them."""

from collections.abc import Iterator
from typing import BinaryIO

from transcriber.storage.scratch import explain_scratch_errors
from transcriber.transcript.document import Segment


class SegmentSpool:
    """A list of segments in a scratch file, one segment on each line. It can be read more than once."""

    def __init__(self, file: BinaryIO) -> None:
        """Keep segments in ``file``, which must be empty and stay open while this is used."""
        self._file = file
        self.segment_count = 0
        self.word_count = 0

    def append(self, segment: Segment) -> None:
        """Add the next segment.

        Raises:
            TemporaryFailureError: the disk is full.
        """
        with explain_scratch_errors():
            self._file.seek(0, 2)
            self._file.write(segment.model_dump_json().encode() + b"\n")
        self.segment_count += 1
        self.word_count += len(segment.words)

    def clear(self) -> None:
        """Remove all segments."""
        with explain_scratch_errors():
            self._file.seek(0)
            self._file.truncate()
        self.segment_count = self.word_count = 0

    def __iter__(self) -> Iterator[Segment]:
        position = 0
        while True:
            with explain_scratch_errors():
                self._file.seek(position)
                line = self._file.readline()
                position = self._file.tell()
            if not line:
                return
            yield Segment.model_validate_json(line)
