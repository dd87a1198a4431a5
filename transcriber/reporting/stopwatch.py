"""Measure how long the steps of a job take."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


class Stopwatch:
    """Sums up wall-clock time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of the block."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - started

    def within(self, items: Iterable[T]) -> Iterator[T]:
        """Yield ``items``, and count the time until each of them comes."""
        iterator = iter(items)
        while True:
            with self.running():
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item


@dataclass(frozen=True)
class JobStopwatches:
    """The stopwatches of one recording."""

    decoding: Stopwatch = field(default_factory=Stopwatch)
    """Decoding has a thread of its own."""

    waiting: Stopwatch = field(default_factory=Stopwatch)
    """How long recognition waits for decoded audio."""

    recognising: Stopwatch = field(default_factory=Stopwatch)
    """From the first block to the last segment, `waiting` included."""
