"""The memory that recognition has: how much is free, and what it looks like when there is none."""

import gc
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

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
"""What stands in the ``RuntimeError`` of torch when the machine, or a library of the GPU, has no more."""


@dataclass(frozen=True)
class GroupFiles:
    """Where a version of control groups keeps the limit of a group and what it takes."""

    folder: str
    limit: str
    usage: str
    reclaimable: str


CGROUP_VERSIONS = (
    GroupFiles("", "memory.max", "memory.current", "inactive_file"),
    GroupFiles("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def free_memory_bytes(device: str) -> int:
    """Return what ``device`` (``cpu`` or ``cuda``) has free; limits of containers count, swap does not."""
    if device == "cuda":
        torch.cuda.empty_cache()
        free, _total = torch.cuda.mem_get_info()
        return int(free)
    return host_free_bytes()


def host_free_bytes(proc: Path = PROC, cgroup: Path = CGROUP) -> int:
    """Return what the machine has available, or what is left in this process's control groups if less."""
    available = _fields(proc / "meminfo")["MemAvailable"] * 1024
    return min([available, *_left_in_groups(proc / "self" / "cgroup", cgroup)])


def _left_in_groups(membership: Path, cgroup: Path) -> Iterator[int]:
    """Yield what is left in each limited group, from the process's own up to the one that contains all.

    A container sees its own group at ``cgroup`` itself, though ``membership`` may name it as the host does.
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
    """Return the numbers of a file of the kernel with a name and a number a line."""
    rows = (line.replace(":", " ").split() for line in path.read_text().splitlines())
    return {name: int(number) for name, number, *_unit in rows}


@contextmanager
def host_memory_bounded() -> Iterator[None]:
    """Let what takes more memory than there is fail in the block.

    Linux would grant it, and kill the process once it is used.
    """
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    soft = _data_bytes() + host_free_bytes()
    if limits[0] != resource.RLIM_INFINITY:
        soft = min(soft, limits[0])
    resource.setrlimit(resource.RLIMIT_DATA, (soft, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, limits)


def _data_bytes() -> int:
    """Return the memory of this process that counts against ``RLIMIT_DATA``."""
    rows = (line.split() for line in (PROC / "self" / "status").read_text().splitlines())
    return next(int(row[1]) * 1024 for row in rows if row[0] == "VmData:")


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
