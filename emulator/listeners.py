"""Find the process that listens on a port of this machine, by Linux's /proc."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LISTENING = "0A"
PROC = Path("/proc")


@dataclass(frozen=True)
class Listener:
    """A process that listens on a port."""

    pid: int
    command: str


def find_listener(port: int) -> Listener | None:
    """Return the process that listens on ``port``; None if there is none or another user owns it."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return None
    for folder in PROC.glob("[0-9]*"):
        try:
            if any(str(descriptor.readlink()) in sockets for descriptor in (folder / "fd").iterdir()):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                return Listener(int(folder.name), command.strip())
        except OSError:
            # The process has ended, or another user owns it.
            continue
    return None


def _inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        path = PROC / "net" / table
        if not path.exists():
            continue
        for line in path.read_text().splitlines()[1:]:
            _, local_address, _, state, *rest = line.split()
            if state == LISTENING and int(local_address.rpartition(":")[2], 16) == port:
                yield rest[5]


def port_taken_message(port: int, option: str) -> str:
    """Return a sentence that says who listens on ``port`` and what to do.

    Args:
        port: the port.
        option: the option of the command line that chooses another port.
    """
    listener = find_listener(port)
    whose = f" by process {listener.pid} ({listener.command[:100]})" if listener else ""
    return f"Port {port} is taken{whose}: stop what listens there or choose another port with {option}."
