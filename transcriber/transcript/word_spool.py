"""Words on their way to segments: on disk, so that each channel's can be read by itself afterwards."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from transcriber.storage.scratch import explain_scratch_errors
from transcriber.transcript.words import Word


class WordSpool:
    """Words in their order, a line of a scratch file each."""

    def __init__(self, file: BinaryIO) -> None:
        """Keep words in ``file``, which is empty and stays open as long as this."""
        self._file = file

    def append(self, word: Word) -> None:
        """Add the next word.

        Raises:
            TemporaryFailureError: there is no space left for it.
        """
        line = json.dumps([word.text, word.start, word.end, word.confidence])
        with explain_scratch_errors():
            self._file.write(line.encode() + b"\n")

    def __iter__(self) -> Iterator[Word]:
        position = 0
        while True:
            with explain_scratch_errors():
                self._file.seek(position)
                line = self._file.readline()
                position = self._file.tell()
            if not line:
                return
            yield Word(*json.loads(line))
