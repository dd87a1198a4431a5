"""A job, its states, and its description in the Batch API."""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from emulator.batch.retry import Outcome


class Status(StrEnum):
    """The states of a job, in the order in which it goes through them."""

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def finished(self) -> bool:
        """Whether this is a final state."""
        return self in (Status.SUCCEEDED, Status.FAILED)

    @property
    def waiting(self) -> bool:
        """Whether the job has not started, so that CancelJob works."""
        return self in (Status.SUBMITTED, Status.PENDING, Status.RUNNABLE)


FOLLOWING = {
    Status.SUBMITTED: {Status.PENDING, Status.RUNNABLE, Status.FAILED},
    Status.PENDING: {Status.RUNNABLE, Status.FAILED},
    Status.RUNNABLE: {Status.STARTING, Status.FAILED},
    Status.STARTING: {Status.RUNNING, Status.RUNNABLE, Status.FAILED},
    Status.RUNNING: {Status.RUNNABLE, Status.SUCCEEDED, Status.FAILED},
    Status.SUCCEEDED: set[Status](),
    Status.FAILED: set[Status](),
}


def now_milliseconds() -> int:
    """Return the time in milliseconds since 1970, as in the Batch API."""
    return time.time_ns() // 1_000_000


@dataclass
class Attempt:
    """One attempt of a job. Without an outcome it has not ended."""

    task_arn: str
    container_instance_arn: str
    log_stream: str
    started_at: int | None = None
    stopped_at: int | None = None
    outcome: Outcome | None = None


@dataclass
class Job:
    """A job."""

    job_id: str
    arn: str
    name: str
    queue_arn: str
    definition: dict[str, Any]
    container: dict[str, Any]
    """Container properties, with the overrides of the submission."""
    parameters: dict[str, str]
    retry_strategy: dict[str, Any]
    timeout: dict[str, int]
    tags: dict[str, str]
    depends_on: list[dict[str, str]] = field(default_factory=list)
    waits_for: tuple[str, ...] = ()
    """The IDs of jobs that must succeed before this one may run."""
    status: Status = Status.SUBMITTED
    status_reason: str | None = None
    created_at: int = field(default_factory=now_milliseconds)
    started_at: int | None = None
    stopped_at: int | None = None
    attempts: list[Attempt] = field(default_factory=list)
    stop_reason: str | None = None
    """The reason in the request to terminate it."""
    is_cancelled: bool = False
    is_terminated: bool = False

    def move(self, status: Status, reason: str | None = None) -> None:
        """Change the state and record the time.

        Raises:
            ValueError: this state can't follow the present one.
        """
        if status not in FOLLOWING[self.status]:
            raise ValueError(f"Job {self.job_id} can't go from {self.status} to {status}.")
        self.status = status
        self.status_reason = reason or self.status_reason
        if status is Status.RUNNING:
            self.started_at = now_milliseconds()
        elif status.finished:
            self.stopped_at = now_milliseconds()


def describe(job: Job) -> dict[str, Any]:
    """Return the JobDetail of DescribeJobs and of the state change event."""
    return summarize(job) | {
        "jobQueue": job.queue_arn,
        "attempts": [_describe_attempt(attempt) for attempt in job.attempts if attempt.outcome],
        "container": job.container | _latest_container(job),
        "dependsOn": job.depends_on,
        "parameters": job.parameters,
        "platformCapabilities": job.definition.get("platformCapabilities", []),
        "propagateTags": job.definition.get("propagateTags", False),
        "retryStrategy": {"attempts": 1, "evaluateOnExit": []} | job.retry_strategy,
        "tags": job.tags,
        "timeout": job.timeout,
    }


def summarize(job: Job) -> dict[str, Any]:
    """Return the JobSummary of ListJobs."""
    exit_code = _latest_container(job).get("exitCode")
    summary = {
        "jobArn": job.arn,
        "jobId": job.job_id,
        "jobName": job.name,
        "jobDefinition": job.definition["jobDefinitionArn"],
        "status": job.status.value,
        "statusReason": job.status_reason,
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "stoppedAt": job.stopped_at,
        "container": {"exitCode": exit_code} if exit_code is not None else None,
        "isCancelled": job.is_cancelled,
        "isTerminated": job.is_terminated,
    }
    return {key: value for key, value in summary.items() if value is not None}


def _describe_attempt(attempt: Attempt) -> dict[str, Any]:
    detail = {
        "container": _describe_container(attempt),
        "startedAt": attempt.started_at,
        "stoppedAt": attempt.stopped_at,
        "statusReason": attempt.outcome.status_reason if attempt.outcome else None,
    }
    return {key: value for key, value in detail.items() if value is not None}


def _latest_container(job: Job) -> dict[str, Any]:
    started = [attempt for attempt in job.attempts if attempt.started_at or attempt.outcome]
    return _describe_container(started[-1]) if started else {}


def _describe_container(attempt: Attempt) -> dict[str, Any]:
    detail = {
        "containerInstanceArn": attempt.container_instance_arn,
        "taskArn": attempt.task_arn,
        "logStreamName": attempt.log_stream if attempt.started_at else None,
        "exitCode": attempt.outcome.exit_code if attempt.outcome else None,
        "reason": attempt.outcome.reason if attempt.outcome else None,
    }
    return {key: value for key, value in detail.items() if value is not None}
