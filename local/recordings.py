"""Upload recordings, follow their jobs to the end, fetch the results."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.exceptions import ClientError

from components.media_suffixes import is_recording
from emulator.cloud import LocalCloud
from local.errors import LocalError, WrongUseError
from local.invocation import command
from local.job_progress import JobProgress
from local.state import RunningPipeline
from operations.stack import Stack
from operations.terminal import ESCAPED
from transcriber.options import environment_name
from transcriber.outcomes import failure_report_key, result_name

JOB_STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")
ENDED = ("SUCCEEDED", "FAILED")
POLL_SECONDS = 0.1
SUBMISSION_DEADLINE_SECONDS = 30
"""An event becomes a job in less than a second here. After this time something is broken."""

NAME_LIMIT_BYTES = 255
"""The limit of common file systems. A longer name keeps its end, with the suffix."""

UNSAFE = re.compile(rf"{ESCAPED.pattern}|\\")
"""Control and invisible characters, and the backslash."""


@dataclass(frozen=True)
class Upload:
    """A recording in the input bucket."""

    path: Path
    bucket: str
    key: str
    etag: str
    started_at_milliseconds: int


@dataclass
class Transcription:
    """An upload and its job as last seen. ``percent`` is the part that is transcribed; None if not known."""

    upload: Upload
    states: list[str] = field(default_factory=list)
    job: dict[str, Any] = field(default_factory=dict)
    percent: float | None = None

    @property
    def status(self) -> str:
        """The job's state; empty before there is a job."""
        return self.states[-1] if self.states else ""

    @property
    def ended(self) -> bool:
        """Whether the job has ended."""
        return self.status in ENDED


@dataclass(frozen=True)
class Result:
    """The result of a job: the transcript or the reason of the failure, and the copied files."""

    transcript: dict[str, Any] | None
    failure: str | None
    uri: str
    files: list[Path]
    not_copied: str | None = None
    """Why some results of the bucket were not copied."""


def check_starts_job(pipeline: RunningPipeline, key: str) -> None:
    """Check that an upload by this key starts a job.

    Raises:
        WrongUseError: no job would start.
    """
    stack = Stack.from_outputs(pipeline.outputs)
    if is_recording(key, stack.input_prefix, stack.media_suffixes):
        return
    if not key.startswith(stack.input_prefix):
        raise WrongUseError(f"{key}: no job starts for this name; only names under {stack.input_prefix} do.")
    raise WrongUseError(
        f"{key}: no job starts for this name; it does not end as that of a recording (.mp3, .wav, .mp4 ...);"
        " the configuration key mediaSuffixes adds suffixes."
    )


def upload(
    pipeline: RunningPipeline, path: Path, key: str, progress: Callable[[int], None] = lambda _: None
) -> Upload:
    """Upload the file at ``path`` as ``key``. ``progress`` gets the number of bytes of each part."""
    s3 = pipeline.cloud.client("s3")
    bucket = pipeline.outputs["inputBucket"]
    started_at = int(time.time() * 1000)
    s3.upload_file(str(path), bucket, key, Callback=progress)
    etag = s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
    return Upload(path, bucket, key, etag, started_at)


def follow(pipeline: RunningPipeline, uploads: list[Upload]) -> Iterator[list[Transcription]]:
    """Look at the jobs again and again and yield all transcriptions each time, until every job has ended.

    Raises:
        LocalError: an upload did not become a job within ``SUBMISSION_DEADLINE_SECONDS``.
    """
    transcriptions = [Transcription(upload) for upload in uploads]
    progress = JobProgress(pipeline.cloud)
    deadline = time.monotonic() + SUBMISSION_DEADLINE_SECONDS
    while True:
        jobs = list_jobs(pipeline.cloud, pipeline.outputs["jobQueue"])
        for transcription in transcriptions:
            _update(transcription, jobs, transcriptions)
            transcription.percent = progress.percent(transcription.job) if transcription.job else None
        yield transcriptions
        if all(transcription.ended for transcription in transcriptions):
            return
        missing = [each.upload.key for each in transcriptions if not each.job]
        if missing and time.monotonic() > deadline:
            raise LocalError(
                f"{missing[0]}: no job was submitted within {SUBMISSION_DEADLINE_SECONDS} s of the upload;"
                f" `{command('status')}` shows undelivered events."
            )
        time.sleep(POLL_SECONDS)


def list_jobs(cloud: LocalCloud, queue: str) -> list[dict[str, Any]]:
    """Return the full descriptions of all jobs of ``queue``, oldest first."""
    batch = cloud.client("batch")
    pages = batch.get_paginator("list_jobs")
    ids = [
        job["jobId"]
        for state in JOB_STATES
        for page in pages.paginate(jobQueue=queue, jobStatus=state)
        for job in page["jobSummaryList"]
    ]
    # A job that changes its state meanwhile is in two listings. DescribeJobs takes 100 jobs at a time.
    ids = list(dict.fromkeys(ids))
    described = [
        job
        for start in range(0, len(ids), 100)
        for job in batch.describe_jobs(jobs=ids[start : start + 100])["jobs"]
    ]
    return sorted(described, key=lambda job: job["createdAt"])


def fetch_result(pipeline: RunningPipeline, transcription: Transcription, folder: Path) -> Result:
    """Copy the results of the job to ``folder`` and return them."""
    key, container = transcription.upload.key, transcription.job["container"]
    environment = {entry["name"]: entry["value"] for entry in container["environment"]}
    s3 = pipeline.cloud.client("s3")
    if transcription.status == "FAILED":
        bucket, _, prefix = environment[environment_name("failures")].removeprefix("s3://").partition("/")
        uri = f"s3://{bucket}/{failure_report_key(key, prefix)}"
        report = _read(s3, uri)
        if report is None:
            return Result(None, _job_reason(pipeline.cloud, transcription.job), uri, [])
        copies = _copy(folder, {f"{key}.failure.json": report})
        return Result(None, str(json.loads(report)["reason"]), uri, *copies)
    destination = container["command"][-1]
    uri = f"{destination}{key}.json"
    asked = environment[environment_name("formats")].split(",")
    names = [result_name(key, name) for name in ["json", *(name for name in asked if name != "json")]]
    bodies = {name: body for name in names if (body := _read(s3, destination + name)) is not None}
    if names[0] not in bodies:
        return Result(None, f"the job succeeded and yet there is nothing at {uri}", uri, [])
    return Result(json.loads(bodies[names[0]]), None, uri, *_copy(folder, bodies))


def local_name(key: str) -> str:
    """Return ``key`` as a relative path that can't leave its folder and is safe to print."""
    parts = []
    for part in filter(None, key.split("/")):
        name = UNSAFE.sub(lambda unsafe: quote(unsafe[0]), part)
        name = name if name.strip(".") else name.replace(".", "%2E")
        parts.append(name.encode()[-NAME_LIMIT_BYTES:].decode(errors="ignore"))
    return "/".join(parts)


def _update(transcription: Transcription, jobs: list[dict[str, Any]], others: list[Transcription]) -> None:
    """Update ``transcription`` from ``jobs``. A job belongs to one upload only."""
    upload = transcription.upload
    taken = {each.job["jobId"] for each in others if each.job and each is not transcription}
    wanted = {"bucket": upload.bucket, "key": upload.key, "etag": upload.etag}
    for job in jobs:
        same = transcription.job.get("jobId") == job["jobId"] or (
            not transcription.job
            and job["jobId"] not in taken
            and job["createdAt"] >= upload.started_at_milliseconds
            and wanted.items() <= job["parameters"].items()
        )
        if same:
            transcription.job = job
            if transcription.status != job["status"]:
                transcription.states.append(job["status"])


def _read(s3: Any, uri: str) -> bytes | None:
    parts = urlsplit(uri, allow_fragments=False)
    key = uri.removeprefix(f"s3://{parts.netloc}/")
    try:
        return bytes(s3.get_object(Bucket=parts.netloc, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise


def _copy(folder: Path, bodies: Mapping[str, bytes]) -> tuple[list[Path], str | None]:
    """Write results into ``folder``. Return the files, and the reason if some could not be written."""
    files: list[Path] = []
    for name, body in bodies.items():
        # The bytes of the file name do not depend on the encoding of the system.
        path = folder / os.fsdecode(local_name(name).encode())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        except OSError as error:
            place = error.filename or path
            return files, f"No copy on this machine: {place}: {error.strerror}; the bucket has the results."
        files.append(path)
    return files, None


def _job_reason(cloud: LocalCloud, job: dict[str, Any]) -> str:
    """Return why a job without a failure report ended, with the last line of its log."""
    reason = str(job.get("statusReason", "no reason given"))
    container = job["container"]
    if "exitCode" in container:
        reason = f"{reason}, exit code {container['exitCode']}"
    stream = container.get("logStreamName")
    if not stream:
        return str(container.get("reason", reason))
    group = container["logConfiguration"]["options"]["awslogs-group"]
    events = cloud.client("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
    return f"{reason}: {events[-1]['message']}" if events else reason
