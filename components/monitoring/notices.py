"""EventBridge patterns of the events of AWS Batch that lead to mails. Pure functions."""

from typing import Any

SINGLE_JOB = {"key": [{"exists": True}]}
LIST_JOB = {"manifest": [{"exists": True}]}
"""Patterns of the parameters by which a job for one recording differs from a job with a list."""

STATE_CHANGE = "Batch Job State Change"
QUEUE_BLOCKED = "Batch Job Queue Blocked"


def job_pattern(
    job_queue_arn: str, *statuses: str, parameters: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the pattern of a rule on jobs of one queue that reached any of ``statuses``.

    ``parameters`` is the pattern of their parameters, if only some jobs are meant.
    """
    detail: dict[str, Any] = {"status": list(statuses), "jobQueue": [job_queue_arn]}
    if parameters is not None:
        detail["parameters"] = parameters
    return {"source": ["aws.batch"], "detail-type": [STATE_CHANGE], "detail": detail}


def blocked_pattern(job_queue_arn: str) -> dict[str, Any]:
    """Return the pattern of a rule on a queue whose first job can't start.

    https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html
    """
    return {
        "source": ["aws.batch"],
        "detail-type": [QUEUE_BLOCKED],
        "detail": {"jobQueue": [job_queue_arn]},
    }
