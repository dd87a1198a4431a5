"""What the entry of a recording without a transcript is called, for all who look for it."""

import hashlib
from collections.abc import Callable

SUFFIX = ".json"
KEPT_BYTES = 100
"""How much of a name too long for storage its entry keeps, for whoever reads a listing."""


def entry_name(name: str, fits: Callable[[str], bool]) -> str:
    """Return what the entry of the source ``name`` is called; ``fits`` tells which names storage takes."""
    entry = name + SUFFIX
    return entry if fits(entry) else _short_name(name) + SUFFIX


def _short_name(name: str) -> str:
    """Return the end of ``name``, where the file's own name is, and a hash that tells it from others."""
    kept = name.rsplit("/", 1)[-1].encode(errors="replace")[-KEPT_BYTES:].decode(errors="ignore")
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:16]
    return f"{kept}-{digest}"
