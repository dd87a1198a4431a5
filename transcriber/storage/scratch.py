"""Scratch files, for data that is too large for memory. They disappear with the process, however it ends."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
