"""Where recordings come from and results go: a folder or a file of this machine, or S3."""

from functools import cached_property
from pathlib import Path
from typing import Any

from transcriber.errors import UsageError
from transcriber.storage.base import NOTHING, ConditionFailedError, Destination, Seen, Source, SourceVersion

__all__ = [
    "NOTHING",
    "S3_SCHEME",
    "ConditionFailedError",
    "Destination",
    "Seen",
    "Source",
    "SourceVersion",
    "Storage",
    "open_destination",
    "open_source",
]

S3_SCHEME = "s3://"


class Storage:
    """Opens recordings and folders of results. There is one client for S3, because making one takes long."""

    def source(self, uri: str) -> Source:
        """Return the recording that ``uri`` names; nothing is read yet.

        Raises:
            UsageError: an s3:// URI without a bucket or a key.
        """
        if uri.startswith(S3_SCHEME):
            from transcriber.storage.s3 import S3Source

            bucket, key = _bucket_and_key(uri)
            if not key:
                raise UsageError(
                    f"{uri}: an s3:// URI of a recording has a bucket and a key, s3://BUCKET/KEY."
                )
            return S3Source(self._client, bucket, key)
        from transcriber.storage.local import LocalSource

        return LocalSource(Path(uri))

    def destination(self, uri: str) -> Destination:
        """Return the folder (or S3 prefix) that ``uri`` names; nothing is written yet.

        Raises:
            UsageError: an s3:// URI without a bucket.
        """
        if uri.startswith(S3_SCHEME):
            from transcriber.storage.s3 import S3Destination

            bucket, prefix = _bucket_and_key(uri)
            return S3Destination(self._client, bucket, prefix)
        from transcriber.storage.local import LocalDestination

        return LocalDestination(Path(uri))

    @cached_property
    def _client(self) -> Any:
        from transcriber.storage.s3 import create_client

        return create_client()


def open_source(uri: str) -> Source:
    """Return the recording that ``uri`` names, as `Storage.source` does, by a client of its own."""
    return Storage().source(uri)


def open_destination(uri: str) -> Destination:
    """Return the folder that ``uri`` names, as `Storage.destination` does, by a client of its own."""
    return Storage().destination(uri)


def _bucket_and_key(uri: str) -> tuple[str, str]:
    """Split at the first slash alone: a key may hold ``?``, ``#``, ``%`` and begin with a slash."""
    bucket, _, key = uri.removeprefix(S3_SCHEME).partition("/")
    if not bucket:
        raise UsageError(f"{uri}: an s3:// URI begins with a bucket, s3://BUCKET/...")
    return bucket, key
