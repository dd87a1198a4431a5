"""Read a remote object in chunks that are fetched before they are asked for."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

Fetch = Callable[[int, int], bytes]
"""Returns the bytes from the first position to the second, both included."""

CHUNK_BYTES = 4 * 1024 * 1024
"""Large enough that the wait for a first byte (tens of milliseconds) is small beside the transfer."""

MOST_CHUNKS_AHEAD = 4
"""At 50 MB/s a connection, four keep ahead of any decoder, in 24 MB."""


class ReadAhead:
    """Chunks of an object, fetched side by side once it is read in order.

    A first read fetches its chunk alone, since a look at the header may be all. Each chunk read after its
    predecessor doubles how many are fetched ahead; a jump begins anew.
    """

    def __init__(self, fetch: Fetch, size_bytes: int) -> None:
        self._fetch = fetch
        self._size_bytes = size_bytes
        self._pool = ThreadPoolExecutor(MOST_CHUNKS_AHEAD, thread_name_prefix="read-ahead")
        self._chunks: dict[int, Future[bytes]] = {}
        self._last = -2
        self._ahead = 0

    def read(self, position: int, most_bytes: int) -> bytes:
        """Return bytes from ``position`` on, at least one and no more than the rest of a chunk.

        Raises:
            Exception: what fetching them raised; asking again fetches again.
        """
        number, offset = divmod(position, CHUNK_BYTES)
        self._note(number)
        chunk = self._start(number)
        for following in range(number + 1, number + 1 + self._ahead):
            if following * CHUNK_BYTES < self._size_bytes:
                self._start(following)
        try:
            return chunk.result()[offset : offset + most_bytes]
        except BaseException:
            self._chunks.pop(number, None)
            raise

    def close(self) -> None:
        """Fetch no more; what is under way ends by itself."""
        self._chunks.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _note(self, number: int) -> None:
        """Learn from the chunk that is read now how far to fetch ahead, and let others go."""
        if number == self._last:
            return
        self._ahead = min(max(1, self._ahead * 2), MOST_CHUNKS_AHEAD) if number == self._last + 1 else 0
        self._last = number
        for other in [each for each in self._chunks if not number <= each <= number + MOST_CHUNKS_AHEAD]:
            self._chunks.pop(other).cancel()

    def _start(self, number: int) -> Future[bytes]:
        if number not in self._chunks:
            first = number * CHUNK_BYTES
            last = min(first + CHUNK_BYTES, self._size_bytes) - 1
            self._chunks[number] = self._pool.submit(self._fetch, first, last)
        return self._chunks[number]
