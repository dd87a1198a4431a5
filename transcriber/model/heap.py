"""Return freed memory to the system."""

import ctypes
import os

LARGE_BLOCK_BYTES = 2**21
"""A huge page of x86 and ARM, and the size from which torch uses huge pages (c10/core/impl/alloc_cpu.cpp)."""

M_MMAP_THRESHOLD = -3
"""malloc.h of glibc."""


def give_large_blocks_back() -> None:
    """Allocate every large block separately, in huge pages, and return it to the system once it is free.

    By default, glibc raises the size for separate blocks with each freed block, up to 32 MiB (mallopt(3)).
    Then batches of different sizes leave gaps in the heap, and peak memory grows with the recording. Huge
    pages make up for the cost of new allocations. Call this before torch is imported.
    """
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
