"""Whatever libraries print, the log is the worker's alone: every line JSON, nothing on standard output."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.transcriber.conftest import PROJECT, WORKER_SECONDS, RunWorker

NOISE = """
import atexit, ctypes, logging, os, sys, warnings

def make_noise():
    print("printed noise")
    print("printed noise", file=sys.stderr)
    os.write(1, b"written noise\\n")
    os.write(2, b"written noise\\n")
    ctypes.CDLL(None).puts(b"noise of C")
    logging.getLogger("some.library").critical("logged noise")
    logging.critical("logged noise")
    warnings.warn("warned noise")

def hear(event, arguments):
    if event == "import" and arguments[0] == "torch" and "threading" in sys.modules:
        make_noise()
        sys.modules["threading"].Thread(target=lambda: 1 / 0).start()

sys.addaudithook(hear)
atexit.register(make_noise)
"""


@pytest.fixture
def noise(tmp_path: Path) -> str:
    """A folder for PYTHONPATH that makes libraries noisy: as torch is imported, and at exit."""
    folder = tmp_path / "noise"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NOISE)
    return str(folder)


def events(result: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert result.stdout == ""
    return [json.loads(line) for line in result.stderr.splitlines()]


def test_a_whole_run_gives_the_workers_lines_only(
    worker: RunWorker, samples_folder: Path, tiny_model: Path, noise: str, tmp_path: Path
) -> None:
    result = worker(
        samples_folder / "reminder.mp3",
        tmp_path / "out",
        TRANSCRIBER_MODEL=str(tiny_model),
        PYTHONPATH=noise,
    )
    assert result.returncode == 0
    lines = events(result)
    assert (lines[0]["message"], lines[-1]["message"]) == ("started", "transcript written")
    assert "noise" not in result.stderr


def test_so_does_one_of_a_damaged_file_that_ffmpeg_complains_about(
    worker: RunWorker, samples_folder: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.mp3"
    sound = bytearray((samples_folder / "reminder.mp3").read_bytes())
    sound[20_000:24_000] = np.random.default_rng(0).bytes(4_000)
    damaged.write_bytes(sound)
    result = worker(damaged, tmp_path / "out")
    assert result.returncode == 0
    assert "parts of the recording are lost" in [line["message"] for line in events(result)]


def test_what_a_library_printed_goes_with_a_fault_in_its_line(
    worker: RunWorker, samples_folder: Path, noise: str, tmp_path: Path
) -> None:
    (tmp_path / "noise" / "safetensors").mkdir()
    (tmp_path / "noise" / "safetensors" / "__init__.py").write_text(
        "import os, torch\nos.write(2, b'the reason')\nraise ZeroDivisionError('broken installation')"
    )
    result = worker(samples_folder / "meeting.wav", tmp_path / "out", PYTHONPATH=noise)
    assert result.returncode == 1
    last = events(result)[-1]
    assert (last["level"], last["message"]) == (
        "error",
        "Unforeseen: ZeroDivisionError('broken installation')",
    )
    assert "the reason" in last["library_output"]
    assert "Traceback" in last["traceback"]


def test_a_file_at_fault_is_told_without_what_libraries_print(
    worker: RunWorker, noise: str, tmp_path: Path
) -> None:
    (tmp_path / "text.mp3").write_text("Not audio.\n" * 1000)
    result = worker(tmp_path / "text.mp3", tmp_path / "out", PYTHONPATH=noise)
    assert result.returncode == 65
    assert "library_output" not in events(result)[-1]


def test_a_crash_in_c_says_where(worker: RunWorker, samples_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("import os\nos.abort()")
    result = worker(samples_folder / "meeting.wav", tmp_path / "out", PYTHONPATH=str(tmp_path))
    assert result.returncode == -6
    assert "Fatal Python error: Aborted" in result.stderr
    assert "torch/__init__.py" in result.stderr


def test_a_worker_whose_standard_streams_are_closed_works(
    environment: dict[str, str], worker_command: Callable[..., list[str]], tmp_path: Path
) -> None:
    (tmp_path / "text.mp3").write_text("Not audio.\n" * 1000)
    command = " ".join(worker_command(tmp_path / "text.mp3", tmp_path / "out"))
    result = subprocess.run(
        ["sh", "-c", f"exec {command} <&- >&- 2>&-"],
        cwd=PROJECT,
        env=environment,
        timeout=WORKER_SECONDS,
        check=False,
    )
    assert result.returncode == 65
    assert (tmp_path / "out" / "failures" / "text.mp3.json").exists()


def test_a_reader_of_the_log_that_goes_away_changes_nothing(
    environment: dict[str, str], worker_command: Callable[..., list[str]], tmp_path: Path
) -> None:
    (tmp_path / "text.mp3").write_text("Not audio.\n" * 1000)
    with subprocess.Popen(
        worker_command(tmp_path / "text.mp3", tmp_path / "out"),
        cwd=PROJECT,
        env=environment,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr
        process.stderr.close()
        assert process.wait(WORKER_SECONDS) == 65
    assert (tmp_path / "out" / "failures" / "text.mp3.json").exists()
