"""Write the failure report of a job that died before it could write one itself.

This is a step of a runbook of AWS Systems Manager Automation, run as `aws:executeScript`. Its input is the id
of a job and nothing that an uploader chose. It asks Batch for everything else.
"""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from transcriber.outcomes import failure_report_key, result_name
from transcriber.results.conditional_write import retry_on_conflict
from transcriber.results.failure_report import CONTENT_TYPE, FailureReport
from transcriber.storage.conditional_requests import delete_result, look_at_result, put_result

CLIENT_CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 6}
)
WRITTEN = "written"
REPORTED_BY_JOB = "the job's own failure report is there"
TRANSCRIBED = "the transcript is there"
SUPERSEDED = "superseded: the newer upload has a job of its own"

TIMED_OUT = "Job attempt duration exceeded timeout"
"""The reason that Batch gives for a job that ran out of time."""

LOG_LINES = 1000
"""How many lines to read from the end of a log. A crash prints its cause before the stacks of all threads."""

CRASH = "Fatal Python error:"
"""How faulthandler begins the report of a crash in C code."""


class Locations(NamedTuple):
    """Where results and logs are."""

    output_bucket: str
    output_prefix: str
    failures_prefix: str
    log_group: str


class Upload(NamedTuple):
    """One version of a recording."""

    bucket: str
    key: str
    etag: str

    @property
    def uri(self) -> str:
        """``s3://BUCKET/KEY``, the key as it is."""
        return f"s3://{self.bucket}/{self.key}"


def handler(events: dict[str, str], _context: Any) -> dict[str, str]:
    """Write the failure report of a job if it needs one.

    Args:
        events: the fields of `Locations`, and ``job_id``.

    Raises:
        LookupError: Batch does not know the job.
        TemporaryFailureError: others keep writing the report.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS refused or did not answer.
    """
    locations = Locations(*(events[field] for field in Locations._fields))
    batch: Any = boto3.client("batch", config=CLIENT_CONFIG)
    jobs = batch.describe_jobs(jobs=[events["job_id"]])["jobs"]
    if not jobs:
        raise LookupError(f"Batch knows no job {events['job_id']}")
    upload = upload_of(jobs[0])
    if upload is None:
        return {"outcome": "not a job of an upload"}
    s3 = boto3.client("s3", config=CLIENT_CONFIG)
    logs = boto3.client("logs", config=CLIENT_CONFIG)
    return {"outcome": write_report(jobs[0], upload, locations, s3, logs), "upload": upload.uri}


def upload_of(job: dict[str, Any]) -> Upload | None:
    """Return the upload that a job should transcribe; None if the job was not submitted for an upload."""
    parameters = job.get("parameters", {})
    if not parameters.keys() >= set(Upload._fields):
        return None
    return Upload(*(parameters[field] for field in Upload._fields))


def write_report(job: dict[str, Any], upload: Upload, locations: Locations, s3: Any, logs: Any) -> str:
    """Write the report unless the upload has a report, a transcript or a newer version; return the outcome.

    A worker that died between two steps may leave a report beside a transcript or a newer upload. This
    removes it.

    Raises:
        TemporaryFailureError: others keep writing the report.
        botocore.exceptions.ClientError: AWS refused.
    """
    bucket = locations.output_bucket
    transcript_key = locations.output_prefix + result_name(upload.key)
    report_key = failure_report_key(upload.key, locations.failures_prefix)
    body = make_report(job, upload, locations.log_group, logs).to_json()

    def look_and_write() -> str:
        seen = look_at_result(s3, bucket, report_key)
        is_own = seen.source_etag == upload.etag
        is_transcribed = look_at_result(s3, bucket, transcript_key).source_etag == upload.etag
        current = current_etag(s3, upload)
        if is_transcribed or current not in (upload.etag, None):
            is_old = is_transcribed and current == upload.etag and seen.etag is not None
            if is_own or is_old:
                delete_result(s3, bucket, report_key, seen)
            return TRANSCRIBED if is_transcribed else SUPERSEDED
        # A deleted recording gets its report too: no newer upload explains what became of it.
        if is_own:
            return REPORTED_BY_JOB
        put_result(s3, bucket, report_key, body, CONTENT_TYPE, upload.etag, seen)
        return WRITTEN

    uri = f"s3://{bucket}/{report_key}"
    outcome = retry_on_conflict(uri, look_and_write)
    if outcome == WRITTEN:
        # Look again: meanwhile a second job of this upload may have succeeded, or a newer upload's job.
        later = retry_on_conflict(uri, look_and_write)
        return WRITTEN if later == REPORTED_BY_JOB else later
    return outcome


def make_report(job: dict[str, Any], upload: Upload, log_group: str, logs: Any) -> FailureReport:
    """Return the report of a job from what Batch and the job's log say."""
    container = job.get("container", {})
    ended = [job.get("statusReason"), container.get("reason")]
    batch = "; ".join(dict.fromkeys(text for text in ended if text)) or "no reason given"
    if job.get("statusReason") == TIMED_OUT:
        minutes = job["timeout"]["attemptDurationSeconds"] / 60
        batch += f": {minutes:g} minutes, as jobTimeoutMinutes says, and Batch does not try again"
    logged = last_error(logs, log_group, container.get("logStreamName"))
    return FailureReport(
        source_uri=upload.uri,
        source_etag=upload.etag,
        reason=f"{logged} ({batch})" if logged else f"The job ended without a word: {batch}",
        exit_code=container.get("exitCode"),
        job_id=job["jobId"],
        attempt=len(job.get("attempts", [])) or None,
        time=datetime.now(UTC),
    )


def last_error(logs: Any, group: str, stream: str | None) -> str | None:
    """Return the last error or crash in the log of a job's last attempt; None if there is none."""
    if stream is None:
        return None
    try:
        lines = logs.get_log_events(
            logGroupName=group, logStreamName=stream, limit=LOG_LINES, startFromHead=False
        )["events"]
    except logs.exceptions.ResourceNotFoundException:
        return None
    except ClientError as error:
        # A report without the log is better than no report.
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


def current_etag(s3: Any, upload: Upload) -> str | None:
    """Return the ETag of the object that has the upload's key now; None if there is none.

    This lists the bucket, because a list also contains objects that can't be read, such as encrypted ones.
    """
    # The first key that begins with the upload's key is that key itself.
    for each in s3.list_objects_v2(Bucket=upload.bucket, Prefix=upload.key, MaxKeys=1).get("Contents", []):
        if each["Key"] == upload.key:
            return str(each["ETag"]).strip('"')
    return None
