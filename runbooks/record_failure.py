"""Write down why an upload has no transcript, where its job died before it could do so itself.

A step of a runbook of AWS Systems Manager Automation, as `aws:executeScript` runs it. It is told the id of a
job and nothing that an uploader chose; all else it asks Batch. The rules of `transcriber.placing` hold here
too: look what is there, find the recording unchanged, write on condition that what was seen is still there.
"""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from transcriber.entry_name import entry_name

CLIENT_CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 6}
)
KEY_LIMIT_BYTES = 1024
ETAG_METADATA = "source-etag"
MISSING = {"404", "NoSuchKey", "NotFound"}
CONDITION_FAILED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"}
MOST_TRIES = 6
FIRST_PAUSE_SECONDS = 0.1
TRANSCRIBED = "the transcript is there"
SUPERSEDED = "superseded: the newer upload has a job of its own"
LOG_LINES = 1000
"""Of the end of a job's log: whatever ends it there stands near its end, before the stacks of all threads."""
CRASH = "Fatal Python error:"
"""What faulthandler says of a crash in C code."""


class Place(NamedTuple):
    """Where results and logs are."""

    output_bucket: str
    output_prefix: str
    failures_prefix: str
    log_group: str


class Upload(NamedTuple):
    """A version of a recording."""

    bucket: str
    key: str
    etag: str

    @property
    def uri(self) -> str:
        """``s3://BUCKET/KEY``, the key as it is."""
        return f"s3://{self.bucket}/{self.key}"


class Seen(NamedTuple):
    """What is at a place: its own ETag and its recording's; None where nothing is."""

    etag: str | None
    source_etag: str | None


def handler(events: dict[str, str], _context: Any) -> dict[str, str]:
    """Write the entry of a job if one is due.

    Args:
        events: the fields of `Place`, and ``job_id``.

    Raises:
        LookupError: Batch knows no such job.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS refused or did not answer.
    """
    place = Place(*(events[field] for field in Place._fields))
    batch: Any = boto3.client("batch", config=CLIENT_CONFIG)
    jobs = batch.describe_jobs(jobs=[events["job_id"]])["jobs"]
    if not jobs:
        raise LookupError(f"Batch knows no job {events['job_id']}")
    upload = upload_of(jobs[0])
    if upload is None:
        return {"outcome": "not a job of an upload"}
    s3 = boto3.client("s3", config=CLIENT_CONFIG)
    logs = boto3.client("logs", config=CLIENT_CONFIG)
    return {"outcome": record(jobs[0], upload, place, s3, logs), "upload": upload.uri}


def upload_of(job: dict[str, Any]) -> Upload | None:
    """Return what a job was to transcribe; None for one that was not submitted for an upload."""
    parameters = job.get("parameters", {})
    if not parameters.keys() >= set(Upload._fields):
        return None
    return Upload(*(parameters[field] for field in Upload._fields))


def record(job: dict[str, Any], upload: Upload, place: Place, s3: Any, logs: Any) -> str:
    """Write the entry unless the upload has a transcript, an entry or a successor; return what was done.

    Raises:
        TimeoutError: others keep writing to its place.
    """
    transcript = f"{place.output_prefix}{upload.key}.json"
    entry = place.failures_prefix + entry_name(
        upload.key, lambda name: len((place.failures_prefix + name).encode()) <= KEY_LIMIT_BYTES
    )
    body = json.dumps(describe(job, upload, place, logs), indent=1) + "\n"
    for number in range(MOST_TRIES):
        seen = look(s3, place.output_bucket, entry)
        if seen.source_etag == upload.etag:
            return "the job's own reason is there"
        if look(s3, place.output_bucket, transcript).source_etag == upload.etag:
            return TRANSCRIBED
        if is_replaced(s3, upload):
            return SUPERSEDED
        try:
            with on_condition(
                s3, "PutObject", {"If-Match": seen.etag} if seen.etag else {"If-None-Match": "*"}
            ):
                written = s3.put_object(
                    Bucket=place.output_bucket,
                    Key=entry,
                    Body=body.encode(),
                    ContentType="application/json",
                    Metadata={ETAG_METADATA: upload.etag},
                )
        except ClientError as error:
            if error.response["Error"]["Code"] not in CONDITION_FAILED:
                raise
            time.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**number))
            continue
        # Since the looks above, a second job of this upload may have ended well, or a newer upload's.
        is_transcribed = look(s3, place.output_bucket, transcript).source_etag == upload.etag
        if is_transcribed or is_replaced(s3, upload):
            take_back(s3, place.output_bucket, entry, written["ETag"])
            return TRANSCRIBED if is_transcribed else SUPERSEDED
        return "written"
    raise TimeoutError(f"s3://{place.output_bucket}/{entry}: others keep writing there")


def describe(job: dict[str, Any], upload: Upload, place: Place, logs: Any) -> dict[str, Any]:
    """Return the entry, with the fields that the worker's own have."""
    container = job.get("container", {})
    ended = [job.get("statusReason"), container.get("reason")]
    batch = "; ".join(dict.fromkeys(text for text in ended if text)) or "no reason given"
    said = last_error(logs, place.log_group, container.get("logStreamName"))
    return {
        "schema_version": 1,
        "source_uri": upload.uri,
        "source_etag": upload.etag,
        "reason": f"{said} ({batch})" if said else f"The job ended without a word: {batch}",
        "exit_code": container.get("exitCode"),
        "job_id": job["jobId"],
        "attempt": len(job.get("attempts", [])) or None,
        "time": datetime.now(UTC).isoformat(),
    }


def last_error(logs: Any, group: str, stream: str | None) -> str | None:
    """Return the last error or crash that the log of a job's last attempt tells; None if it tells none."""
    if stream is None:
        return None
    try:
        lines = logs.get_log_events(
            logGroupName=group, logStreamName=stream, limit=LOG_LINES, startFromHead=False
        )["events"]
    except logs.exceptions.ResourceNotFoundException:
        return None
    except ClientError as error:
        # No trouble with the log is worth the entry.
        return f"The log could not be read: {error}"
    for line in reversed(lines):
        message = line["message"]
        if message.startswith(CRASH):
            return str(message)
        try:
            event = json.loads(message)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("level") == "error":
            return str(event.get("message"))
    return None


def look(s3: Any, bucket: str, key: str) -> Seen:
    """Return what is at a place now."""
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        return Seen(None, None)
    return Seen(head["ETag"], head["Metadata"].get(ETAG_METADATA))


def is_replaced(s3: Any, upload: Upload) -> bool:
    """Tell whether another version of the recording is there; a deleted one has no successor."""
    current = look(s3, upload.bucket, upload.key).etag
    return current is not None and current.strip('"') != upload.etag


def take_back(s3: Any, bucket: str, key: str, etag: str) -> None:
    """Delete what was written, unless somebody else has written there since."""
    try:
        with on_condition(s3, "DeleteObject", {"If-Match": etag}):
            s3.delete_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in CONDITION_FAILED:
            raise


@contextmanager
def on_condition(s3: Any, operation: str, condition: dict[str, str]) -> Iterator[None]:
    """Have requests of ``operation`` carry these headers, whichever parameters the runtime's boto3 knows."""

    def add(params: dict[str, Any], **_rest: Any) -> None:
        params["headers"].update(condition)

    event = f"before-call.s3.{operation}"
    s3.meta.events.register(event, add)
    try:
        yield
    finally:
        s3.meta.events.unregister(event, add)
