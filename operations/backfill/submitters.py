"""Jobs for groups of recordings: one job for a list, or a job for each recording."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from operations.backfill.sources import Found
from operations.jobs import submit
from operations.stack import Stack

MOST_FILES = 500
MOST_BYTES = 500_000_000
"""The limits of a list, as uploads that are collected have them."""

LIST_JOB_NAME = "transcribe-list"
MANIFESTS_FOLDER = "manifests/"


class Submitter(Protocol):
    """Submits a job for a group of recordings."""

    @property
    def most_files(self) -> int:
        """How many recordings a group has at most."""

    def submit(self, group: Sequence[Found]) -> str:
        """Submit a job for all of ``group`` and return how messages name it."""


@dataclass(frozen=True)
class SingleJobs:
    """A job for each recording, as an upload starts it."""

    batch: Any
    stack: Stack
    most_files: int = 1

    def submit(self, group: Sequence[Found]) -> str:
        """Submit the job of the only recording in ``group``."""
        (found,) = group
        return submit(self.batch, self.stack, found.recording)


@dataclass(frozen=True)
class ListJobs:
    """A manifest in the output bucket and a job for it. One recording alone gets a job of its own."""

    s3: Any
    batch: Any
    stack: Stack
    job_definition: str
    output_bucket: str
    most_files: int = MOST_FILES

    def submit(self, group: Sequence[Found]) -> str:
        """Write the manifest of ``group`` and submit its job."""
        if len(group) == 1:
            return submit(self.batch, self.stack, group[0].recording)
        body = manifest_of(group)
        # The name follows from the content. So the same group is the same object, also after a lost answer.
        key = f"{MANIFESTS_FOLDER}{hashlib.sha256(body).hexdigest()}.jsonl"
        self.s3.put_object(Bucket=self.output_bucket, Key=key, Body=body, ContentType="application/jsonl")
        job = self.batch.submit_job(
            jobName=LIST_JOB_NAME,
            jobQueue=self.stack.job_queue,
            jobDefinition=self.job_definition,
            parameters={"manifest": f"s3://{self.output_bucket}/{key}"},
        )
        return f"job {job['jobId']}"


def manifest_of(group: Sequence[Found]) -> bytes:
    """Return the manifest of a list job: JSON lines with bucket, key, etag and size in bytes."""
    return b"".join(
        json.dumps({**each.recording.parameters, "size": each.size}).encode() + b"\n" for each in group
    )


def has_room(group: Sequence[Found], found: Found, submitter: Submitter) -> bool:
    """Tell whether ``found`` may join ``group``."""
    total = sum(each.size for each in group) + found.size
    return not group or (len(group) < submitter.most_files and total <= MOST_BYTES)
