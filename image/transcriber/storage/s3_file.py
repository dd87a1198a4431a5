"""One S3 object as a file: ranges are fetched as they are read, so nothing of it is kept on disk."""

import io
from contextlib import suppress
from typing import Any

from botocore.exceptions import HTTPClientError, IncompleteReadError

from transcriber.storage.s3_errors import explain_s3_errors

RANGE_BYTES = 8 * 1024 * 1024
"""Large enough that the wait for a first byte (tens of milliseconds) is small beside the transfer."""

READ_ATTEMPTS = 3
"""botocore tries again until an answer begins; an answer that breaks off is up to the reader."""


class S3File(io.RawIOBase):
    """The object's bytes under one ETag, to be wrapped in an ``io.BufferedReader`` of `RANGE_BYTES`."""

    def __init__(self, client: Any, bucket: str, key: str, etag: str, size_bytes: int) -> None:
        super().__init__()
        self.name = key
        """FFmpeg looks at the suffix where the bytes alone don't say what they are."""
        self._client = client
        self._bucket = bucket
        self._etag = etag
        self._size_bytes = size_bytes
        self._position = 0

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
            TranscriberError: as `explain_s3_errors` says.
        """
        first = self._position
        last = min(first + len(buffer), self._size_bytes) - 1
        if last < first:
            return 0
        with explain_s3_errors(f"s3://{self._bucket}/{self.name}", "s3:GetObject"):
            body = self._fetch(first, last)
        buffer[: len(body)] = body
        self._position += len(body)
        return len(body)

    def _fetch(self, first: int, last: int) -> bytes:
        for _ in range(READ_ATTEMPTS - 1):
            with suppress(HTTPClientError, IncompleteReadError):
                return self._get(first, last)
        return self._get(first, last)

    def _get(self, first: int, last: int) -> bytes:
        answer = self._client.get_object(
            Bucket=self._bucket, Key=self.name, Range=f"bytes={first}-{last}", IfMatch=f'"{self._etag}"'
        )
        return bytes(answer["Body"].read())
