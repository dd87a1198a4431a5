"""Which uploads the deployed rules listen to, asked of EventBridge."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.media_suffixes import MEDIA_SUFFIXES, is_recording
from components.upload_patterns import event_pattern, pattern_text, suffix_groups
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


def heard(cloud: LocalCloud, pattern: Mapping[str, Any], key: str) -> bool:
    """Whether EventBridge matches an upload by this key."""
    event = {
        "id": "1",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": cloud.region,
        "resources": ["arn:aws:s3:::recordings"],
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "recordings"}, "object": {"key": key}},
    }
    answer = cloud.client("events").test_event_pattern(
        EventPattern=pattern_text(dict(pattern)), Event=json.dumps(event)
    )
    return bool(answer["Result"])


KEYS = (
    *(
        "talk.mp3",
        "deep/er/TALK.Mp3",
        "-rf запись.MKV",
        "talk.mp3.json",
        "notes.txt",
        "call.mp3 ",
        "call.mp3\n",
    ),
    *(
        "talk",
        "mp3",
        ".mp3",
        "a.MK\u212a",
        "a.mk\u212a",
        "a.a\u0131ff",
        "a.A\u0130FF",
        "a.AIFF",
        "a.\uff4dp3",
    ),
    *("a.M2TS", "a.dvr-ms", "a.MP+"),
)


@pytest.mark.parametrize("key", KEYS)
def test_rules_on_suffixes_match_what_is_counted_as_a_recording(cloud: LocalCloud, key: str) -> None:
    rules = [event_pattern("recordings", group) for group in suffix_groups(MEDIA_SUFFIXES)]
    matching = [rule for rule in rules if heard(cloud, rule, key)]
    assert len(matching) == is_recording(key, "", MEDIA_SUFFIXES)


@pytest.mark.parametrize(
    ("prefix", "key"),
    [
        ("calls/", "calls/talk.mp3"),
        ("calls/", "Calls/talk.mp3"),
        ("calls/", "other/talk.mp3"),
        ("a*b\\/", "a*b\\/talk.mp3"),
        ("a*b\\/", "axxb\\/talk.mp3"),
        ('é "/', 'é "/talk.mp3'),
    ],
)
def test_the_rule_on_a_prefix_matches_what_is_counted_as_under_it(
    cloud: LocalCloud, prefix: str, key: str
) -> None:
    pattern = event_pattern("recordings", [{"prefix": prefix}])
    assert heard(cloud, pattern, key) is is_recording(key, prefix, MEDIA_SUFFIXES)
