"""Recordings that have their transcripts are transcribed again when that is asked for, and only then."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local import state
from local.__main__ import main as local
from local.recordings import list_jobs
from tests.emulator.batch_account import BatchAccount
from tests.operations.commands import run_command
from tests.pipeline.service import SAMPLES, Service

KEY = "redone/it's \x1b[2J é.mp3"


def redo(service: Service, *options: str, exit_code: int = 0, **outputs: str) -> str:
    """Run the command on the local stack and return what it printed."""
    ended = run_command(
        "operations.redo",
        *options,
        given={**service.pipeline.outputs, **outputs},
        environment=service.pipeline.cloud.client_environment(),
    )
    assert ended.returncode == exit_code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def counted(printed: str, label: str) -> int:
    """What the last lines count under ``label``."""
    (line,) = (line for line in printed.splitlines() if line.startswith(f"{label}  "))
    return int(line.split()[-1])


@pytest.fixture(scope="module")
def service_with_transcript(service: Service) -> Service:
    service.wait(service.upload(SAMPLES / "reminder.mp3", KEY))
    return service


def put_transcript(service: Service, **model: str) -> None:
    """Let the transcript say that it was made in another way."""
    s3, bucket = service.pipeline.cloud.client("s3"), service.pipeline.outputs["outputBucket"]
    key = f"transcripts/{KEY}.json"
    there = s3.get_object(Bucket=bucket, Key=key)
    transcript = json.loads(there["Body"].read())
    transcript["model"].update(model)
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(transcript), Metadata=there["Metadata"])


def transcript(service: Service) -> dict[str, Any]:
    s3, bucket = service.pipeline.cloud.client("s3"), service.pipeline.outputs["outputBucket"]
    body = s3.get_object(Bucket=bucket, Key=f"transcripts/{KEY}.json")["Body"].read()
    return dict(json.loads(body))


def test_what_differs_from_the_stack_is_transcribed_again(service_with_transcript: Service) -> None:
    service = service_with_transcript
    s3, outputs = service.pipeline.cloud.client("s3"), service.pipeline.outputs
    printed = redo(service, "redone/", "--changed")
    assert (counted(printed, "unchanged"), counted(printed, "submitted")) == (1, 0)

    printed = redo(service, "redone/", "--changed", "--dry-run", modelName="a/b", modelRevision="c")
    assert f"s3://{outputs['inputBucket']}/redone/it's \\x1b[2J é.mp3: model " in printed

    first = transcript(service)["processing"]["job_id"]
    s3.delete_object(Bucket=outputs["outputBucket"], Key=f"transcripts/{KEY}.csv")
    s3.delete_object(Bucket=outputs["outputBucket"], Key=f"transcripts/{KEY}.transcribe.json")
    put_transcript(service, mode="streaming")
    printed = redo(service, "redone/", "--changed", "--dry-run")
    assert "é.mp3: mode streaming; no csv, transcribe-json\n" in printed
    assert counted(printed, "to submit") == 1
    assert transcript(service)["processing"]["job_id"] == first

    assert counted(redo(service, "redone/", "--changed"), "submitted") == 1
    cloud = service.pipeline.cloud
    *_, job = (each for each in list_jobs(cloud, outputs["jobQueue"]) if each["parameters"]["key"] == KEY)
    assert BatchAccount(cloud).finished(job["jobId"])["status"] == "SUCCEEDED"
    assert transcript(service)["processing"]["job_id"] == job["jobId"]
    assert counted(redo(service, "redone/", "--changed", "--dry-run"), "unchanged") == 1


def test_what_has_no_transcript_or_was_not_asked_for_is_left_alone(
    service_with_transcript: Service, tmp_path: Path
) -> None:
    service = service_with_transcript
    (tmp_path / "text.mp3").write_bytes(b"No recording, but some text.\n" * 50)
    service.wait(service.upload(tmp_path / "text.mp3", "redone/text.mp3"))
    service.upload(tmp_path / "text.mp3", "redone/notes.txt")
    printed = redo(service, "redone/", "--dry-run")
    assert (counted(printed, "no transcript"), counted(printed, "to submit")) == (1, 1)
    assert "redone/text.mp3" not in printed
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert counted(redo(service, "--newer-than", tomorrow, "--dry-run"), "uploads") == 0
    assert counted(redo(service, "redone/", "--newer-than", "2020-01-01", "--dry-run"), "uploads") == 2
    assert "Choose what to transcribe again" in redo(service, exit_code=2)
    assert "'soon' is not a date" in redo(service, "--newer-than", "soon", exit_code=2)


def test_the_local_command_does_the_same(
    service_with_transcript: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = service_with_transcript
    monkeypatch.setattr("local.__main__.STATE_FOLDER", tmp_path)
    with state.hold(tmp_path):
        state.announce(tmp_path, service.pipeline.cloud, service.pipeline.outputs)
        assert local(["redo", "redone/it", "--dry-run"]) == 0
        assert counted(capsys.readouterr().out, "to submit") == 1
        assert local(["redo"]) == 2
