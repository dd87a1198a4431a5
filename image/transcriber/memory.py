"""The memory that recognition has: how much is free, and what it looks like when there is none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from transcriber.modes import DeviceMemoryError

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")
"""Where a container sees its own control group, version 2."""

NO_MEMORY = ("not enough memory", "can't allocate memory", "bad alloc")
"""What torch says in a ``RuntimeError`` when the machine, not the GPU, has no more."""


def free_memory_bytes(device: str) -> int:
    """Return what ``device`` (``cpu`` or ``cuda``) has free; a container's limit counts, swap does not."""
    if device == "cuda":
        torch.cuda.empty_cache()
        free, _total = torch.cuda.mem_get_info()
        return int(free)
    return host_free_bytes(MEMINFO, CGROUP)


def host_free_bytes(meminfo: Path, cgroup: Path) -> int:
    """Return what the machine has available, or what is left of the control group's limit if that is less."""
    lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    available = int(lines["MemAvailable"].split()[0]) * 1024
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        used = int((cgroup / "memory.current").read_text())
    except OSError:
        return available
    return available if limit == "max" else min(available, max(0, int(limit) - used))


@contextmanager
def free_memory_when_out_of_it() -> Iterator[None]:
    """Turn what torch and numpy raise when memory runs out into `DeviceMemoryError`, with it free again.

    Raises:
        DeviceMemoryError: memory ran out in the block.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        text = str(error)
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not known and not any(sign in text for sign in NO_MEMORY):
            raise
        # The traceback holds the frames, and they the tensors that filled the memory.
        error.__traceback__ = None
    else:
        return
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise DeviceMemoryError(text.splitlines()[0] if text else "")
