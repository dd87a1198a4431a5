"""Which mode a recording is recognised in, and which one next when memory runs out."""

import math
from dataclasses import dataclass

from transcriber.modes.full import FullAttention
from transcriber.modes.local import LocalAttention
from transcriber.modes.streaming import BufferedStreaming

AUTO = "auto"

CARD_MEMORY_BYTES = 80e9
CARD_FULL_SECONDS = 24 * 60
CARD_LOCAL_SECONDS = 3 * 60 * 60
"""What the model's card names for each attention: on an A100 with 80 GB, in 16-bit numbers."""


@dataclass(frozen=True)
class Memory:
    """What the device has free for computing, and how it spends it."""

    free_bytes: float
    bytes_per_number: int


@dataclass(frozen=True)
class Choice:
    """A mode, why it was chosen, and the most audio that it is good for here; None means any."""

    mode: str
    reason: str
    limit_seconds: float | None


def choose_mode(requested: str, duration_seconds: float | None, memory: Memory) -> Choice:
    """Choose as ``requested``, or for ``auto`` what the duration and the device's memory allow.

    A duration that the file does not tell counts as too long for all but streaming.
    """
    if requested != AUTO:
        return Choice(requested, "as asked for", None)
    if duration_seconds is None:
        return Choice(BufferedStreaming.name, "the file does not tell its duration", None)
    full_seconds, local_seconds = _limits(memory)
    there = f"{memory.free_bytes / 1e9:.0f} GB of free memory"
    minutes = f"{duration_seconds / 60:.1f} min"
    if duration_seconds <= full_seconds:
        reason = f"{minutes} are within the {full_seconds / 60:.1f} min for {there}"
        return Choice(FullAttention.name, reason, full_seconds)
    if duration_seconds <= local_seconds:
        reason = f"{minutes} are within the {local_seconds / 60:.1f} min for {there}, too long for full"
        return Choice(LocalAttention.name, reason, local_seconds)
    reason = f"{minutes} are more than the {local_seconds / 60:.1f} min of local for {there}"
    return Choice(BufferedStreaming.name, reason, None)


def step_down(failed: Choice, cause: str, read_seconds: float, memory: Memory) -> Choice | None:
    """Choose the mode to begin anew in after ``failed`` took too much memory; None when none takes less.

    Args:
        failed: what was chosen, whoever chose it.
        cause: what ran out.
        read_seconds: how much audio there is at least.
        memory: what the device has free when nothing is recognised.
    """
    if failed.mode == BufferedStreaming.name:
        return None
    reason = f"{failed.mode} can't go on: {cause}"
    _full_seconds, local_seconds = _limits(memory)
    if failed.mode == FullAttention.name and read_seconds <= local_seconds:
        return Choice(LocalAttention.name, reason, local_seconds)
    return Choice(BufferedStreaming.name, reason, None)


def _limits(memory: Memory) -> tuple[float, float]:
    """Return how many seconds `full` and `local` are good for; what `full` takes grows with the square."""
    share = memory.free_bytes / CARD_MEMORY_BYTES * 2 / memory.bytes_per_number
    return CARD_FULL_SECONDS * math.sqrt(share), CARD_LOCAL_SECONDS * share
