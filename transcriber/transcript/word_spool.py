"""Keep words on disk, so that the words of each channel can be read separately later."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from transcriber.storage.scratch import ScratchLines
from transcriber.transcript.words import Word


class WordSpool:
    """A list of words in a scratch file, one word on each line."""

    def __init__(self, file: BinaryIO) -> None:
        """Keep words in ``file``, which must be empty and stay open while this is used."""
        self._lines = ScratchLines(file)

    def append(self, word: Word) -> None:
        """Add the next word.

        Raises:
            TemporaryFailureError: the disk is full.
        """
        self._lines.append(json.dumps([word.text, word.start, word.end, word.confidence]))

    def __iter__(self) -> Iterator[Word]:
        return (Word(*json.loads(line)) for line in self._lines)
