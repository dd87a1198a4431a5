"""The owner of the process's limit for memory. Nothing else of the worker sets ``RLIMIT_DATA``."""

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path


class Purpose(IntEnum):
    """What a limit is for. If several are in force, the first of these counts."""

    RECOGNISING = 0
    """All free memory. Recognition may need it while the next recording is opened."""

    OPENING = 1
    """What the headers of a recording may need."""


class MemoryLimit:
    """Sets ``RLIMIT_DATA``, which applies to all threads, and restores it after the last limit has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ceilings: dict[Purpose, int] = {}
        self._original = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)

    @contextmanager
    def limited(self, purpose: Purpose, more_bytes: int) -> Iterator[None]:
        """Let the process allocate at most ``more_bytes`` more within the block.

        A limit that was set from outside is never raised. At most one block of each purpose runs at a time.
        """
        with self._lock:
            if not self._ceilings:
                self._original = resource.getrlimit(resource.RLIMIT_DATA)
            self._ceilings[purpose] = _data_bytes() + more_bytes
            self._apply()
        try:
            yield
        finally:
            with self._lock:
                del self._ceilings[purpose]
                self._apply()

    def _apply(self) -> None:
        soft, hard = self._original
        if self._ceilings:
            ceilings = (soft, hard, self._ceilings[min(self._ceilings)])
            soft = min(each for each in ceilings if each != resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int:
    """Return the memory of this process that counts against ``RLIMIT_DATA``."""
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    return pages * resource.getpagesize()


process_memory = MemoryLimit()

opening_or_loading = threading.Lock()
"""Held while a recording is opened, which has a memory limit, and while the model is loaded, which has none.

Without the lock, the limit for opening a recording could make loading the model fail.
"""
