"""The pure parts: event patterns, tags of images, addresses of consoles."""

import shlex

import pytest

from components.media_suffixes import MEDIA_SUFFIXES
from components.monitoring.consoles import dashboard_url
from components.upload_patterns import EVENT_PATTERN_LIMIT, event_pattern, pattern_text, suffix_groups
from components.upload_trigger import upload_command


@pytest.mark.parametrize("suffixes", [MEDIA_SUFFIXES, (".dat",), tuple(f".{n:015}" for n in range(300))])
def test_every_suffix_is_in_one_of_the_rules_that_fit(suffixes: tuple[str, ...]) -> None:
    groups = suffix_groups(suffixes)
    grouped = [pattern["suffix"]["equals-ignore-case"] for group in groups for pattern in group]
    assert grouped == list(suffixes)
    for group in groups:
        assert len(pattern_text(event_pattern("b" * 63, group))) <= EVENT_PATTERN_LIMIT


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
