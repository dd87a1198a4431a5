"""Measure free memory, and detect when memory runs out."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from transcriber.memory_limit import Purpose, process_memory
from transcriber.recognition.modes import DeviceMemoryError

PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")

NO_MEMORY = (
    "not enough memory",
    "can't allocate memory",
    "bad alloc",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUFFT_ALLOC_FAILED",
)
"""Texts in the ``RuntimeError`` of torch when the memory of the machine or the GPU has run out."""


@dataclass(frozen=True)
class GroupFiles:
    """The files in which a version of control groups keeps the limit and the usage of a group."""

    folder: str
    limit: str
    usage: str
    reclaimable: str


CGROUP_VERSIONS = (
    GroupFiles("", "memory.max", "memory.current", "inactive_file"),
    GroupFiles("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def free_memory_bytes(device: str) -> int:
    """Return the free memory of ``device`` (``cpu`` or ``cuda``).

    Limits of containers count; swap does not.
    """
    if device == "cuda":
        torch.cuda.empty_cache()
        free, _total = torch.cuda.mem_get_info()
        return int(free)
    return host_free_bytes()


def host_free_bytes(proc: Path = PROC, cgroup: Path = CGROUP) -> int:
    """Return the memory that the machine has available, or that the control groups of this process allow."""
    available = _fields(proc / "meminfo")["MemAvailable"] * 1024
    return min([available, *_left_in_groups(proc / "self" / "cgroup", cgroup)])


def _left_in_groups(membership: Path, cgroup: Path) -> Iterator[int]:
    """Yield the free memory of each limited group, from the process's own group up to the root.

    A container sees its own group at ``cgroup`` itself, though ``membership`` may contain the host's path.
    """
    for line in membership.read_text().splitlines():
        _number, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        files = CGROUP_VERSIONS[0 if controllers == "" else 1]
        top = cgroup / files.folder
        own = top / path.lstrip("/")
        for group in [own, *own.parents]:
            if (group / files.limit).is_file():
                yield from _left_in_group(group, files)
            if group == top:
                break


def _left_in_group(group: Path, files: GroupFiles) -> Iterator[int]:
    limit = (group / files.limit).read_text().strip()
    if limit != "max":
        used = int((group / files.usage).read_text()) - _fields(group / "memory.stat")[files.reclaimable]
        yield max(0, int(limit) - used)


def _fields(path: Path) -> dict[str, int]:
    """Return the numbers in a file of the kernel that has a name and a number on each line."""
    rows = (line.replace(":", " ").split() for line in path.read_text().splitlines())
    return {name: int(number) for name, number, *_unit in rows}


@contextmanager
def host_memory_bounded() -> Iterator[None]:
    """Make allocations fail in the block if they need more memory than is free.

    Otherwise Linux allows the allocation, and kills the process when it uses the memory.
    """
    with process_memory.limited(Purpose.RECOGNISING, host_free_bytes()):
        yield


@contextmanager
def free_memory_when_out_of_it() -> Iterator[None]:
    """Free the memory and raise `DeviceMemoryError` if torch or numpy run out of memory in the block.

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
        # The traceback refers to frames, and the frames to the tensors that fill the memory.
        error.__traceback__ = None
    else:
        return
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise DeviceMemoryError(text.splitlines()[0] if text else "")
