from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.deployment import StackConfig, read_stack_config
from emulator.errors import WrongUseError

Read = Callable[..., StackConfig]

SCHEMA = """
name: small
runtime: python
config:
  useSpot: {type: boolean, default: false}
  maxVcpus: {type: integer, default: 64}
  prefix: {type: string, default: ""}
  types: {type: array, items: {type: string}, default: [g6.xlarge, g5.xlarge]}
  limits: {type: object, default: {a: 1}}
  anything: {default: plain, description: without a type}
  short: word
  aws:region: us-west-2
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(stack_file: str = "", *overrides: str, project: str = SCHEMA) -> StackConfig:
        (tmp_path / "Pulumi.yaml").write_text(project)
        if stack_file:
            (tmp_path / "Pulumi.trial.yaml").write_text(stack_file)
        return read_stack_config(tmp_path, "trial", overrides)

    return read


def test_declared_defaults_reach_the_program_as_text(read: Read) -> None:
    assert read() == StackConfig(
        project="small",
        stack="trial",
        values={
            "small:useSpot": "false",
            "small:maxVcpus": "64",
            "small:prefix": "",
            "small:types": '["g6.xlarge", "g5.xlarge"]',
            "small:limits": '{"a": 1}',
            "small:anything": "plain",
            "small:short": "word",
            "aws:region": "us-west-2",
        },
    )


def test_the_stack_file_wins_over_defaults_and_overrides_win_over_both(read: Read) -> None:
    file = "config: {small:maxVcpus: 8, small:useSpot: true, small:types: [g5.xlarge], aws:region: eu-west-1}"
    values = read(file, "maxVcpus=16", "small:prefix=a=b", "anything=").values
    assert values["small:maxVcpus"] == "16"
    assert values["small:useSpot"] == "true"
    assert values["small:types"] == '["g5.xlarge"]'
    assert values["small:prefix"] == "a=b"
    assert values["small:anything"] == ""
    assert values["aws:region"] == "eu-west-1"


def test_region_and_default_tags_are_those_of_the_provider(read: Read) -> None:
    config = read("", 'aws:defaultTags={"tags": {"Project": "small"}}')
    assert (config.region, config.default_tags) == ("us-west-2", {"Project": "small"})
    without = read("", project="name: small")
    assert (without.region, without.default_tags) == (None, {})


def test_text_that_reads_as_the_declared_type_is_of_that_type(read: Read) -> None:
    assert read("config: {small:maxVcpus: '8', small:useSpot: 'true', small:prefix: 3}").values.items() >= {
        ("small:maxVcpus", "8"),
        ("small:useSpot", "true"),
        ("small:prefix", "3"),
    }


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("maxVcpus=many", "small:maxVcpus is 'many'; it must be of type integer."),
        ("maxVcpus=2.5", "small:maxVcpus is '2.5'; it must be of type integer."),
        ("useSpot=yes", "small:useSpot is 'yes'; it must be of type boolean."),
        ("types=g5.xlarge", "small:types is 'g5.xlarge'; it must be of type array<string>."),
        ("limits=none", "small:limits is 'none'; it must be of type object."),
        ("maxVcpu=8", "Unknown configuration key maxVcpu; did you mean maxVcpus?"),
        ("aws:profile=me", "Unknown configuration key aws:profile; known are"),
        ("aws:region=mars", "aws:region is 'mars', which is no region that has AWS Batch."),
        ("maxVcpus", "'maxVcpus' is not KEY=VALUE."),
        ("=8", "'=8' is not KEY=VALUE."),
    ],
)
def test_a_wrong_override_is_one_sentence_that_names_it(read: Read, override: str, message: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        read("", override)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("stack_file", "message"),
    [
        ("config: {maxVcpus: 8}", "Pulumi.trial.yaml: maxVcpus has no namespace; write small:maxVcpus."),
        ("config: {small:nonsense: 8}", "Unknown configuration key nonsense; known are anything, aws:"),
        ("config: {small:prefix: {secure: AAAA}}", "small:prefix is a secret, which only the Pulumi CLI"),
        ("config: {small:types: [{secure: AAAA}]}", "small:types is a secret, which only the Pulumi CLI"),
        ("config: {small:prefix: null}", "Stack trial lacks small:prefix, which Pulumi.yaml requires."),
    ],
)
def test_a_wrong_stack_file_is_one_sentence_that_names_it(read: Read, stack_file: str, message: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        read(stack_file)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("project", "message"),
    [
        ("runtime: python", "has no project name."),
        ("- a", "must hold keys and values."),
        ("name: [", "is not YAML: "),
        (
            "{name: a, config: {b: {type: number, default: 1}}}",
            "a:b has type number; allowed are string",
        ),
        ("{name: a, config: {b: {type: array, default: []}}}", "Pulumi.yaml: a:b is an array without items."),
        ("{name: a, config: {b: {type: integer}}}", "Stack trial lacks a:b, which Pulumi.yaml requires."),
    ],
)
def test_what_the_engine_refuses_in_pulumi_yaml_is_refused(read: Read, project: str, message: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        read(project=project)
    assert message in str(caught.value)


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match=r"Pulumi\.yaml does not exist\."):
        read_stack_config(tmp_path, "trial")


def test_a_project_that_declares_nothing_takes_any_key_of_its_own(read: Read) -> None:
    assert read("", "size=3", project="name: small").values == {"small:size": "3"}
