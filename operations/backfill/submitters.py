"""Jobs for groups of recordings: one job for a list, or a job for each recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from operations.backfill.sources import Found
from operations.jobs import MANIFEST_PARAMETER, submit
from operations.stack import Stack
from runbooks.manifests import LIST_BYTES, LIST_FILES, Upload, manifest

LIST_JOB_NAME = "transcribe-list"


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
    most_files: int = LIST_FILES

    def submit(self, group: Sequence[Found]) -> str:
        """Write the manifest of ``group`` and submit its job."""
        if len(group) == 1:
            return submit(self.batch, self.stack, group[0].recording)
        uploads = (Upload(**each.recording.parameters, size=each.size) for each in group)
        key, body = manifest(uploads)
        self.s3.put_object(Bucket=self.output_bucket, Key=key, Body=body, ContentType="application/jsonl")
        job = self.batch.submit_job(
            jobName=LIST_JOB_NAME,
            jobQueue=self.stack.job_queue,
            jobDefinition=self.job_definition,
            parameters={MANIFEST_PARAMETER: f"s3://{self.output_bucket}/{key}"},
        )
        return f"job {job['jobId']}"


def has_room(group: Sequence[Found], found: Found, submitter: Submitter) -> bool:
    """Tell whether ``found`` may join ``group``."""
    total = sum(each.size for each in group) + found.size
    return not group or (len(group) < submitter.most_files and total <= LIST_BYTES)
