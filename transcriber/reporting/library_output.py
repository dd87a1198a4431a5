"""Keep the output of libraries out of the log. C code writes to file descriptors, not to Python's streams."""

import os
import sys
import tempfile
from contextlib import suppress
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
    """The output to standard output and standard error, once it is redirected."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None

    def redirect(self) -> None:
        """Redirect both to a scratch file until the process ends.

        Threads may still print when the job has ended, because nobody waits for a model that is not needed.

        Raises:
            TemporaryFailureError: the scratch file can't be made.
        """
        with explain_scratch_errors():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process ends
        for number in (STANDARD_OUTPUT, STANDARD_ERROR):
            os.dup2(self._file.fileno(), number)

    def tail(self) -> str:
        """Return the end of the output so far."""
        if self._file is None:
            return ""
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError):
                stream.flush()
        # A read that moved the position of the file would move that of the next output too.
        descriptor = self._file.fileno()
        start = max(0, os.fstat(descriptor).st_size - TAIL_BYTES)
        return os.pread(descriptor, TAIL_BYTES, start).decode(errors="replace").strip()
