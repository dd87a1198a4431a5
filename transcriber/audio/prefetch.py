"""Compute the items of an iterator in a thread of their own, before they are needed."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.05
"""How often a thread with a full queue checks whether its items are still wanted."""


@dataclass(frozen=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True)
class _End:
    error: BaseException | None = None


@contextmanager
def prefetched(items: Iterable[T], most: int) -> Iterator[Iterator[T]]:
    """Give an iterator of ``items``, of which up to ``most`` are computed in advance.

    An error of ``items`` is raised by the iterator, after the items before it. The thread ends with the
    block.
    """
    queue: Queue[_Item[T] | _End] = Queue(most)
    unwanted = threading.Event()
    thread = threading.Thread(target=_fill, args=(queue, items, unwanted), name="prefetch", daemon=True)
    thread.start()
    try:
        yield _drain(queue)
    finally:
        unwanted.set()
        thread.join()


def _fill(queue: "Queue[_Item[T] | _End]", items: Iterable[T], unwanted: threading.Event) -> None:
    try:
        for item in items:
            if not _put(queue, _Item(item), unwanted):
                return
    except BaseException as error:  # noqa: BLE001 - raised in the thread that reads
        _put(queue, _End(error), unwanted)
    else:
        _put(queue, _End(), unwanted)


def _put(queue: "Queue[_Item[T] | _End]", item: _Item[T] | _End, unwanted: threading.Event) -> bool:
    """Put ``item`` into the queue, and return whether more items are wanted."""
    while not unwanted.is_set():
        try:
            queue.put(item, timeout=LOOK_SECONDS)
        except Full:
            continue
        return True
    return False


def _drain(queue: "Queue[_Item[T] | _End]") -> Iterator[T]:
    while True:
        item = queue.get()
        if isinstance(item, _End):
            if item.error is not None:
                raise item.error
            return
        yield item.value
