"""Read a remote object in chunks, and prefetch the chunks that will be needed next."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

Fetch = Callable[[int, int], bytes]
"""Returns the bytes from the first position to the second, both included."""

CHUNK_BYTES = 4 * 1024 * 1024
"""Large enough: the wait for the first byte, tens of milliseconds, is short compared with the transfer."""

MOST_PREFETCHED_CHUNKS = 4
"""At 50 MB/s for each connection, four chunks are faster than any decoder. They take 24 MB."""

MOST_KEPT_BYTES = (MOST_PREFETCHED_CHUNKS + 1) * CHUNK_BYTES
"""What one object may take."""


class RangePrefetch:
    """Chunks of an object, which are fetched in parallel once the object is read in order.

    The first read fetches one chunk, because the reader may want the header only. Each further chunk that is
    read in order doubles the number of prefetched chunks. A seek resets it.
    """

    def __init__(self, fetch: Fetch, size_bytes: int) -> None:
        self._fetch = fetch
        self._size_bytes = size_bytes
        self._pool = ThreadPoolExecutor(MOST_PREFETCHED_CHUNKS, thread_name_prefix="range-prefetch")
        self._chunks: dict[int, Future[bytes]] = {}
        self._last = -2
        self._prefetch_count = 0

    def read(self, position: int, most_bytes: int) -> bytes:
        """Return bytes from ``position`` on, at least one and no more than the rest of a chunk.

        Raises:
            Exception: what fetching them raised; asking again fetches again.
        """
        number, offset = divmod(position, CHUNK_BYTES)
        self._note(number)
        chunk = self._start(number)
        for following in range(number + 1, number + 1 + self._prefetch_count):
            if following * CHUNK_BYTES < self._size_bytes:
                self._start(following)
        try:
            return chunk.result()[offset : offset + most_bytes]
        except BaseException:
            self._chunks.pop(number, None)
            raise

    def close(self) -> None:
        """Start no more requests. Requests that run end by themselves."""
        self._chunks.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _note(self, number: int) -> None:
        """Set how many chunks to prefetch after chunk ``number``, and forget chunks that are not near it."""
        if number == self._last:
            return
        self._prefetch_count = (
            min(max(1, self._prefetch_count * 2), MOST_PREFETCHED_CHUNKS) if number == self._last + 1 else 0
        )
        self._last = number
        for other in [each for each in self._chunks if not number <= each <= number + MOST_PREFETCHED_CHUNKS]:
            self._chunks.pop(other).cancel()

    def _start(self, number: int) -> Future[bytes]:
        if number not in self._chunks:
            first = number * CHUNK_BYTES
            last = min(first + CHUNK_BYTES, self._size_bytes) - 1
            self._chunks[number] = self._pool.submit(self._fetch, first, last)
        return self._chunks[number]
