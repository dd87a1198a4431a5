"""The pure parts: event patterns, tags of images, addresses of consoles."""

import json
import shlex

import pytest

from components.consoles import dashboard_url
from components.upload_trigger import (
    EVENT_PATTERN_LIMIT,
    WILDCARDS_PER_RULE,
    event_pattern,
    key_pattern_groups,
    upload_command,
)


def test_without_a_prefix_one_rule_takes_media_files_in_any_case() -> None:
    groups = key_pattern_groups("")
    assert len(groups) == 1
    assert {"suffix": {"equals-ignore-case": ".mp3"}} in groups[0]
    assert len(json.dumps(event_pattern("b" * 63, groups[0]))) <= EVENT_PATTERN_LIMIT


@pytest.mark.parametrize("prefix", ["calls/", f"{'long/' * 60}"])
def test_with_a_prefix_every_suffix_is_in_one_of_the_rules_that_fit(prefix: str) -> None:
    groups = key_pattern_groups(prefix)
    wildcards = [pattern["wildcard"] for group in groups for pattern in group]
    assert {f"{prefix}*.{name}" for name in ("mp3", "MP3", "Mp3", "mkv", "3gp", "3GP")} <= set(wildcards)
    assert len(wildcards) == len(set(wildcards))
    assert all(len(json.dumps(event_pattern("b" * 63, group))) <= EVENT_PATTERN_LIMIT for group in groups)


def test_no_rule_has_more_wildcards_than_eventbridge_takes() -> None:
    assert max(len(group) for group in key_pattern_groups("calls/")) == WILDCARDS_PER_RULE == 5


@pytest.mark.parametrize(
    ("prefix", "line"),
    [
        ("", "aws s3 cp RECORDING s3://recordings/"),
        ("calls/", "aws s3 cp RECORDING s3://recordings/calls/"),
        ("team's calls/", "aws s3 cp RECORDING 's3://recordings/team'\"'\"'s calls/'"),
    ],
)
def test_the_upload_command_is_a_line_to_copy_into_a_shell(prefix: str, line: str) -> None:
    assert upload_command("recordings", prefix) == line
    assert shlex.split(line)[-1] == f"s3://recordings/{prefix}"


def test_a_prefix_is_taken_literally() -> None:
    assert key_pattern_groups("a*b\\/")[0][0] == {"wildcard": "a\\*b\\\\/*.mp3"}


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_dashboard_is_where_its_partition_has_its_console(partition: str, region: str, host: str) -> None:
    assert dashboard_url(partition, region, "d").startswith(f"https://{host}/cloudwatch/")
