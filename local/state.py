"""Find the pipeline that runs from a folder. Its process holds a lock, and the lock ends with the process."""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from emulator.access.credentials import Credentials
from emulator.cloud import LocalCloud
from local.errors import AlreadyRunningError, FolderError, NotRunningError
from local.invocation import command

LOCK_FILE = "pipeline.lock"
STATE_FILE = "pipeline.json"
FOLDER_MODE = 0o700
"""Recordings' texts and keys of the account are for this user alone."""


@dataclass(frozen=True)
class RunningPipeline:
    """A running pipeline: its process, its services, and the outputs of the stack."""

    pid: int
    cloud: LocalCloud
    outputs: dict[str, str] = field(default_factory=dict)


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Lock ``folder`` until the block ends or the process dies.

    Raises:
        AlreadyRunningError: another process holds it.
        FolderError: it can't be written to.
    """
    with _open_lock(folder) as lock:
        if not _acquire(lock, fcntl.LOCK_EX):
            raise AlreadyRunningError(
                f"A local pipeline is already up from this folder; `{command('down')}` ends it."
            )
        (folder / STATE_FILE).unlink(missing_ok=True)
        try:
            yield
        finally:
            (folder / STATE_FILE).unlink(missing_ok=True)


def announce(folder: Path, cloud: LocalCloud, outputs: dict[str, str]) -> RunningPipeline:
    """Save where the pipeline is, for the other commands. The caller has locked the folder."""
    running = RunningPipeline(os.getpid(), cloud, outputs)
    write_private(folder / STATE_FILE, json.dumps(asdict(running), indent=2))
    return running


def write_private(path: Path, text: str) -> None:
    """Write a file atomically. Only this user can read it."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)


def find(folder: Path) -> RunningPipeline:
    """Return the pipeline that runs from ``folder``.

    Raises:
        NotRunningError: none runs, or it is still starting.
    """
    if not is_held(folder):
        raise NotRunningError(
            f"No local pipeline is up from this folder; `{command('up')}` in another terminal starts one."
        )
    try:
        state = json.loads((folder / STATE_FILE).read_text())
    except FileNotFoundError:
        raise NotRunningError(
            "The local pipeline is still starting (or going down); try again in a moment."
        ) from None
    cloud = {**state["cloud"], "credentials": Credentials(**state["cloud"]["credentials"])}
    return RunningPipeline(state["pid"], LocalCloud(**cloud), state["outputs"])


def is_held(folder: Path) -> bool:
    """Return whether a pipeline runs from ``folder``; it may still start, or end."""
    path = folder / LOCK_FILE
    if not path.exists():
        return False
    with path.open("r") as lock:
        return not _acquire(lock, fcntl.LOCK_SH)


def _open_lock(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) != FOLDER_MODE:
            folder.chmod(FOLDER_MODE)
        return (folder / LOCK_FILE).open("a+")
    except OSError as error:
        raise FolderError(
            f"{error.filename}: {error.strerror}; logs and results of the pipeline are written there."
        ) from error


def _acquire(lock: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
