"""Open the next recordings while one is recognised: as many as a limit of audio and bytes allows."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import TypeVar

from transcriber.audio.resampling import SAMPLE_RATE
from transcriber.recognition.decoding import MOST_PREFETCHED_SECONDS, OpenRecording
from transcriber.storage.range_prefetch import MOST_KEPT_BYTES

MOST_SECONDS = 2400.0
"""Decoded audio that waits: 154 MB. Eight recordings of any length, more if they are short."""

MOST_BYTES = 512 * 2**20
"""Audio and the bytes that it is decoded from. A recording of many channels has many bytes a second."""

LEAST_SECONDS = 15.0
"""What the shortest recording counts as. Each open one has a file descriptor and buffers."""

SAMPLE_BYTES = 4

T = TypeVar("T")
Opening = Future[OpenRecording | None]
"""Gives an open recording, or None if there is nothing to do for it."""


@contextmanager
def opened_ahead(tasks: Iterable[T], start: Callable[[T], Opening]) -> Iterator[Iterator[tuple[T, Opening]]]:
    """Give an iterator of ``tasks`` in their order, each with what ``start`` returned for it.

    Later tasks are started as long as all that wait are within the limits. What was started and not taken
    when the block ends is closed in the background.

    Args:
        tasks: what to start.
        start: starts to open a recording in another thread.
    """
    waiting: deque[tuple[T, Opening]] = deque()
    try:
        yield _taken_in_order(iter(tasks), start, waiting)
    finally:
        if waiting:
            left = [future for _task, future in waiting]
            threading.Thread(target=_close, args=(left,), name="close", daemon=True).start()


def _taken_in_order(
    tasks: Iterator[T], start: Callable[[T], Opening], waiting: deque[tuple[T, Opening]]
) -> Iterator[tuple[T, Opening]]:
    while True:
        while not waiting or sum(_share(future) for _task, future in waiting) < 1:
            task = next(tasks, None)
            if task is None:
                break
            waiting.append((task, start(task)))
        if not waiting:
            return
        yield waiting.popleft()


def _share(future: Opening) -> float:
    """Return how much of the limits a recording uses; before it is opened, as much as any may use."""
    if not future.done():
        return MOST_PREFETCHED_SECONDS / MOST_SECONDS
    if future.cancelled() or future.exception():
        return 0.0
    opened = future.result()
    if opened is None:
        return 0.0
    seconds = max(opened.prefetched_seconds, LEAST_SECONDS)
    size_bytes = seconds * SAMPLE_RATE * SAMPLE_BYTES * opened.audio.channel_count
    return max(seconds / MOST_SECONDS, (size_bytes + min(opened.size_bytes, MOST_KEPT_BYTES)) / MOST_BYTES)


def _close(futures: Iterable[Opening]) -> None:
    for future in futures:
        future.cancel()
        try:
            error = future.exception()
        except CancelledError:
            continue
        opened = None if error else future.result()
        if opened:
            opened.close()
