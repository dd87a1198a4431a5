"""What a backfill reads: objects of a bucket, a page at a time, from a position on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from components.media_suffixes import is_recording
from operations.jobs import Recording

ARCHIVED_CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose objects S3 does not read without a restore."""


@dataclass(frozen=True)
class Found:
    """An object that exists."""

    recording: Recording
    size: int
    """In bytes."""

    time: datetime | None
    """When it was uploaded, if the source tells it."""

    position: str
    """Where a later run goes on after this object."""

    is_archived: bool = False
    """Whether S3 can read it only after a restore."""


class Source(Protocol):
    """Lists the objects of one bucket in an order that stays."""

    @property
    def bucket(self) -> str:
        """The bucket with the objects."""

    @property
    def name(self) -> str:
        """What is listed, for the reader of a message."""

    def pages(self, after: str) -> Iterator[list[Found]]:
        """Yield the objects behind the position ``after``, or all if it is empty. No page is empty."""


@dataclass(frozen=True)
class BucketListing:
    """The objects under a prefix, in the order of their keys, as S3 lists them. A position is a key."""

    s3: Any
    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        """The bucket and the prefix."""
        return f"s3://{self.bucket}/{self.prefix}"

    def pages(self, after: str) -> Iterator[list[Found]]:
        """Yield a page for each request, which lists 1,000 objects."""
        start = {"StartAfter": after} if after else {}
        paginator = self.s3.get_paginator("list_objects_v2")
        for page in paginator.paginate(
            Bucket=self.bucket, Prefix=self.prefix, OptionalObjectAttributes=["RestoreStatus"], **start
        ):
            if objects := [self._found(each) for each in page.get("Contents", [])]:
                yield objects

    def _found(self, listed: dict[str, Any]) -> Found:
        restored = listed.get("RestoreStatus", {}).get("RestoreExpiryDate") is not None
        return Found(
            Recording(self.bucket, listed["Key"], listed["ETag"].strip('"')),
            listed["Size"],
            listed["LastModified"],
            listed["Key"],
            listed.get("StorageClass") in ARCHIVED_CLASSES and not restored,
        )


@dataclass(frozen=True)
class Selection:
    """Which objects are recordings to transcribe."""

    prefix: str
    suffixes: Sequence[str]
    newer_than: datetime | None = None
    """Only recordings that were uploaded at this time or later."""

    def takes(self, found: Found) -> bool:
        """Tell whether an object is one of them."""
        is_new = self.newer_than is None or (found.time is not None and found.time >= self.newer_than)
        return is_new and is_recording(found.recording.key, self.prefix, self.suffixes)
