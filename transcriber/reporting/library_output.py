"""What libraries print, kept from the log. C code writes to descriptors, whatever Python's streams are."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, TextIO

from transcriber.storage.scratch import explain_scratch_errors

STANDARD_OUTPUT = 1
STANDARD_ERROR = 2
TAIL_BYTES = 2000
"""How much of it is worth a field in a line of the log."""


def own_standard_error() -> TextIO:
    """Return a stream to where standard error goes now, wherever that is sent later."""
    _hold_standard_descriptors()
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    return os.fdopen(
        os.dup(STANDARD_ERROR), "w", buffering=1, encoding=encoding, errors="backslashreplace", newline=""
    )


def _hold_standard_descriptors() -> None:
    """Open those that the caller closed: the next file to be opened would be printed into."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        pass
    os.close(descriptor)


class LibraryOutput:
    """What is printed to standard output and standard error while it is kept."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Send both to a scratch file within the block.

        Raises:
            TemporaryFailureError: there is no place for it.
        """
        with explain_scratch_errors():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - read after the block
        originals = {number: os.dup(number) for number in (STANDARD_OUTPUT, STANDARD_ERROR)}
        for number in originals:
            os.dup2(self._file.fileno(), number)
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(AttributeError, OSError):
                    stream.flush()
            for number, original in originals.items():
                os.dup2(original, number)
                os.close(original)

    def tail(self) -> str:
        """Return the end of it, once the block is left."""
        if self._file is None:
            return ""
        size_bytes = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size_bytes - TAIL_BYTES))
        return self._file.read().decode(errors="replace").strip()
