"""What policy documents allow an AWS service."""

import json
from typing import Any

import pytest

from emulator.policies import allows_service

EVENTS = "events.amazonaws.com"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:dead"
RULE = "arn:aws:events:us-east-1:000000000000:rule/upload"


def policy(**changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
    }
    return {"Version": "2012-10-17", "Statement": [statement | changes]}


def allows(document: dict[str, Any] | str) -> bool:
    return allows_service(document, EVENTS, "sqs:SendMessage", QUEUE, {"aws:SourceArn": RULE})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Action": ["sqs:GetQueueUrl", "SQS:Send*"]},
        {"Resource": "*"},
        {"Principal": {"Service": ["s3.amazonaws.com", EVENTS]}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": RULE}}},
        {"Condition": {"ArnEqualsIfExists": {"aws:SourceArn": RULE, "aws:SourceAccount": "0"}}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": [f"{RULE}-other", RULE.replace("upload", "*")]}}},
    ],
)
def test_what_is_allowed(changes: dict[str, Any]) -> None:
    assert allows(policy(**changes))
    assert allows(json.dumps(policy(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Action": "sqs:ReceiveMessage"},
        {"Resource": f"{QUEUE}-other"},
        {"Principal": {"Service": "s3.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::000000000000:root"}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": f"{RULE}-other"}}},
        {"Condition": {"ArnEqualsIfExists": {"aws:SourceArn": f"{RULE}-other"}}},
        {"Condition": {"StringEquals": {"aws:SourceOwner": "000000000000"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_what_is_not_allowed(changes: dict[str, Any]) -> None:
    assert not allows(policy(**changes))


def test_no_policy_allows_nothing() -> None:
    assert not allows({})


def test_a_trust_policy_needs_no_resource() -> None:
    trust = {"Statement": {"Effect": "Allow", "Principal": {"Service": EVENTS}, "Action": "sts:AssumeRole"}}
    assert allows_service(trust, EVENTS, "sts:AssumeRole")
    assert not allows_service(trust, "ecs-tasks.amazonaws.com", "sts:AssumeRole")
