"""Which mode a recording is recognised in."""

from transcriber.modes.full import FullAttention
from transcriber.modes.local import LocalAttention
from transcriber.modes.streaming import BufferedStreaming

AUTO = "auto"

FULL_LIMIT_SECONDS = 24 * 60
LOCAL_LIMIT_SECONDS = 3 * 60 * 60
"""What the model's card names for each attention on a GPU of 80 GB."""


def choose_mode(requested: str, duration_seconds: float | None) -> str:
    """Return the name of the mode: as ``requested``, or for ``auto`` what the duration allows.

    A duration that the file does not tell counts as too long for all but streaming.
    """
    if requested != AUTO:
        return requested
    if duration_seconds is None or duration_seconds > LOCAL_LIMIT_SECONDS:
        return BufferedStreaming.name
    return FullAttention.name if duration_seconds <= FULL_LIMIT_SECONDS else LocalAttention.name
