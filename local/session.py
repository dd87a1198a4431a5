"""The folder of a running pipeline: its lock, its log, and its temporary files."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import state

LOG_FILE = "local.log"
SCRATCH_FOLDER = "scratch"
LOGGED_PACKAGES = ("emulator", "local")
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def open_session(folder: Path) -> Iterator[None]:
    """Lock ``folder``, and write log and temporary files there until the block ends.

    Temporary files of a killed pipeline are removed when the next one starts.

    Raises:
        AlreadyRunningError: another process holds the folder.
        FolderError: the folder can't be written to.
    """
    scratch = folder / SCRATCH_FOLDER
    with state.hold(folder):
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            scratch.mkdir()
            with _log_to(folder / LOG_FILE), _temporary_files_in(scratch):
                yield
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _log_to(path: Path) -> Iterator[None]:
    """Write the log of emulator and pipeline to a file and not to the terminal."""
    loggers = [logging.getLogger(package) for package in LOGGED_PACKAGES]
    handler = logging.FileHandler(path, mode="w", encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.propagate = True
        handler.close()


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
