"""What the image's lock file leaves out, nothing needs. (test_prepared.py tries the modes without it.)"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.transcriber.conftest import PROJECT
from transcriber.results.formats import FORMATS


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a module with the packages of the lock file alone."""
    return subprocess.run(
        [sys.executable, PROJECT / "tests/transcriber/with_locked_packages.py", *command],
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as the build of the image prepares one."""
    directory = tmp_path_factory.mktemp("locked") / "model"
    prepared = run(
        "transcriber.model.prepare",
        tiny_model,
        directory,
        "--precision",
        "bf16",
        "--sha256",
        "",
        "--no-archive",
    )
    assert prepared.returncode == 0, prepared.stderr
    return directory


def test_a_job_needs_no_other_package_than_those_of_the_image(
    model: Path, samples_folder: Path, samples: dict[str, str], tmp_path: Path
) -> None:
    ended = run(
        *("transcriber", samples_folder / "meeting.wav", tmp_path, "--model", model),
        *("--formats", ",".join(FORMATS)),
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "meeting.wav.json").read_text())["text"] == samples["meeting.wav"]
    assert {path.name for path in tmp_path.iterdir()} == {
        f"meeting.wav{each.suffix}" for each in FORMATS.values()
    }


def test_a_model_that_only_nemo_can_load_is_refused_in_a_sentence(
    tiny_model: Path, samples_folder: Path, tmp_path: Path
) -> None:
    ended = run("transcriber", samples_folder / "meeting.wav", tmp_path, "--model", tiny_model)
    assert ended.returncode == 2
    last = json.loads(ended.stderr.splitlines()[-1])
    assert last["message"].startswith("--model tiny.nemo: NeMo loads it in its own way")
    assert "fault" not in last
