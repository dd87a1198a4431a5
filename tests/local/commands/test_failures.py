"""What goes wrong is told in one sentence, with the exit code for it, and nothing else is lost by it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.pipeline import PROJECT
from tests.local.command_line import PROGRAM, run
from tests.local.commands.conftest import Up

SAMPLE = PROJECT / "local" / "samples" / "meeting.wav"
TEXT = "Friday morning the basket likes the small camera."


@dataclass(frozen=True)
class Case:
    """A command that fails, and what it says."""

    says: str
    arguments: Callable[[Path], list[str | bytes]]
    code: int = 2
    environment: dict[str, str] = field(default_factory=dict)


def copied(folder: Path, name: str) -> str:
    """A recording with a name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(SAMPLE, path)
    return str(path)


def badly_named(folder: Path) -> bytes:
    """A recording whose name is no text in UTF-8."""
    path = os.fsencode(folder) + b"/t\xe4lk.wav"
    shutil.copy(SAMPLE, path)
    return path


CASES = {
    "no file": Case(r"/none\.wav: there is no such file\.", lambda folder: [str(folder / "none.wav")]),
    "a folder": Case(r": not a file; name the recordings one by one\.", lambda folder: [str(folder)]),
    "a file that can't be read": Case(
        r"/proc/self/mem: can't be read: Input/output error\.", lambda _: ["/proc/self/mem"]
    ),
    "a name that no file can have": Case(
        r"\.wav: can't be read: File name too long\.", lambda folder: [str(folder / f"{'n' * 256}.wav")]
    ),
    "a name that is not UTF-8": Case(
        r"t\\udce4lk\.wav: the name is not UTF-8, .*; rename the file\.",
        lambda folder: [badly_named(folder)],
    ),
    "a prefix that is not UTF-8": Case(
        r"the name is not UTF-8", lambda folder: ["--prefix", b"\xff/", copied(folder, "a.wav")]
    ),
    "a key that S3 does not take": Case(
        r"would have 1031 bytes; S3 allows 1024\.",
        lambda folder: ["--prefix", "p" * 1025 + "/", copied(folder, "a.wav")],
    ),
    "a file named twice": Case(
        r": named twice; name each recording once\.", lambda folder: [copied(folder, "a.wav")] * 2
    ),
    "a name that starts no job": Case(
        r"a\.\\x9b\\u202etxt: no job starts for this name",
        lambda folder: [copied(folder, "a.\x9b\u202etxt")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_upload_that_can_not_be_is_refused_before_anything_is_sent(
    up: Up, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    code, said = run(up.folder, "upload", *case.arguments(tmp_path), environment=case.environment)
    assert code == case.code, said
    assert re.fullmatch(rf"error: .*{case.says}.*\n", said), said


@pytest.mark.parametrize("typed", [["--\x9b31m\u202e"], ["serve", "--port", "\x9b31m\u202e"]])
def test_what_was_typed_is_repeated_with_escapes(tmp_path: Path, typed: list[str]) -> None:
    code, said = run(tmp_path, *typed)
    assert code == 2
    assert not set(said) & set("\x9b\u202e")


def test_recordings_of_one_name_keep_their_folders(up: Up, tmp_path: Path) -> None:
    one, two = (copied(tmp_path, f"{folder}/t.wav") for folder in ("a", "b"))
    code, said = run(up.folder, "upload", one, two, "--prefix", "both/")
    assert code == 0, said
    for key in ("both/a/t.wav", "both/b/t.wav"):
        assert f"✔ {key}" in said
        assert (up.folder / "transcripts" / f"{key}.json").exists()


def test_the_reason_is_found_where_the_name_is_too_long_for_its_report(up: Up, tmp_path: Path) -> None:
    code, said = run(up.folder, "upload", copied(tmp_path, "long.wav"), "--prefix", f"{'x' * 250}/" * 4)
    assert code == 1
    assert "the name is too long for its result" in said.replace("\n", "")
    assert re.search(r"failures/\S*long\.wav-[0-9a-f]{16}\.json", said.replace("\n", ""))


def test_a_result_without_a_place_here_is_said_to_be_in_the_bucket(up: Up, tmp_path: Path) -> None:
    results = up.folder / "transcripts"
    results.mkdir(exist_ok=True)
    (taken := results / "taken.wav.json").touch()
    code, said = run(up.folder, "upload", copied(tmp_path, "inner.wav"), "--prefix", "taken.wav.json/")
    taken.unlink()
    assert code == 1
    assert TEXT in said
    assert re.search(r"No copy on this machine: .*: .+; the bucket has the results\.", said.replace("\n", ""))
    assert "Traceback" not in said


def test_a_terminal_of_few_characters_gets_all_in_these(up: Up, tmp_path: Path) -> None:
    recording = copied(tmp_path, "gespräch.wav")
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    code, said = run(up.folder, "upload", recording, environment=ascii_only)
    assert code == 0, said
    assert said.isascii()
    assert r"+ gespr\xe4ch.wav" in said


@pytest.mark.parametrize("command", ["status", "upload"])
def test_a_closed_output_ends_the_command_and_not_the_work(up: Up, tmp_path: Path, command: str) -> None:
    arguments = [copied(tmp_path, f"unheard-{command}.wav")] if command == "upload" else []
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(up.folder), command, *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(60) == 1
    assert said == "error: Standard output was closed before all was said.\n"


def test_a_command_without_any_output_works(up: Up) -> None:
    closed = ["bash", "-c", 'exec "$0" "$@" >&-', sys.executable, "-c", PROGRAM, str(up.folder), "status"]
    ended = subprocess.run(closed, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("command", ["up", "serve", "demo"])
def test_a_folder_that_can_not_be_written_to_is_named(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    code, said = run(tmp_path / "file" / "state", command)
    assert code == 1
    assert re.fullmatch(r"error: .*/file/state.*: Not a directory; logs and results .*\n", said)


def test_a_second_pipeline_is_refused_with_the_command_that_ends_the_first(up: Up) -> None:
    code, said = run(up.folder, "serve")
    assert code == 1
    assert re.fullmatch(
        r"error: A local pipeline is already up .*`\S+python\S* -m local down` ends it\.\n", said
    )


def test_status_tells_of_undelivered_events(up: Up) -> None:
    sqs, queue = up.pipeline.cloud.client("sqs"), up.pipeline.outputs["deadLetterQueue"]
    assert "Undelivered events: 0" in run(up.folder, "status")[1]
    sqs.send_message(
        QueueUrl=queue,
        MessageBody='{"detail": {"object": {"key": "lost/\\u009b31m\\u202e.mp3"}}}',
        MessageAttributes={"ERROR_MESSAGE": {"DataType": "String", "StringValue": "no such queue"}},
    )
    try:
        for _ in range(2):
            said = run(up.folder, "status")[1]
            assert "Undelivered events: 1" in said
            assert r"lost/\x9b31m\u202e.mp3: no such queue" in said
    finally:
        sqs.purge_queue(QueueUrl=queue)
