"""Keep words on disk, so that the words of each channel can be read separately later."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from transcriber.storage.scratch import explain_scratch_errors
from transcriber.transcript.words import Word


class WordSpool:
    """A list of words in a scratch file, one word on each line."""

    def __init__(self, file: BinaryIO) -> None:
        """Keep words in ``file``, which must be empty and stay open while this is used."""
        self._file = file

    def append(self, word: Word) -> None:
        """Add the next word.

        Raises:
            TemporaryFailureError: the disk is full.
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
