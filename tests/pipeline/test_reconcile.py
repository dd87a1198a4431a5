"""Uploads without an outcome are found and done after all, by the commands of docs/operations.md."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local import state
from local.__main__ import main as local
from tests.emulator.waiting import wait_for
from tests.pipeline.service import SAMPLES, Service

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "reconciled/it's \x1b[2J\u202e =1+1 é.mp3"


def reconcile(service: Service, *options: str, exit_code: int) -> str:
    """Run the command against the local services and return what it printed."""
    cloud = service.pipeline.cloud
    environment = {**os.environ, **cloud.client_environment()}
    ended = subprocess.run(
        [sys.executable, "-m", "operations.reconcile", *options],
        cwd=ROOT,
        env=environment,
        input=json.dumps(service.pipeline.outputs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == exit_code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def counts(printed: str) -> dict[str, int]:
    """What the last lines count."""
    rows = (line.rsplit(maxsplit=1) for line in printed.splitlines() if line.split()[-1:][0].isdigit())
    return {label: int(count) for label, count in rows}


def outcome(service: Service, key: str) -> dict[str, object] | None:
    """The transcript or the failure of a recording."""
    s3, bucket = service.pipeline.cloud.client("s3"), service.pipeline.outputs["outputBucket"]
    for name in (f"transcripts/{key}.json", f"failures/{key}.json"):
        if name in service.objects("outputBucket"):
            body: dict[str, object] = json.loads(s3.get_object(Bucket=bucket, Key=name)["Body"].read())
            return body
    return None


def test_what_has_no_outcome_is_told_and_gets_one(service: Service, tmp_path: Path) -> None:
    s3, bucket = service.pipeline.cloud.client("s3"), service.pipeline.outputs["outputBucket"]
    (tmp_path / "text.mp3").write_bytes(b"No recording, but some text.\n" * 50)
    keys = {"whole": "reconciled/whole.mp3", "older": "reconciled/older.mp3", "bad": "reconciled/bad.mp3"}
    service.wait(
        service.upload(SAMPLES / "reminder.mp3", keys["whole"]),
        service.upload(SAMPLES / "reminder.mp3", keys["older"]),
        service.upload(SAMPLES / "reminder.mp3", HOSTILE),
        service.upload(tmp_path / "text.mp3", keys["bad"]),
    )
    service.upload(tmp_path / "text.mp3", "reconciled/notes.txt")
    within = ("--prefix", "reconciled/", "--grace-minutes", "0")
    printed = reconcile(service, *within, exit_code=0)
    assert counts(printed) == {
        "uploads": 4,
        "transcribed": 3,
        "failed": 1,
        "under way": 0,
        "without outcome": 0,
        "ignored": 1,
    }
    assert printed.endswith("  .txt: 1, such as reconciled/notes.txt\n")

    s3.delete_object(Bucket=bucket, Key=f"transcripts/{HOSTILE}.json")
    s3.delete_object(Bucket=bucket, Key=f"failures/{keys['bad']}.json")
    s3.put_object(
        Bucket=bucket, Key=f"transcripts/{keys['older']}.json", Body=b"{}", Metadata={"source-etag": "older"}
    )
    assert counts(reconcile(service, "--prefix", "reconciled/", exit_code=1))["under way"] == 2
    printed = reconcile(service, *within, exit_code=1)
    root = f"s3://{service.pipeline.outputs['inputBucket']}"
    assert f"{root}/{keys['bad']}: its job failed: Essential container in task exited\n" in printed
    assert f"{root}/{keys['older']}: Batch knows no job of it that failed\n" in printed
    assert f"{root}/reconciled/it's \\x1b[2J\\u202e =1+1 é.mp3: Batch knows no job" in printed
    assert keys["whole"] not in printed
    assert counts(printed)["without outcome"] == 3

    printed = reconcile(service, *within, "--resubmit", exit_code=0)
    assert counts(printed)["submitted again"] == 3
    assert printed.count("; now job ") == 3
    for key in (HOSTILE, keys["older"], keys["bad"]):
        wait_for(lambda key=key: (outcome(service, key) or {}).get("schema_version"), 60)  # type: ignore[misc]
    assert counts(reconcile(service, *within, exit_code=0))["transcribed"] == 3


def test_the_local_command_says_the_same(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service.wait(service.upload(SAMPLES / "reminder.mp3", "locally/reminder.mp3"))
    service.upload(SAMPLES / "samples.json", "locally/notes.txt")
    monkeypatch.setattr("local.__main__.STATE_FOLDER", tmp_path)
    with state.hold(tmp_path):
        state.announce(tmp_path, service.pipeline.cloud, service.pipeline.outputs)
        assert local(["reconcile", "--prefix", "locally/"]) == 0
        reconciled = capsys.readouterr().out
        assert local(["status"]) == 0
    assert re.search(r"Ignored uploads, .*\n(  .*\n)*  \.txt: \d+, such as ", capsys.readouterr().out)
    assert counts(reconciled) == {
        "uploads": 1,
        "transcribed": 1,
        "failed": 0,
        "under way": 0,
        "without outcome": 0,
        "ignored": 1,
    }


def test_a_stack_that_is_gone_is_told(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = service.pipeline.outputs["jobDefinition"].replace("transcribe", "gone")
    monkeypatch.setitem(service.pipeline.deployment.outputs, "jobDefinition", gone)
    printed = reconcile(service, exit_code=1)
    assert printed == f"{gone}: there is no such job definition; is the stack destroyed?\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "No outputs with deadLetterQueue"),
        (["--grace-minutes", "-1"], 2, "'-1' is not a whole number from 0 on"),
        (["--older"], 2, "unrecognized arguments: --older"),
    ],
)
def test_a_wrong_call_ends_with_a_sentence(arguments: list[str], code: int, said: str) -> None:
    command = [sys.executable, "-m", "operations.reconcile", *arguments]
    ended = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=False)
    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
