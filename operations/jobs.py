"""Find the jobs of recordings, and submit new ones."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.upload_patterns import INPUT_PATHS, JOB_NAME
from operations.stack import Stack
from runbooks.manifests import read_manifest
from transcriber.options import environment_name

UNFINISHED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
FINISHED = ("SUCCEEDED", "FAILED")
NO_REASON = "no reason given"
DESCRIBED_AT_ONCE = 100
MANIFEST_PARAMETER = "manifest"
"""The parameter of a job with a list of recordings."""

FORCE_SETTING = environment_name("force")
"""The setting that makes the worker transcribe again."""


@dataclass(frozen=True)
class Recording:
    """One version of a recording, as the parameters of a job name it."""

    bucket: str
    key: str
    etag: str

    @staticmethod
    def from_event(event: dict[str, Any]) -> "Recording":
        """Read the same fields of an event as the input transformer of the upload rule.

        Raises:
            KeyError, TypeError: the event is not about an upload.
        """
        return Recording(**{name: _at(event, path) for name, path in INPUT_PATHS.items()})

    @staticmethod
    def of_job(job: Mapping[str, Any]) -> "Recording | None":
        """Return the recording of a job that DescribeJobs shows, or None if the job is not for an upload."""
        parameters = job.get("parameters", {})
        if not parameters.keys() >= INPUT_PATHS.keys():
            return None
        return Recording(**{name: parameters[name] for name in INPUT_PATHS})

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the job."""
        return {"bucket": self.bucket, "key": self.key, "etag": self.etag}

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def submit(batch: Any, stack: Stack, recording: Recording, *, force: bool = False) -> str:
    """Submit a job for a recording. Return how messages name it.

    Args:
        batch: a client.
        stack: has the queue and the job definition.
        recording: the recording to transcribe.
        force: whether to transcribe it even if its transcript exists.
    """
    overrides = {"environment": [{"name": FORCE_SETTING, "value": "true"}]}
    job = batch.submit_job(
        jobName=JOB_NAME,
        jobQueue=stack.job_queue,
        jobDefinition=stack.job_definition,
        parameters=recording.parameters,
        **({"containerOverrides": overrides} if force else {}),
    )
    return f"job {job['jobId']}"


def list_jobs(batch: Any, job_queue: str, states: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the jobs in ``states``, as DescribeJobs shows them.

    Batch keeps ended jobs for at least seven days.
    """
    pages = batch.get_paginator("list_jobs")
    for state in states:
        for page in pages.paginate(jobQueue=job_queue, jobStatus=state, maxResults=DESCRIBED_AT_ONCE):
            if ids := [job["jobId"] for job in page["jobSummaryList"]]:
                yield from batch.describe_jobs(jobs=ids)["jobs"]


def count_jobs(batch: Any, job_queue: str) -> Counter[str]:
    """Return how many jobs are in each state. Batch keeps ended jobs for at least seven days."""
    pages = batch.get_paginator("list_jobs")
    return Counter(
        {
            state: sum(
                len(page["jobSummaryList"])
                for page in pages.paginate(jobQueue=job_queue, jobStatus=state, maxResults=DESCRIBED_AT_ONCE)
            )
            for state in (*UNFINISHED, *FINISHED)
        }
    )


def list_unfinished(batch: Any, s3: Any, job_queue: str) -> frozenset[Recording]:
    """Return the recordings whose jobs have not ended, those in the lists of jobs included."""
    jobs = list_jobs(batch, job_queue, UNFINISHED)
    return frozenset(recording for job in jobs for recording in recordings_of(s3, job))


def recordings_of(s3: Any, job: Mapping[str, Any]) -> list[Recording]:
    """Return the recordings of a job that DescribeJobs shows: one, a whole list, or none.

    A list is empty if its manifest has expired.
    """
    uri = job.get("parameters", {}).get(MANIFEST_PARAMETER)
    if uri is None:
        recording = Recording.of_job(job)
        return [recording] if recording else []
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return []
    return [Recording(each.bucket, each.key, each.etag) for each in read_manifest(body)]


def _at(event: dict[str, Any], path: str) -> str:
    value: Any = event
    for name in path.removeprefix("$.").split("."):
        value = value[name]
    return str(value)
