"""Items are made in a thread of their own, in their order, no further ahead than allowed."""

import threading
from collections.abc import Iterator

import pytest

from tests.emulator.waiting import wait_for
from transcriber.audio.prefetch import prefetched


class Maker:
    """Makes numbers and counts them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.made = 0
        self.closed = False
        self.thread: int | None = None
        self._error = error

    def numbers(self, count: int) -> Iterator[int]:
        self.thread = threading.get_ident()
        try:
            for number in range(count):
                self.made += 1
                yield number
            if self._error:
                raise self._error
        finally:
            self.closed = True


def test_all_items_come_in_their_order_from_another_thread() -> None:
    maker = Maker()
    with prefetched(maker.numbers(1000), 3) as numbers:
        assert list(numbers) == list(range(1000))
    assert maker.thread != threading.get_ident()


def test_items_are_made_before_they_are_asked_for_but_not_all_of_them() -> None:
    maker = Maker()
    with prefetched(maker.numbers(1000), 3) as numbers:
        # Three wait, and one is ready to.
        wait_for(lambda: maker.made == 4)
        assert next(numbers) == 0
        wait_for(lambda: maker.made == 5)


def test_what_making_raises_comes_after_the_items_before_it() -> None:
    with prefetched(Maker(ValueError("broken")).numbers(2), 5) as numbers:
        assert [next(numbers), next(numbers)] == [0, 1]
        with pytest.raises(ValueError, match="broken"):
            next(numbers)


def test_no_more_are_made_when_nobody_wants_them() -> None:
    maker = Maker()
    with prefetched(maker.numbers(1000), 1):
        pass
    made = maker.made
    assert made <= 2
    assert not any(thread.name == "prefetch" for thread in threading.enumerate())
    assert maker.made == made
