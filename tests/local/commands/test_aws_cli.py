"""What `up` prints is typed into a shell: the real AWS CLI works with this machine."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from local.pipeline import PROJECT
from tests.emulator.waiting import wait_for
from tests.local.commands.conftest import Up

SAMPLES = PROJECT / "local" / "samples"


def shell(up: Up, command: str, folder: Path, exports: str | None = None) -> str:
    """Type the printed line of exports and then a command, as somebody who uses AWS otherwise."""
    line = exports or next(line for line in up.lines if line.strip().startswith("unset "))
    ended = subprocess.run(
        ["bash", "-euc", f"{line}\n{command}"],
        cwd=folder,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "AWS_PROFILE": "mine",
            "AWS_ACCESS_KEY_ID": "mine",
            "AWS_SESSION_TOKEN": "mine",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.stdout if ended.returncode == 0 else ended.stderr


def printed(up: Up, beginning: str, **words: str) -> str:
    """The printed command that begins so, with words in place of what it leaves open."""
    (line,) = (line.strip() for line in up.lines if line.strip().startswith(beginning))
    for placeholder, word in words.items():
        line = line.replace(placeholder, shlex.quote(word))
    return line


def test_the_aws_cli_uploads_lists_downloads_and_looks_at_jobs(up: Up, tmp_path: Path) -> None:
    outputs, queue = up.pipeline.outputs, up.pipeline.outputs["jobQueue"]
    (tmp_path / "calls" / "more").mkdir(parents=True)
    os.link(SAMPLES / "reminder.mp3", tmp_path / "it's one.mp3")
    os.link(SAMPLES / "meeting.wav", tmp_path / "calls" / "more" / "two.wav")
    assert "upload:" in shell(up, printed(up, "aws s3 cp", RECORDING="it's one.mp3"), tmp_path)
    assert "upload:" in shell(up, printed(up, "aws s3 sync FOLDER", FOLDER="calls"), tmp_path)
    keys = {"it's one.mp3", "more/two.wav"}

    def ended() -> list[str]:
        listed = json.loads(shell(up, printed(up, "aws batch list-jobs"), tmp_path))["jobSummaryList"]
        ids = " ".join(job["jobId"] for job in listed)
        described = shell(up, f"aws batch describe-jobs --jobs {ids}", tmp_path) if ids else '{"jobs": []}'
        jobs = json.loads(described)["jobs"]
        found = [job["jobId"] for job in jobs if job["parameters"]["key"] in keys]
        return found if len(found) == len(keys) else []

    assert wait_for(ended, 120)
    listing = shell(up, printed(up, "aws s3 ls"), tmp_path)
    assert all(f"transcripts/{key}.json" in listing for key in keys)
    shell(up, printed(up, f"aws s3 sync s3://{outputs['outputBucket']}", FOLDER="results"), tmp_path)
    transcript = json.loads((tmp_path / "results" / "transcripts" / "more" / "two.wav.json").read_text())
    assert transcript["text"] == "Friday morning the basket likes the small camera."
    described = json.loads(shell(up, f"aws batch describe-job-queues --job-queues {queue}", tmp_path))
    assert described["jobQueues"][0]["state"] == "ENABLED"


def test_another_key_opens_nothing(up: Up, tmp_path: Path) -> None:
    line = next(line for line in up.lines if line.strip().startswith("unset "))
    key = up.pipeline.cloud.credentials.secret_access_key
    for service in ("s3 ls", "batch describe-job-queues"):
        assert "An error occurred" in shell(up, f"aws {service}", tmp_path, line.replace(key, "another"))


def test_the_printed_commands_run_by_the_interpreter_of_the_project(up: Up) -> None:
    (line,) = (line for line in up.lines if line.startswith("Up. In another terminal, in "))
    place, _, command = line.removeprefix("Up. In another terminal, in ").partition(": ")
    interpreter, *arguments = shlex.split(command)
    assert Path(shlex.split(place)[0], interpreter).exists()
    assert arguments == ["-m", "local", "upload", "FILE..."]


def test_the_logs_are_named_and_there(up: Up) -> None:
    (line,) = (line for line in up.lines if line.startswith("Logs: "))
    names = [word for word in shlex.split(line.replace(",", " ")) if word.endswith(".log")]
    assert [Path(name).exists() for name in names] == [True, True]
