"""Lines that CloudWatch makes metrics of, by the rules of the embedded metric format."""

import json
from pathlib import Path
from typing import Any

import pytest

from components import worker_metrics
from tests.transcriber.conftest import RunWorker
from tests.transcriber.transcripts import head_of
from transcriber import metrics
from transcriber.errors import FaultError, TemporaryFailureError, Terminated, UnusableInputError, UsageError


def check(line: dict[str, Any]) -> None:
    """Hold ``line`` to the specification: what it declares is there, flat and of the right type."""
    assert isinstance(line["_aws"]["Timestamp"], int)
    for directive in line["_aws"]["CloudWatchMetrics"]:
        assert 1 <= len(directive["Namespace"]) <= 1024
        assert 1 <= len(directive["Metrics"]) <= 100
        assert len(directive["Dimensions"]) <= 30
        for dimensions in directive["Dimensions"]:
            assert all(isinstance(line[name], str) and 0 < len(line[name]) <= 1024 for name in dimensions)
        for metric in directive["Metrics"]:
            assert metric["Unit"] in {"Seconds", "Count", "None"}
            assert isinstance(line[metric["Name"]], int | float)


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


def test_the_stacks_dashboard_asks_for_the_workers_metrics() -> None:
    written = metrics.transcribed("s", head_of()) | metrics.failed("s", 1)
    names = {"FILES", "AUDIO_SECONDS", "PROCESSING_SECONDS", "REAL_TIME_FACTOR", "FAILURES"}
    asked = {getattr(worker_metrics, name) for name in names | {"STACK", "MODE", "INSTANCE_TYPE", "KIND"}}
    assert asked <= written.keys()
    assert metrics.NAMESPACE == worker_metrics.NAMESPACE


def counted(stderr: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, stderr.splitlines()) if "_aws" in line]


def test_a_job_of_a_stack_writes_them_into_its_log(
    worker: RunWorker, samples_folder: Path, tmp_path: Path
) -> None:
    result = worker(samples_folder / "meeting.wav", tmp_path, TRANSCRIBER_STACK="parakeet-dev")
    (line,) = counted(result.stderr)
    check(line)
    assert line["AudioSeconds"] == pytest.approx(4.118, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "kind"), [(["/nowhere.wav", "out"], "unusable_input"), (["--mode", "x", "a", "b"], "usage")]
)
def test_a_failed_job_of_a_stack_is_counted(
    worker: RunWorker, tmp_path: Path, arguments: list[str], kind: str
) -> None:
    places = [str(tmp_path / "out") if each == "out" else each for each in arguments]
    (line,) = counted(worker(*places, TRANSCRIBER_STACK="parakeet-dev").stderr)
    check(line)
    assert line["Kind"] == kind


def test_a_job_of_no_stack_counts_nothing(worker: RunWorker, tmp_path: Path) -> None:
    assert counted(worker("/nowhere.wav", tmp_path).stderr) == []
