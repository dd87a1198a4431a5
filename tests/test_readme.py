"""What the README says is so."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from transcriber.results.failure_report import Failure

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


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
    Failure.model_validate_json(failure)


def examples() -> list[str]:
    """What the README shows of the output bucket."""
    return re.findall(r"```json\n(.*?)```", README, re.DOTALL)


def test_every_file_and_section_that_the_readme_links_to_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    titles = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    sections = {"#" + re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    assert links
    assert [link for link in links if link not in sections and not (ROOT / link).exists()] == []


def test_every_file_that_the_page_on_security_names_exists() -> None:
    named = re.findall(r"`((?:tests|image)/[^`]+)`", (ROOT / "docs" / "security.md").read_text())
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"\bmake (\w+)", README))
    makefile = (ROOT / "Makefile").read_text()
    assert {"demo", "test", "check"} <= targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_the_first_stack_of_the_readme_runs_on_the_defaults() -> None:
    section = README.split("## Deploy it to AWS")[1].split("\n## ")[0]
    (name,) = re.findall(r"^pulumi stack init (\S+)$", section, re.MULTILINE)
    assert not (ROOT / f"Pulumi.{name}.yaml").exists()


def test_no_command_of_the_readme_deletes_recordings_unasked() -> None:
    before, *after = README.split("pulumi config set forceDestroy true")
    assert len(after) == 1
    assert "Only if recordings and transcripts may go" in before.rsplit("```", 2)[-2]
