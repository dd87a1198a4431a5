"""Group pieces of audio to encode together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from transcriber.modes.base import DeviceMemoryError

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def batches(pieces: Iterable[Piece], length: Callable[[Piece], int], most: int) -> Iterator[list[Piece]]:
    """Yield consecutive ``pieces`` in groups whose longest piece times their number is ``most`` or less.

    A piece that is longer by itself is a group of its own.
    """
    group: list[Piece] = []
    longest = 0
    for piece in pieces:
        longest = max(longest, length(piece))
        if group and longest * (len(group) + 1) > most:
            yield group
            group, longest = [], length(piece)
        group.append(piece)
    if group:
        yield group


def computed_in_parts(
    compute: Callable[[Sequence[Piece]], list[Result]], group: Sequence[Piece]
) -> list[Result]:
    """Return ``compute(group)``, in halves where memory does not suffice for all at once.

    Raises:
        DeviceMemoryError: it does not suffice for one.
    """
    try:
        return compute(group)
    except DeviceMemoryError:
        if len(group) == 1:
            raise
    half = len(group) // 2
    return computed_in_parts(compute, group[:half]) + computed_in_parts(compute, group[half:])
