"""Keep the output of libraries out of the log. C code writes to file descriptors, not to Python's streams."""

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
"""How much of the output goes into a field of the log."""


def own_standard_error() -> TextIO:
    """Return a stream to the present target of standard error, even if that is redirected later."""
    _hold_standard_descriptors()
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    return os.fdopen(
        os.dup(STANDARD_ERROR), "w", buffering=1, encoding=encoding, errors="backslashreplace", newline=""
    )


def _hold_standard_descriptors() -> None:
    """Open standard descriptors that are closed.

    Otherwise the next file gets one, and output goes into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        pass
    os.close(descriptor)


class LibraryOutput:
    """The output to standard output and standard error while it is redirected."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Redirect both to a scratch file within the block.

        Raises:
            TemporaryFailureError: the scratch file can't be made.
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
        """Return the end of the output, after the block."""
        if self._file is None:
            return ""
        size_bytes = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size_bytes - TAIL_BYTES))
        return self._file.read().decode(errors="replace").strip()
