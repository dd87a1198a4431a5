"""Lines that CloudWatch makes metrics of, by the rules of the embedded metric format."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.transcriber.conftest import RunWorker
from tests.transcriber.emf import check
from tests.transcriber.transcripts import head_of
from transcriber.errors import FaultError, TemporaryFailureError, Terminated, UnusableInputError, UsageError
from transcriber.outcomes import Dimension, Metric
from transcriber.reporting import metrics


def test_a_transcript_gives_its_figures() -> None:
    line = metrics.transcribed("parakeet-dev", head_of())
    check(line)
    assert (line["Stack"], line["Mode"], line["InstanceType"]) == ("parakeet-dev", "full", "unknown")
    assert (line["Files"], line["AudioSeconds"], line["ProcessingSeconds"]) == (1, 60, 3)
    assert (line["LoadSeconds"], line["RealTimeFactor"]) == (1, 0.05)


@pytest.mark.parametrize(
    ("exit_code", "kind"),
    [
        (UnusableInputError.exit_code, "unusable_input"),
        (UsageError.exit_code, "usage"),
        (TemporaryFailureError.exit_code, "temporary"),
        (Terminated.exit_code, "terminated"),
        (FaultError.exit_code, "fault"),
        (99, "fault"),
    ],
)
def test_a_failure_is_counted_by_its_kind(exit_code: int, kind: str) -> None:
    line = metrics.failed("parakeet-dev", exit_code)
    check(line)
    assert (line["Kind"], line["Failures"]) == (kind, 1)


def test_every_metric_and_dimension_that_others_may_ask_for_is_written() -> None:
    written = metrics.transcribed("s", head_of()) | metrics.failed("s", 1)
    assert {*Metric, *Dimension} <= written.keys()


@pytest.fixture
def run(worker: RunWorker) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """Run a job of a stack; return its exit code and the lines that count something."""

    def start(*arguments: object, **variables: str) -> tuple[int, list[dict[str, Any]]]:
        result = worker(*arguments, TRANSCRIBER_STACK="parakeet-dev", **variables)
        lines = [line for line in map(json.loads, result.stderr.splitlines()) if "_aws" in line]
        for line in lines:
            check(line)
            assert line["Stack"] == "parakeet-dev"
        return result.returncode, lines

    return start


Run = Callable[..., tuple[int, list[dict[str, Any]]]]


def test_a_job_writes_the_figures_of_its_transcript_once(
    run: Run, samples_folder: Path, tmp_path: Path
) -> None:
    code, (line,) = run(samples_folder / "meeting.wav", tmp_path, AWS_BATCH_JOB_ID="j-1")
    assert code == 0
    assert line["AudioSeconds"] == pytest.approx(4.118, abs=0.01)
    assert line["RealTimeFactor"] == pytest.approx(line["ProcessingSeconds"] / line["AudioSeconds"], rel=0.01)
    assert 0 < line["LoadSeconds"] < line["ProcessingSeconds"]
    assert line["job_id"] == "j-1"
    assert run(samples_folder / "meeting.wav", tmp_path) == (0, [])


def test_an_unusable_file_is_counted(run: Run, tmp_path: Path) -> None:
    code, (line,) = run(tmp_path / "missing.mp3", tmp_path)
    assert (code, line["Kind"], line["Failures"]) == (65, "unusable_input", 1)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--mode", "fast", "a.mp3", "out"], {}),
        (["a.mp3"], {}),
        (["a.mp3", "out"], {"TRANSCRIBER_CHUNK_SECONDS": "soon"}),
    ],
)
def test_wrong_use_is_counted(run: Run, arguments: list[str], variables: dict[str, str]) -> None:
    code, (line,) = run(*arguments, **variables)
    assert (code, line["Kind"]) == (2, "usage")


def test_what_may_work_later_is_counted(run: Run, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        code, (line,) = run(
            "s3://bucket/a.mp3",
            tmp_path,
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{unused.getsockname()[1]}",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
        )
    assert (code, line["Kind"]) == (75, "temporary")


def test_a_fault_is_counted(run: Run, samples_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ZeroDivisionError")
    code, (line,) = run(samples_folder / "meeting.wav", tmp_path / "out", PYTHONPATH=str(tmp_path))
    assert (code, line["Kind"]) == (1, "fault")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("time.sleep(600)", id="as-it-waits"),
        pytest.param("hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)", id="in-a-long-call-of-c"),
    ],
)
def test_a_job_told_to_stop_is_counted(run: Run, samples_folder: Path, tmp_path: Path, body: str) -> None:
    stop = "import hashlib, os, signal, threading, time"
    # By then the recording is open, and the process waits for its model.
    stop += "\nthreading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM)).start()\n"
    (tmp_path / "torch.py").write_text(stop + body)
    code, (line,) = run(samples_folder / "meeting.wav", tmp_path / "out", PYTHONPATH=str(tmp_path))
    assert (code, line["Kind"]) == (143, "terminated")


def test_a_job_of_no_stack_counts_nothing(worker: RunWorker, tmp_path: Path) -> None:
    assert "_aws" not in worker(tmp_path / "missing.mp3", tmp_path).stderr
