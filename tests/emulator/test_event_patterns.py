"""Patterns that need no call to EventBridge to be matched."""

import json
from typing import Any

import pytest

from emulator.cloud import LocalCloud
from emulator.events.patterns import matches_plainly

EVENT = {
    "version": "0",
    "id": "1",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:one", "arn:two"],
    "source": "aws.batch",
    "detail-type": "Batch Job State Change",
    "detail": {"status": "FAILED", "jobQueue": "arn:queue", "attempts": 3, "container": {"exitCode": 65}},
}
PATTERNS: list[tuple[dict[str, Any], bool | None]] = [
    ({"source": ["aws.batch"]}, True),
    ({"source": ["aws.s3", "aws.batch"], "detail": {"status": ["FAILED"], "jobQueue": ["arn:queue"]}}, True),
    ({"source": ["aws.s3"]}, False),
    ({"resources": ["arn:two"]}, True),
    ({"resources": ["arn:three"]}, False),
    ({"detail": {"status": ["SUCCEEDED"]}}, False),
    ({"detail": {"nothing": ["FAILED"]}}, False),
    ({"detail": {"status": {"deeper": ["FAILED"]}}}, False),
    ({"source": ["aws.s3"], "detail": {"status": [{"prefix": "F"}]}}, False),
    ({"source": ["aws.batch"], "detail": {"status": [{"prefix": "F"}]}}, None),
    ({"source": ["aws.batch"], "detail": {"status": [{"prefix": "S"}]}}, None),
    ({"detail": {"container": {"exitCode": [65]}}}, None),
    ({"detail": {"nothing": [{"exists": False}]}}, None),
    ({"$or": [{"source": ["aws.s3"]}, {"source": ["aws.batch"]}]}, None),
]


@pytest.mark.parametrize(("pattern", "plainly"), PATTERNS, ids=[json.dumps(each[0]) for each in PATTERNS])
def test_patterns_without_operators_match_as_eventbridge_matches_them(
    cloud: LocalCloud, pattern: dict[str, Any], plainly: bool | None
) -> None:
    assert matches_plainly(pattern, EVENT) is plainly
    answer = cloud.client("events").test_event_pattern(
        EventPattern=json.dumps(pattern), Event=json.dumps(EVENT)
    )
    assert plainly in (None, answer["Result"])
