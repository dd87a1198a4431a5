"""Scratch files, for data that is too large for memory. They disappear with the process, however it ends."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import SEEK_END
from typing import BinaryIO

from transcriber.errors import TemporaryFailureError


@contextmanager
def scratch_file() -> Iterator[BinaryIO]:
    """Open a file without a name in the folder for temporary files, for the time of the block.

    Raises:
        TemporaryFailureError: there is no such folder, or no space in it.
    """
    with explain_scratch_errors(), tempfile.TemporaryFile() as file:
        yield file


@contextmanager
def explain_scratch_errors() -> Iterator[None]:
    """Raise errors of the file system as `TemporaryFailureError`, with a sentence for the user."""
    try:
        yield
    except OSError as error:
        raise TemporaryFailureError(
            f"{tempfile.gettempdir()}: scratch files can't be kept there ({error.strerror or error})."
        ) from error


class ScratchLines:
    """Lines of text in a scratch file. They can be read more than once, also while more are added."""

    def __init__(self, file: BinaryIO) -> None:
        """Keep lines in ``file``, which must be empty and stay open while this is used."""
        self._file = file

    def append(self, line: str) -> None:
        """Add ``line``, which has no line break.

        Raises:
            TemporaryFailureError: the disk is full.
        """
        with explain_scratch_errors():
            self._file.seek(0, SEEK_END)
            self._file.write(line.encode() + b"\n")

    def clear(self) -> None:
        """Remove all lines."""
        with explain_scratch_errors():
            self._file.seek(0)
            self._file.truncate()

    def __iter__(self) -> Iterator[bytes]:
        position = 0
        while True:
            with explain_scratch_errors():
                self._file.seek(position)
                line = self._file.readline()
                position = self._file.tell()
            if not line:
                return
            yield line
