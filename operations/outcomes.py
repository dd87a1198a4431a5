"""The outcome of an upload: a transcript, a failure report, a job under way, or none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from components.media_suffixes import is_recording
from operations.ignored import IgnoredUploads
from operations.jobs import Recording, list_jobs, list_unfinished
from operations.stack import Stack
from operations.worker import Worker
from transcriber.outcomes import S3_KEY_LIMIT_BYTES, SOURCE_ETAG_METADATA, failure_report_name, result_name

MISSING = {"404", "NoSuchKey", "NotFound"}


class State(StrEnum):
    """The possible outcomes of an upload."""

    TRANSCRIBED = "transcribed"
    FAILED = "failed"
    UNDER_WAY = "under way"
    LOST = "without outcome"


@dataclass(frozen=True)
class Upload:
    """A recording in the input bucket, and its time of upload."""

    recording: Recording
    time: datetime


@dataclass(frozen=True)
class ResultFolder:
    """A bucket, and the prefix of all results of one kind."""

    bucket: str
    prefix: str

    @staticmethod
    def from_uri(uri: str) -> "ResultFolder":
        """Read ``s3://BUCKET/PREFIX``."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        return ResultFolder(bucket, prefix)

    def fits(self, name: str) -> bool:
        """Tell whether the key of the result ``name`` is short enough for S3."""
        return len((self.prefix + name).encode()) <= S3_KEY_LIMIT_BYTES


@dataclass(frozen=True)
class Results:
    """Where the worker writes transcripts and failure reports."""

    transcripts: ResultFolder
    failures: ResultFolder

    @staticmethod
    def of_worker(worker: Worker) -> "Results":
        """Read them from the settings of the worker."""
        return Results(ResultFolder.from_uri(worker.destination), ResultFolder.from_uri(worker.failures))


@dataclass(frozen=True)
class Jobs:
    """Recordings whose jobs have not ended, and the reasons of failed jobs."""

    unfinished: frozenset[Recording]
    failed: Mapping[Recording, str]

    @staticmethod
    def of_queue(batch: Any, s3: Any, job_queue: str) -> "Jobs":
        """Ask Batch, which keeps failed jobs for at least seven days, and read the lists of jobs in S3."""
        unfinished = list_unfinished(batch, s3, job_queue)
        failed = {
            recording: str(job.get("statusReason"))
            for job in list_jobs(batch, job_queue, ("FAILED",))
            if (recording := Recording.of_job(job))
        }
        return Jobs(unfinished, failed)


def list_uploads(
    s3: Any, stack: Stack, prefix: str, ignored: IgnoredUploads | None = None
) -> Iterator[list[Upload]]:
    """Yield the uploads under ``prefix`` that start a job, one page at a time.

    ``ignored`` counts the other uploads.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=stack.input_bucket, Prefix=prefix)
    for page in pages:
        uploads = []
        for each in page.get("Contents", []):
            if is_recording(each["Key"], stack.input_prefix, stack.media_suffixes):
                recording = Recording(stack.input_bucket, each["Key"], each["ETag"].strip('"'))
                uploads.append(Upload(recording, each["LastModified"]))
            elif ignored is not None:
                ignored.add(each["Key"])
        yield uploads


def count_ignored(s3: Any, stack: Stack, prefix: str = "") -> IgnoredUploads:
    """Return the uploads under ``prefix`` that start no job."""
    ignored = IgnoredUploads(stack.input_prefix)
    for _page in list_uploads(s3, stack, prefix, ignored):
        pass
    return ignored


def state_of(s3: Any, upload: Upload, results: Results, jobs: Jobs, now: datetime, grace: timedelta) -> State:
    """Return the outcome of an upload.

    Args:
        s3: a client.
        upload: the upload.
        results: where its results would be.
        jobs: as they were before. A job that has ended since then has an outcome by now.
        now: the time.
        grace: how long an upload may wait for its job, because events can be late.
    """
    recording = upload.recording
    if etag_of(s3, results.transcripts, result_name(recording.key)) == recording.etag:
        return State.TRANSCRIBED
    if (
        etag_of(s3, results.failures, failure_report_name(recording.key, results.failures.fits))
        == recording.etag
    ):
        return State.FAILED
    if recording in jobs.unfinished:
        return State.UNDER_WAY
    never_tried = recording not in jobs.failed
    return State.UNDER_WAY if never_tried and now - upload.time < grace else State.LOST


def etag_of(s3: Any, folder: ResultFolder, name: str) -> str | None:
    """Return the ETag of the recording that the result ``name`` belongs to, or None if there is no result."""
    if not folder.fits(name):
        return None
    try:
        head = s3.head_object(Bucket=folder.bucket, Key=folder.prefix + name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        return None
    etag: str | None = head["Metadata"].get(SOURCE_ETAG_METADATA)
    return etag
