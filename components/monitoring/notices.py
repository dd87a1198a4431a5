"""EventBridge patterns of the events of AWS Batch that lead to mails. Pure functions."""

from typing import Any

STATE_CHANGE = "Batch Job State Change"
QUEUE_BLOCKED = "Batch Job Queue Blocked"


def job_pattern(job_queue_arn: str, *statuses: str) -> dict[str, Any]:
    """Return the pattern of a rule on jobs of one queue that reached any of ``statuses``."""
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
