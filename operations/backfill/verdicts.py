"""Which recordings of a page have an outcome already, with few requests."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from operations.backfill.sources import Found
from operations.jobs import Recording
from operations.outcomes import ResultFolder, Results, etag_of
from transcriber.outcomes import failure_report_name, result_name

MOST_LIST_REQUESTS = 10
"""Between the results of a page may be many others. After so many requests, each result is asked for."""


class Verdict(StrEnum):
    """What a backfill does with a recording, or why it does nothing."""

    TRANSCRIBED = "transcribed"
    FAILED = "failed before"
    UNDER_WAY = "under way"
    ARCHIVED = "archived"
    NAME_TAKEN = "name taken"
    """A transcript of another recording with this key exists. A transcript of this one would replace it."""

    DUE = "due"


@dataclass(frozen=True)
class Looker:
    """Looks for the outcomes of recordings.

    S3 lists results in the order of their keys, as it lists recordings. So one listing of the results between
    the first and the last name of a page tells which recordings have none. Only the others cost a request
    each, for the ETag.
    """

    s3: Any
    results: Results
    under_way: frozenset[Recording]
    own_bucket: str
    """The bucket of uploads. Recordings of all other buckets share its names of results."""

    pool: Executor

    def look(self, page: Sequence[Found]) -> list[Verdict]:
        """Return the verdict on each recording of a page.

        Raises:
            botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: S3 refused or did not answer.
        """
        failures = self.results.failures
        transcribed = self._etags(
            self.results.transcripts, [result_name(each.recording.key) for each in page]
        )
        failed = self._etags(
            failures, [failure_report_name(each.recording.key, failures.fits) for each in page]
        )
        return [self._verdict(*each) for each in zip(page, transcribed, failed, strict=True)]

    def _verdict(self, found: Found, transcribed: str | None, failed: str | None) -> Verdict:
        recording = found.recording
        if transcribed == recording.etag:
            return Verdict.TRANSCRIBED
        if failed == recording.etag:
            return Verdict.FAILED
        if recording in self.under_way:
            return Verdict.UNDER_WAY
        if found.is_archived:
            return Verdict.ARCHIVED
        return Verdict.NAME_TAKEN if transcribed and recording.bucket != self.own_bucket else Verdict.DUE

    def _etags(self, folder: ResultFolder, names: Sequence[str]) -> list[str | None]:
        """Return the ETag of the recording of each result, or None if there is no such result."""
        existing = list_existing(self.s3, folder, names)

        def etag(name: str) -> str | None:
            return etag_of(self.s3, folder, name) if existing is None or name in existing else None

        return list(self.pool.map(etag, names))


def list_existing(s3: Any, folder: ResultFolder, names: Iterable[str]) -> frozenset[str] | None:
    """Return which of these results exist, or None if too many other results lie between them."""
    wanted = frozenset(names)
    if not wanted:
        return frozenset()
    last = folder.prefix + max(wanted)
    found: set[str] = set()
    # The listing begins behind this key, which is shorter than the first name and so before it.
    start = folder.prefix + min(wanted)[:-1]
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=folder.bucket, Prefix=folder.prefix, StartAfter=start
    )
    for number, page in enumerate(pages, start=1):
        keys = [each["Key"] for each in page.get("Contents", [])]
        found.update(wanted.intersection(key.removeprefix(folder.prefix) for key in keys))
        if not keys or keys[-1] >= last:
            break
        if number == MOST_LIST_REQUESTS:
            return None
    return frozenset(found)
