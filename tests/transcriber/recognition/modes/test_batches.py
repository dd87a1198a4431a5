from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcriber.recognition.modes import DeviceMemoryError
from transcriber.recognition.modes.batches import batches, compute_in_halves


def test_pieces_are_grouped_as_long_as_all_of_them_fit_at_the_length_of_the_longest() -> None:
    assert list(batches([3, 3, 3, 1, 5, 1, 12, 2], int, 10)) == [[3, 3, 3], [1, 5], [1], [12], [2]]


@given(st.lists(st.integers(1, 30)), st.integers(1, 100))
def test_no_piece_is_lost_and_no_group_is_too_much(lengths: list[int], most: int) -> None:
    groups = list(batches(lengths, int, most))
    assert [length for group in groups for length in group] == lengths
    assert all(max(group) * len(group) <= most or len(group) == 1 for group in groups)


def doubled_if_few(most: int, tried: list[int]) -> object:
    def compute(pieces: Sequence[int]) -> list[int]:
        tried.append(len(pieces))
        if len(pieces) > most:
            raise DeviceMemoryError("no more of it")
        return [2 * piece for piece in pieces]

    return compute


def test_what_is_too_much_at_once_is_computed_in_halves() -> None:
    tried: list[int] = []
    assert compute_in_halves(doubled_if_few(2, tried), range(7)) == [0, 2, 4, 6, 8, 10, 12]  # type: ignore[arg-type]
    assert tried == [7, 3, 1, 2, 4, 2, 2]


def test_one_piece_that_is_too_much_stays_too_much() -> None:
    with pytest.raises(DeviceMemoryError):
        compute_in_halves(doubled_if_few(0, []), [1, 2])  # type: ignore[arg-type]
