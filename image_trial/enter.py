"""Become a command in a container's files: ``python -m image_trial.enter SPECIFICATION``.

To be run by root in new mount, process and IPC namespaces (``unshare``). It sets up what a container engine
does for a job: the root file system, read-only where that is asked for, folders in memory, a few devices,
limits, the user.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from image_trial.job_container import JobContainer, Limit, MemoryFolder

DEVICES = ("full", "null", "random", "urandom", "zero")
SHARED_MEMORY = MemoryFolder("/dev/shm", 64)  # noqa: S108 - in the container's files
"""What container engines give where nothing else is asked for."""


@dataclass(frozen=True)
class Entry:
    """A command, the files it runs in and what it is held to."""

    root: str
    command: Sequence[str]
    environment: Mapping[str, str]
    working_directory: str
    container: JobContainer

    def to_json(self) -> str:
        """Return it as an argument of a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` returned."""
        values = json.loads(text)
        container = values.pop("container")
        limits = [Limit(**each) for each in container.pop("limits")]
        folders = [MemoryFolder(**each) for each in container.pop("memory_folders")]
        return cls(**values, container=JobContainer(**container, limits=limits, memory_folders=folders))


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; without an init process this process becomes it."""
    entry = Entry.from_json(arguments[0])
    mount_all(Path(entry.root), entry.container)
    if not entry.container.init_process:
        become(entry)
    child = os.fork()
    if child == 0:
        # A signal to the group is the init process's to pass on.
        os.setsid()
        become(entry)
    return _wait_as_init(child)


def mount_all(root: Path, container: JobContainer) -> None:
    """Mount the files of ``root`` over themselves and what belongs into them."""
    _mount("--bind", str(root), str(root))
    _mount("-t", "proc", "proc", str(root / "proc"))
    _mount_memory(root, MemoryFolder("/dev", 1, ["mode=755"]))
    for name in DEVICES:
        (root / "dev" / name).touch()
        _mount("--bind", f"/dev/{name}", str(root / "dev" / name))
    (root / "dev/shm").mkdir()
    for folder in (SHARED_MEMORY, *container.memory_folders):
        _mount_memory(root, folder)
    if container.read_only:
        _mount("-o", "remount,bind,ro", str(root))


def become(entry: Entry) -> None:
    """Turn into the command, as the container's user, with nothing of this machine in sight.

    Raises:
        OSError: the root can't be entered or has no such command.
    """
    for limit in entry.container.limits:
        number = getattr(resource, f"RLIMIT_{limit.name.upper()}")
        resource.setrlimit(number, (limit.soft, limit.hard))
    user, group = entry.container.numeric_user()
    os.chroot(entry.root)
    os.chdir(entry.working_directory)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    os.execvpe(entry.command[0], list(entry.command), dict(entry.environment))  # noqa: S606


def _wait_as_init(child: int) -> int:
    def pass_on(number: int, _frame: object) -> None:
        os.kill(child, number)

    signal.signal(signal.SIGTERM, pass_on)
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _mount_memory(root: Path, folder: MemoryFolder) -> None:
    options = ",".join([f"size={folder.size_mebibytes}m", *folder.options])
    _mount("-t", "tmpfs", "-o", options, "tmpfs", f"{root}{folder.path}")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
