"""Uploads that became no job: the events in the stack's dead-letter queue."""

import json
from typing import Any

from emulator.cloud import LocalCloud

SHOWN = 10
"""The limit of one request to SQS."""


def find_undelivered(cloud: LocalCloud, queue: str) -> tuple[int, list[str]]:
    """Return the number of events in ``queue`` (a URL or an ARN), and a line about each of the first ones.

    The events stay in the queue.
    """
    sqs = cloud.client("sqs")
    url = (
        sqs.get_queue_url(QueueName=queue.rsplit(":", 1)[-1])["QueueUrl"]
        if queue.startswith("arn:")
        else queue
    )
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=SHOWN, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    return sum(map(int, counts.values())), [_line(message) for message in answer.get("Messages", [])]


def _line(message: dict[str, Any]) -> str:
    attributes = message.get("MessageAttributes", {})
    why = attributes.get("ERROR_MESSAGE", {}).get("StringValue", "no reason given")
    try:
        name = json.loads(message["Body"])["detail"]["object"]["key"]
    except (ValueError, KeyError, TypeError):
        name = f"message {message['MessageId']}"
    return f"{name}: {why}"
