"""The bill of materials against the lock file, as others read both."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from pip_requirements_parser import RequirementsFile

from image.lock import DOCKERFILE, LOCK_FILE, REQUIREMENTS
from image.sbom import bill_of_materials, main
from transcriber.options import DEFAULT_MODEL, DEFAULT_REVISION
from transcriber.settings import LICENCES


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return bill_of_materials()


def of_type(bill: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in bill["components"] if each["type"] == kind]


def test_the_bill_is_valid_cyclonedx(bill: dict[str, Any]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None


def test_the_bill_holds_exactly_what_the_lock_file_holds(bill: dict[str, Any]) -> None:
    locked = {
        (each.name, each.get_pinned_version): {value.removeprefix("sha256:") for value in each.hash_options}
        for each in RequirementsFile.from_file(str(LOCK_FILE)).requirements
    }
    listed = {
        (each["name"], each["version"]): {
            entry["content"] for entry in each["externalReferences"][0]["hashes"] if entry["alg"] == "SHA-256"
        }
        for each in of_type(bill, "library")
    }
    assert len(locked) > 50
    assert listed == locked


def test_every_package_is_there_because_somebody_asks_for_it(bill: dict[str, Any]) -> None:
    needs = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    root = bill["metadata"]["component"]["bom-ref"]
    reached, left = set[str](), [root]
    while left:
        reference = left.pop()
        if reference not in reached:
            reached.add(reference)
            left += needs.get(reference, [])
    assert reached == {root, *(each["bom-ref"] for each in bill["components"])}
    asked = {re.split(r"[=\[]", line)[0].replace("_", "-") for line in requirements_in()}
    direct = {each["name"] for each in of_type(bill, "library") if each["bom-ref"] in needs[root]}
    assert direct == asked


def requirements_in() -> list[str]:
    lines = REQUIREMENTS.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_bill_names_the_base_image_and_the_model(bill: dict[str, Any]) -> None:
    (base,) = of_type(bill, "container")
    assert f"FROM {base['name']}:{base['version']} " in DOCKERFILE.read_text()
    (model,) = of_type(bill, "machine-learning-model")
    assert (model["name"], model["version"]) == (DEFAULT_MODEL, DEFAULT_REVISION)
    assert model["licenses"][0]["license"]["id"] == LICENCES[DEFAULT_MODEL]
    assert model["purl"] == f"pkg:huggingface/{DEFAULT_MODEL}@{DEFAULT_REVISION}"
    assert "hashes" not in model


def test_every_package_has_a_licence(bill: dict[str, Any]) -> None:
    packages = of_type(bill, "library")
    packages += [bundled for each in packages for bundled in each.get("components", [])]
    assert [each["name"] for each in packages if not each.get("licenses")] == []


def test_a_built_image_tells_the_checksum_of_its_model(
    bill: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described = {"name": DEFAULT_MODEL, "revision": DEFAULT_REVISION, "sha256": "0a" * 32}
    (tmp_path / "model.json").write_text(json.dumps(described))
    assert main(["--model", str(tmp_path / "model.json")]) == 0
    made = json.loads(capsys.readouterr().out)
    (model,) = of_type(made, "machine-learning-model")
    assert model.pop("hashes") == [{"alg": "SHA-256", "content": "0a" * 32}]
    # The rest is the same each time that it is made.
    (without,) = of_type(bill, "machine-learning-model")
    model["properties"] = without["properties"]
    assert made == bill
    (tmp_path / "model.json").write_text(json.dumps({**described, "revision": "f" * 40}))
    with pytest.raises(SystemExit, match="2"):
        main(["--model", str(tmp_path / "model.json")])
    assert "is not the model that is locked" in capsys.readouterr().err
