"""One S3 object as a file. Its ranges are prefetched, so nothing is kept on disk."""

import io
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import HTTPClientError, IncompleteReadError

from transcriber.storage.range_prefetch import RangePrefetch
from transcriber.storage.s3_errors import explain_recording_errors

PIECE_BYTES = 256 * 1024
READ_ATTEMPTS = 3
"""How often to continue an answer that breaks off. Before an answer begins, botocore itself tries again."""


class S3File(io.RawIOBase):
    """The object's bytes under one ETag, to be wrapped in an ``io.BufferedReader``."""

    def __init__(self, client: Any, bucket: str, key: str, etag: str, size_bytes: int) -> None:
        super().__init__()
        self.name = key
        """FFmpeg uses its suffix if the bytes do not show the format."""
        self._client = client
        self._bucket = bucket
        self._etag = etag
        self._size_bytes = size_bytes
        self._position = 0
        self._chunks = RangePrefetch(self._fetch, size_bytes)

    def close(self) -> None:
        """Stop prefetching."""
        self._chunks.close()
        super().close()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in bytes; nothing is fetched.

        Raises:
            OSError: the position is before the start.
        """
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        if base + offset < 0:
            raise OSError(f"Position {base + offset} is before the start.")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fetch the next bytes into ``buffer`` and return how many there were, 0 at the end.

        Raises:
            TranscriberError: as `explain_recording_errors` says.
        """
        if self._position >= self._size_bytes:
            return 0
        content = self._chunks.read(self._position, len(buffer))
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    def _fetch(self, first: int, last: int) -> bytes:
        """Return the bytes from ``first`` to ``last``; runs in the threads of the prefetch."""
        content = bytearray()
        failures = 0
        with explain_recording_errors(f"s3://{self._bucket}/{self.name}"):
            while True:
                try:
                    for piece in self._get(first + len(content), last):
                        content += piece
                except (HTTPClientError, IncompleteReadError):
                    failures += 1
                    if failures == READ_ATTEMPTS:
                        raise
                else:
                    return bytes(content)

    def _get(self, first: int, last: int) -> Iterator[bytes]:
        answer = self._client.get_object(
            Bucket=self._bucket, Key=self.name, Range=f"bytes={first}-{last}", IfMatch=f'"{self._etag}"'
        )
        yield from answer["Body"].iter_chunks(PIECE_BYTES)
