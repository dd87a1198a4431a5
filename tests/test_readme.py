"""What README.md and its pages say of settings, results and deployment is so."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter

from transcriber.results.failure_report import FailureReport

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
DEPLOYMENT = (ROOT / "docs" / "deploy.md").read_text()
RESULTS = (ROOT / "docs" / "results.md").read_text()


def test_the_configuration_table_is_that_of_pulumi_yaml() -> None:
    declared: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    rows = {
        key: (default.strip("` "), meaning)
        for key, default, meaning in re.findall(
            r"^\| `(\w+)` \| (.*?) ?\| (.+) \|$", CONFIGURATION, re.MULTILINE
        )
    }
    expected = {}
    for key, entry in declared.items():
        default = entry["default"]
        text = str(default).lower() if isinstance(default, bool) else str(default)
        expected[key] = (text, entry["description"])
    assert rows == expected


def test_the_example_transcript_is_one() -> None:
    transcript, _failure = examples()
    schema = json.loads(
        (ROOT / "transcriber" / "transcript" / "schema" / "transcript.schema.json").read_text()
    )
    jsonschema.validate(json.loads(transcript), schema)


def test_the_example_failure_is_one() -> None:
    _transcript, failure = examples()
    fields = json.loads(failure)
    TypeAdapter(FailureReport).validate_python(fields)
    assert list(fields) == [field.name for field in dataclasses.fields(FailureReport)]


def examples() -> list[str]:
    """What the page on results shows of the output bucket."""
    return re.findall(r"```json\n(.*?)```", RESULTS, re.DOTALL)


@pytest.mark.parametrize(
    "section",
    [
        README.split("## Deploy it to AWS")[1].split("\n## ")[0],
        DEPLOYMENT.split("## What you need")[1].split("\n## ")[0],
    ],
    ids=["README", "deploy"],
)
def test_the_first_stack_runs_on_the_defaults(section: str) -> None:
    (name,) = re.findall(r"^pulumi stack init (\S+)$", section, re.MULTILINE)
    assert not (ROOT / f"Pulumi.{name}.yaml").exists()


def test_no_command_of_a_page_deletes_recordings_unasked() -> None:
    pages = "\n".join(page.read_text() for page in sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/*.md")))
    before, *after = pages.split("pulumi config set forceDestroy true")
    assert len(after) == 1
    assert "Only if recordings and transcripts may go" in before.rsplit("```", 2)[-2]
