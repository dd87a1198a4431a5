"""Events that became no job: how many wait in a stack's dead-letter queue."""

from typing import Any

COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
"""Messages that wait, and those that a reader holds at the moment."""


def count_undelivered(sqs: Any, queue_url: str) -> int:
    """Return how many messages are in a queue; they stay as they are."""
    answer = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(COUNTS))
    return sum(int(answer["Attributes"].get(name, 0)) for name in COUNTS)
