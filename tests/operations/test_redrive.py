"""What the redrive command reads, and what it refuses."""

import re
import subprocess
import sys

import pytest

from operations.errors import WrongUseError
from operations.jobs import Recording
from operations.stack import Stack
from tests.components.graph import ROOT, run_program

EVENT = {
    "source": "aws.s3",
    "detail": {
        "bucket": {"name": "in"},
        "object": {"key": '-calls/it\'s "a" b.mp3', "etag": "0a", "size": 1},
    },
}


def test_a_lost_event_names_the_job_as_the_rule_would_have() -> None:
    recording = Recording.from_event(EVENT)
    assert recording.parameters == {"bucket": "in", "key": '-calls/it\'s "a" b.mp3', "etag": "0a"}
    transformer = run_program().one("EventTarget", "uploads")["inputTransformer"]
    assert transformer["inputPaths"].keys() == recording.parameters.keys()


@pytest.mark.parametrize("event", [{}, {"detail": {"bucket": "in"}}, {"detail": {"bucket": {"name": "in"}}}])
def test_an_event_of_something_else_is_none(event: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        Recording.from_event(event)


def test_the_region_is_that_of_the_stack() -> None:
    definition = "arn:aws-cn:batch:cn-north-1:123456789012:job-definition/transcribe:3"
    text = f'{{"deadLetterQueue": "q", "jobQueue": "j", "jobDefinition": "{definition}", "inputBucket": "i"}}'
    assert Stack.from_json(text, "operations.redrive").region == "cn-north-1"


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"jobQueue": "j"}', "error: no stack selected"])
def test_other_input_than_outputs_is_refused_with_the_command_to_type(text: str) -> None:
    with pytest.raises(WrongUseError, match=re.escape("--json | python -m operations.redrive")):
        Stack.from_json(text, "operations.redrive")


def test_a_wrong_call_ends_with_a_sentence() -> None:
    command = [sys.executable, "-m", "operations.redrive"]
    ended = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("No outputs with deadLetterQueue")
    assert "Traceback" not in ended.stderr
