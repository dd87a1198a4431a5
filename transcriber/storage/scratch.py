"""Files that hold what a job can't hold in memory, gone with the process however it ends."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from transcriber.errors import TemporaryFailureError


@contextmanager
def scratch_file() -> Iterator[BinaryIO]:
    """Give a file without a name in the folder for temporary files.

    Raises:
        TemporaryFailureError: there is no such folder, or no space in it.
    """
    with explain_scratch_errors(), tempfile.TemporaryFile() as file:
        yield file


@contextmanager
def explain_scratch_errors() -> Iterator[None]:
    """Turn what the file system says about a scratch file into an error of ours."""
    try:
        yield
    except OSError as error:
        raise TemporaryFailureError(
            f"{tempfile.gettempdir()}: scratch files can't be kept there ({error.strerror or error})."
        ) from error
