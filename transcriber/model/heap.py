"""How the memory of the machine is taken and given back."""

import ctypes
import os

LARGE_BLOCK_BYTES = 2**21
"""A huge page of x86 and ARM, and what torch asks huge pages for (c10/core/impl/alloc_cpu.cpp)."""

M_MMAP_THRESHOLD = -3
"""malloc.h of glibc."""


def give_large_blocks_back() -> None:
    """Have every large block taken from the system by itself, in huge pages, and given back once it is free.

    Otherwise glibc raises the size from which it does so with each block that is freed, up to 32 MiB
    (mallopt(3)), and batches of ever other sizes leave gaps among what is kept: peak memory grows with the
    recording. Huge pages make up for what taking memory anew costs. To be called before torch is imported.
    """
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
