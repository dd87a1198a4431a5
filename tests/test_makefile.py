"""`make` does its work in folders of any name."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAME = "it's [x] two  words"
TOOLS = Path(sys.executable).parent
NO_CODE = (".*", "__pycache__", "*.nemo", "samples", "shared", "build")

RECORDER = f"""#!{sys.executable} -S
import json, os, sys
arguments = sys.argv[1:]
if arguments[:2] == ["-m", "venv"]:
    tools = os.path.join(arguments[2], "bin")
    os.makedirs(tools)
    os.symlink(os.path.abspath(__file__), os.path.join(tools, "python"))
with open(os.environ["RECORD"], "a") as record:
    print(json.dumps(arguments), file=record)
"""
"""Stands for Python and for what it installs: it makes environments, and records what it is called with."""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / NAME / "cache"


def make(folder: Path, cache: Path, *targets: str) -> list[list[str]]:
    """Run `make` in a folder with its Makefile alone; return what Python was called with."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "constraints-dev.txt"):
        shutil.copy(ROOT / name, folder)
    recorder = folder / "python"
    recorder.write_text(RECORDER)
    recorder.chmod(0o700)
    ended = subprocess.run(
        ["make", "--silent", "PYTHON=./python", "ENGINE=auto", *targets],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(cache), "RECORD": str(folder / "record")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in (folder / "record").read_text().splitlines()]


def test_the_environment_is_made_in_a_cache_of_any_name(cache: Path, tmp_path: Path) -> None:
    calls = make(tmp_path, cache, "setup", "setup")
    environment = (tmp_path / ".venv").readlink()
    assert environment.parent == cache / "parakeet-transcription"
    assert [each.name for each in cache.iterdir()] == ["parakeet-transcription"]
    assert calls.count(["-m", "venv", str(environment)]) == 1
    assert (environment / "complete").exists()
    assert calls[-1] == ["-m", "local.environment"]


@pytest.mark.parametrize("target", ["image", "bench"])
def test_images_are_kept_in_a_cache_of_any_name(cache: Path, tmp_path: Path, target: str) -> None:
    last = make(tmp_path, cache, target)[-1]
    assert last[-4:] == ["--engine", "auto", "--cache", str(cache / "parakeet-transcription" / "images")]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--no-cache", "--check", "."],
        ["mypy", "--module", "local.invocation"],
        ["lint-imports", "--no-cache"],
        ["hadolint", "image/Dockerfile"],
    ],
    ids=" ".join,
)
def test_checks_say_the_same_in_a_folder_of_any_name(tmp_path: Path, command: list[str]) -> None:
    """One module is enough for mypy: the folder's name decides about where it finds modules."""
    assert check(tmp_path / NAME, command) == check(tmp_path / "plain", command)


def check(folder: Path, command: list[str]) -> tuple[int, str]:
    """Return how a command ends in a copy of this project, without its sounds, and what it says."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NO_CODE))
    name, *arguments = command
    ended = subprocess.run(
        [TOOLS / name, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return ended.returncode, ended.stdout
