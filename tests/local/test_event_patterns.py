"""Which uploads the deployed rules listen to, asked of EventBridge."""

import json

import pytest

from components.upload_trigger import event_pattern, key_pattern_groups
from local.cloud import LocalCloud


def heard(cloud: LocalCloud, prefix: str, key: str) -> bool:
    event = {
        "version": "0",
        "id": "1",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": cloud.region,
        "resources": ["arn:aws:s3:::recordings"],
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "recordings"}, "object": {"key": key}},
    }
    events = cloud.client("events")
    return any(
        events.test_event_pattern(
            EventPattern=json.dumps(event_pattern("recordings", group)), Event=json.dumps(event)
        )["Result"]
        for group in key_pattern_groups(prefix)
    )


@pytest.mark.parametrize(
    ("prefix", "key", "expected"),
    [
        ("", "talk.mp3", True),
        ("", "deep/er/TALK.Mp3", True),
        ("", "-rf запись.MKV", True),
        ("", "talk.mp3.json", False),
        ("", "notes.txt", False),
        ("calls/", "calls/talk.mp3", True),
        ("calls/", "calls/2026/talk.WAV", True),
        ("calls/", "other/talk.mp3", False),
        ("calls/", "calls/notes.txt", False),
        ("a*b/", "a*b/talk.mp3", True),
        ("a*b/", "axxb/talk.mp3", False),
    ],
)
def test_media_files_under_the_prefix_are_heard(
    cloud: LocalCloud, prefix: str, key: str, expected: bool
) -> None:
    assert heard(cloud, prefix, key) is expected
