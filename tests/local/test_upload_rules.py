"""The stack's rules match the uploads that are counted as recordings, and no others."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.media_suffixes import MEDIA_SUFFIXES, is_recording
from components.upload_patterns import event_pattern, pattern_text, suffix_groups
from emulator.cloud import LocalCloud


def matches(cloud: LocalCloud, pattern: Mapping[str, Any], key: str) -> bool:
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
    matching = [rule for rule in rules if matches(cloud, rule, key)]
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
    assert matches(cloud, pattern, key) is is_recording(key, prefix, MEDIA_SUFFIXES)
