import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from transcriber.storage.range_prefetch import CHUNK_BYTES, MOST_PREFETCHED_CHUNKS, RangePrefetch

CONTENT = b"".join(bytes([number]) * CHUNK_BYTES for number in range(12)) + b"the end"


class Object:
    """An object that notes which chunks of it are fetched."""

    def __init__(self) -> None:
        self.fetched: list[int] = []
        self.failures = 0

    def fetch(self, first: int, last: int) -> bytes:
        self.fetched.append(first // CHUNK_BYTES)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("gone")
        return CONTENT[first : last + 1]


@contextmanager
def reading(fetch: Callable[[int, int], bytes]) -> Iterator[RangePrefetch]:
    chunks = RangePrefetch(fetch, len(CONTENT))
    try:
        yield chunks
    finally:
        chunks.close()


def read_all(chunks: RangePrefetch, position: int = 0, most_bytes: int = 1_000_000) -> bytes:
    content = b""
    while position + len(content) < len(CONTENT):
        content += chunks.read(position + len(content), most_bytes)
    return content


def test_what_is_read_is_what_is_there() -> None:
    source = Object()
    with reading(source.fetch) as chunks:
        assert read_all(chunks) == CONTENT
        assert chunks.read(CHUNK_BYTES * 3 - 2, 10) == bytes([2, 2])
        assert chunks.read(len(CONTENT) - 3, 10) == b"end"


def test_each_chunk_is_fetched_once() -> None:
    source = Object()
    with reading(source.fetch) as chunks:
        read_all(chunks)
    assert sorted(source.fetched) == list(range(13))


def test_a_look_at_the_header_fetches_one_chunk() -> None:
    source = Object()
    with reading(source.fetch) as chunks:
        for position in range(0, 32_768, 4096):
            chunks.read(position, 4096)
    assert source.fetched == [0]


def test_a_look_at_the_end_fetches_one_chunk_more() -> None:
    source = Object()
    with reading(source.fetch) as chunks:
        chunks.read(0, 4096)
        chunks.read(len(CONTENT) - 5, 5)
        chunks.read(100, 4096)
    assert source.fetched.count(12) == 1
    assert set(source.fetched) == {0, 12}


def test_reading_in_order_is_fetched_ahead() -> None:
    release = threading.Event()
    started = threading.Semaphore(0)

    def fetch(first: int, last: int) -> bytes:
        if first >= 3 * CHUNK_BYTES:
            started.release()
            assert release.wait(30)
        return CONTENT[first : last + 1]

    with reading(fetch) as chunks:
        for number in range(3):
            chunks.read(number * CHUNK_BYTES, 10)
        assert started.acquire(timeout=30)
        assert started.acquire(timeout=30)
        release.set()


def test_no_more_is_held_than_is_fetched_ahead() -> None:
    with reading(Object().fetch) as chunks:
        for number in range(12):
            chunks.read(number * CHUNK_BYTES, 10)
            assert len(chunks._chunks) <= MOST_PREFETCHED_CHUNKS + 1


def test_a_fetch_that_failed_is_told_and_can_be_tried_again() -> None:
    source = Object()
    source.failures = 1
    with reading(source.fetch) as chunks:
        with pytest.raises(ConnectionError, match="gone"):
            chunks.read(0, 10)
        assert chunks.read(0, 10) == bytes(10)
