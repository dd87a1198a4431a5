"""Group pieces of audio into batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from transcriber.audio.resampling import SAMPLE_RATE
from transcriber.recognition.modes.base import DeviceMemoryError

FIRST_SAMPLES = 60 * SAMPLE_RATE

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def batches(pieces: Iterable[Piece], length: Callable[[Piece], int], most: int) -> Iterator[list[Piece]]:
    """Yield consecutive ``pieces`` in batches of at most ``most`` samples, padding included.

    The first batches are smaller, each twice as large as the one before, so that the device soon has work. A
    piece that is longer than ``most`` is a batch of its own.

    Args:
        pieces: pieces of audio.
        length: returns the length of a piece in samples.
        most: the most samples: the length of the longest piece times the number of pieces.
    """
    group: list[Piece] = []
    longest = 0
    allowed = min(most, FIRST_SAMPLES)
    for piece in pieces:
        longest = max(longest, length(piece))
        if group and longest * (len(group) + 1) > allowed:
            yield group
            group, longest = [], length(piece)
            allowed = min(most, 2 * allowed)
        group.append(piece)
    if group:
        yield group


def compute_in_halves(
    compute: Callable[[Sequence[Piece]], list[Result]], group: Sequence[Piece]
) -> list[Result]:
    """Return ``compute(group)``. If memory runs out, compute both halves of the group separately.

    Raises:
        DeviceMemoryError: memory does not suffice for one piece.
    """
    try:
        return compute(group)
    except DeviceMemoryError:
        if len(group) == 1:
            raise
    half = len(group) // 2
    return compute_in_halves(compute, group[:half]) + compute_in_halves(compute, group[half:])
