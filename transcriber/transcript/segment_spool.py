"""Segments on their way to the results: on disk, so that a recording of any length costs no memory."""

from collections.abc import Iterator
from typing import BinaryIO

from transcriber.storage.scratch import explain_scratch_errors
from transcriber.transcript.document import Segment


class SegmentSpool:
    """Segments in their order, a line of a scratch file each; can be read as often as wanted."""

    def __init__(self, file: BinaryIO) -> None:
        """Keep segments in ``file``, which is empty and stays open as long as this."""
        self._file = file
        self.segment_count = 0
        self.word_count = 0

    def append(self, segment: Segment) -> None:
        """Add the next segment.

        Raises:
            TemporaryFailureError: there is no space left for it.
        """
        with explain_scratch_errors():
            self._file.seek(0, 2)
            self._file.write(segment.model_dump_json().encode() + b"\n")
        self.segment_count += 1
        self.word_count += len(segment.words)

    def clear(self) -> None:
        """Forget all segments."""
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
