"""How many messages wait in a queue of a stack."""

from typing import Any

COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
"""Messages that wait, and messages that a reader holds at the moment."""


def count_messages(sqs: Any, queue_url: str) -> int:
    """Return how many messages are in a queue. They stay there."""
    answer = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(COUNTS))
    return sum(int(answer["Attributes"].get(name, 0)) for name in COUNTS)
