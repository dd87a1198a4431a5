"""Write down why an upload has no transcript, where its job died before it could do so itself.

A step of a runbook of AWS Systems Manager Automation, as `aws:executeScript` runs it. It is told the id of a
job and nothing that an uploader chose; all else it asks Batch. The rules of
`transcriber.results.conditional_write` hold here too: look what is there, find the recording unchanged, write
on condition that what was seen is still there.
"""

import json
import random
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from transcriber.outcomes import SOURCE_ETAG_METADATA, failure_report_key, result_name

CLIENT_CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 6}
)
MISSING = {"404", "NoSuchKey", "NotFound"}
CONDITION_FAILED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"}
MOST_TRIES = 6
FIRST_PAUSE_SECONDS = 0.1
TRANSCRIBED = "the transcript is there"
SUPERSEDED = "superseded: the newer upload has a job of its own"
TIMED_OUT = "Job attempt duration exceeded timeout"
"""Batch's reason for a job that ran out of time."""
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
    """See that the upload has an entry, unless it has a transcript or a successor; return what was found.

    Entries that stand beside a transcript or a successor are taken away: a worker that ended between two
    steps could not.

    Raises:
        TimeoutError: others keep writing to its place.
    """
    bucket = place.output_bucket
    transcript = place.output_prefix + result_name(upload.key)
    entry = failure_report_key(upload.key, place.failures_prefix)
    entry_content = describe(job, upload, place, logs)
    content = {
        # The one character of ASCII that json leaves to terminals.
        "Body": (json.dumps(entry_content, indent=1).replace("\x7f", "\\u007f") + "\n").encode(),
        "ContentType": "application/json",
        "Metadata": {SOURCE_ETAG_METADATA: upload.etag},
    }
    outcome = "the job's own reason is there"
    for number in range(MOST_TRIES):
        seen = look(s3, bucket, entry)
        is_own = seen.source_etag == upload.etag
        is_transcribed = look(s3, bucket, transcript).source_etag == upload.etag
        current = current_etag(s3, upload)
        is_current = current == upload.etag
        # A recording that was deleted has no successor.
        if not is_transcribed and (is_current or current is None):
            if is_own:
                return outcome
            condition = {"If-Match": seen.etag} if seen.etag else {"If-None-Match": "*"}
            if request_on_condition(s3, "PutObject", condition, Bucket=bucket, Key=entry, **content):
                # Look again: meanwhile a second job of this upload may have ended well, or a newer upload's.
                outcome = "written"
                continue
        else:
            is_stale = is_own or (is_transcribed and is_current and seen.etag is not None)
            condition = {"If-Match": seen.etag or ""}
            if not is_stale or request_on_condition(s3, "DeleteObject", condition, Bucket=bucket, Key=entry):
                return TRANSCRIBED if is_transcribed else SUPERSEDED
        time.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**number))
    raise TimeoutError(f"s3://{bucket}/{entry}: others keep writing there")


def describe(job: dict[str, Any], upload: Upload, place: Place, logs: Any) -> dict[str, Any]:
    """Return the entry, with the fields that the worker's own have."""
    container = job.get("container", {})
    ended = [job.get("statusReason"), container.get("reason")]
    batch = "; ".join(dict.fromkeys(text for text in ended if text)) or "no reason given"
    if job.get("statusReason") == TIMED_OUT:
        minutes = job["timeout"]["attemptDurationSeconds"] / 60
        batch += f": {minutes:g} minutes, as jobTimeoutMinutes says, and Batch does not try again"
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
    return Seen(head["ETag"], head["Metadata"].get(SOURCE_ETAG_METADATA))


def current_etag(s3: Any, upload: Upload) -> str | None:
    """Return what is under the upload's name now; None where nothing is.

    The bucket's list tells of objects that can't be read too, for the sake of their encryption.
    """
    # The first name that begins with the key is the key itself.
    for each in s3.list_objects_v2(Bucket=upload.bucket, Prefix=upload.key, MaxKeys=1).get("Contents", []):
        if each["Key"] == upload.key:
            return str(each["ETag"]).strip('"')
    return None


def request_on_condition(s3: Any, operation: str, condition: dict[str, str], **request: Any) -> bool:
    """Make a request with the headers of a condition, and tell whether it held.

    They are added on the way, as the runtime's boto3 need not know them as parameters.
    """

    def add(params: dict[str, Any], **_rest: Any) -> None:
        params["headers"].update(condition)

    event = f"before-call.s3.{operation}"
    s3.meta.events.register(event, add)
    try:
        getattr(s3, xform_name(operation))(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] not in CONDITION_FAILED:
            raise
        return False
    finally:
        s3.meta.events.unregister(event, add)
    return True
