"""What a mail about a job says: EventBridge patterns and input transformers; pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.consoles import job_url, log_stream_url
from components.settings import FAILURES_PREFIX

STATE_CHANGE = "Batch Job State Change"
QUEUE_BLOCKED = "Batch Job Queue Blocked"

FILE_PATHS = {
    "bucket": "$.detail.parameters.bucket",
    "key": "$.detail.parameters.key",
    "job": "$.detail.jobId",
    "reason": "$.detail.statusReason",
}


@dataclass(frozen=True)
class Place:
    """Where the results and logs are that a notice points to."""

    partition: str
    region: str
    log_group: str
    output_bucket: str
    output_prefix: str


@dataclass(frozen=True)
class Notice:
    """A text about one event, in the terms of EventBridge's input transformer.

    It fills in names as they are, ends of lines included, so those of files stand last: what an uploader
    writes into a name can't pass for a line of ours.
    """

    input_paths: Mapping[str, str]
    lines: tuple[str, ...]

    @property
    def input_template(self) -> str:
        """The lines as EventBridge takes them: each a quoted string, in which names in <> are filled in."""
        return "\n".join(f'"{line}"' for line in self.lines)


def job_pattern(job_queue_arn: str, *statuses: str) -> dict[str, Any]:
    """Return the pattern of a rule on jobs of one queue that came into any of ``statuses``."""
    return {
        "source": ["aws.batch"],
        "detail-type": [STATE_CHANGE],
        "detail": {"status": list(statuses), "jobQueue": [job_queue_arn]},
    }


def blocked_pattern(job_queue_arn: str) -> dict[str, Any]:
    """Return the pattern of a rule on a queue whose first job can't start.

    https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html
    """
    return {
        "source": ["aws.batch"],
        "detail-type": [QUEUE_BLOCKED],
        "detail": {"jobQueue": [job_queue_arn]},
    }


def failed_notice(place: Place, retry_attempts: int) -> Notice:
    """Return what is said of a file without a transcript; what the event lacks is left out of it."""
    tries = {
        f"exit{number}": f"$.detail.attempts[{number}].container.exitCode" for number in range(retry_attempts)
    }
    return Notice(
        {
            **FILE_PATHS,
            **tries,
            "container": "$.detail.container.reason",
            "log": "$.detail.container.logStreamName",
        },
        (
            "A file has no transcript.",
            "Reason: <reason> <container>",
            f"Exit codes, one a try: {' '.join(f'<{each}>' for each in tries)}",
            f"Log: {log_stream_url(place.partition, place.region, place.log_group, '<log>')}",
            f"Job: {job_url(place.partition, place.region, '<job>')}",
            "The file, by the name that its uploader chose: s3://<bucket>/<key>",
            f"Written down: s3://{place.output_bucket}/{FAILURES_PREFIX}<key>.json",
        ),
    )


def finished_notice(place: Place) -> Notice:
    """Return what is said of a file with a transcript."""
    return Notice(
        {name: FILE_PATHS[name] for name in ("bucket", "key")},
        (
            "A file was transcribed, by the name that its uploader chose: s3://<bucket>/<key>",
            f"Transcript: s3://{place.output_bucket}/{place.output_prefix}<key>.json",
        ),
    )


def blocked_notice(place: Place) -> Notice:
    """Return what is said of a queue in which nothing starts."""
    return Notice(
        FILE_PATHS,
        (
            "No transcription can start: <reason>",
            f"Job: {job_url(place.partition, place.region, '<job>')}",
            "First in line, by the name that its uploader chose: s3://<bucket>/<key>",
        ),
    )
