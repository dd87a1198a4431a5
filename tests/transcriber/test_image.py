import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.transcriber.conftest import PROJECT
from transcriber.model.directory import ModelDescription
from transcriber.options import DEFAULT_MODEL, DEFAULT_REVISION

IMAGE = PROJECT / "image"


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE))


def test_the_image_holds_the_default_model() -> None:
    arguments = dict(re.findall(r"^ARG (\w+)=(\S*)$", (IMAGE / "Dockerfile").read_text(), re.MULTILINE))
    assert arguments == {"MODEL_NAME": DEFAULT_MODEL, "MODEL_REVISION": DEFAULT_REVISION, "MODEL_SHA256": ""}


def test_the_image_has_the_versions_that_the_tests_run_with() -> None:
    locked = pins((IMAGE / "requirements.txt").read_text())
    tested = pins((PROJECT / "constraints-dev.txt").read_text())
    assert {name: locked[name] for name in locked.keys() & tested.keys()} == {
        name: tested[name] for name in locked.keys() & tested.keys()
    }
    asked = pins((IMAGE / "requirements.in").read_text().replace("[asr]", "").replace("_", "-"))
    assert asked.items() <= locked.items()


def test_every_package_of_the_image_is_known_by_its_hash() -> None:
    lines = (IMAGE / "requirements.txt").read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert len(packages) > 50
    assert all("--hash=sha256:" in line for line in packages)


def test_the_files_that_the_build_copies_are_enough_to_prepare_the_model(
    tiny_model: Path, tmp_path: Path
) -> None:
    dockerfile = (IMAGE / "Dockerfile").read_text().replace("\\\n", " ")
    stage = dockerfile[dockerfile.index(" AS model") : dockerfile.index(" AS worker")]
    for paths, folder in re.findall(r"^COPY (transcriber/.+) (transcriber\S*)$", stage, re.MULTILINE):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for path in paths.split():
            if (PROJECT / path).is_dir():
                shutil.copytree(PROJECT / path, tmp_path / folder, dirs_exist_ok=True)
            else:
                shutil.copy(PROJECT / path, tmp_path / folder)
    command = [sys.executable, "-m", "transcriber.model.prepare", tiny_model, "model", "--precision", "bf16"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert ModelDescription.read(tmp_path / "model").architecture is not None
