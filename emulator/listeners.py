"""Which process listens on a port of this machine (Linux: /proc/net/tcp and the descriptors of processes)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LISTENING = "0A"
PROC = Path("/proc")


@dataclass(frozen=True)
class Listener:
    """A process that listens."""

    pid: int
    command: str


def find_listener(port: int) -> Listener | None:
    """Return a process that listens on ``port``; None if none does, or it belongs to somebody else."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return None
    for folder in PROC.glob("[0-9]*"):
        try:
            if any(str(descriptor.readlink()) in sockets for descriptor in (folder / "fd").iterdir()):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                return Listener(int(folder.name), command.strip())
        except OSError:
            # It ended meanwhile, or its descriptors are not ours to see.
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
    """Return the sentence for a port that something listens on, with how to go on.

    Args:
        port: the port.
        option: what chooses another one.
    """
    listener = find_listener(port)
    whose = f" by process {listener.pid} ({listener.command[:100]})" if listener else ""
    return f"Port {port} is taken{whose}: stop what listens there or choose another port with {option}."
