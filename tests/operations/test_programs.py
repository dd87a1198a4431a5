"""Whatever happens to a command: one sentence, the right exit code, no traceback."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoRegionError, ReadTimeoutError, TokenRetrievalError
from botocore.parsers import ResponseParserError

from emulator.cloud import LocalCloud
from operations.errors import WrongUseError
from operations.program import exit_code, sentence
from operations.stack import Stack as Outputs
from tests.emulator.batch_account import BatchAccount, python
from tests.emulator.waiting import wait_for
from tests.operations.commands import ROOT

COMMANDS = {
    "operations.redrive": ("--failed",),
    "operations.reconcile": (),
    "operations.redo": ("--all",),
    "operations.backfill": ("--dry-run",),
    "operations.patch": ("--check",),
    "operations.status": (),
    "operations.keep_warm": (),
}
"""All that read a stack's outputs, with options by which they do work."""

ALL = (*COMMANDS, "operations.preflight")
WRONG_SETTING = {"parakeet-transcription:vpcId": {"value": "é", "secret": False}}
KEY = "calls/é\x1b.mp3"


@dataclass
class Stack:
    """A stack with one lost recording and one that failed, and what commands on it need."""

    outputs: dict[str, str]
    environment: dict[str, str]

    def process(
        self, command: str, given: object = None, **environment: str | None
    ) -> "subprocess.Popen[str]":
        """Start a command with ``given`` for the outputs; of ``environment``, None removes a variable."""
        variables = {**os.environ, **self.environment, **environment}
        process = subprocess.Popen(
            [sys.executable, "-m", command, *COMMANDS.get(command, ())],
            cwd=ROOT,
            env={name: value for name, value in variables.items() if value is not None},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell has its background jobs ignore Ctrl-C, and so would what they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stdin
        text = given if isinstance(given, str) else json.dumps(self.outputs if given is None else given)
        process.stdin.write(text)
        return process

    def run(self, command: str, given: object = None, **environment: str | None) -> tuple[int, str, str]:
        """Exit code, what it printed, and what it said of errors."""
        process = self.process(command, given, **environment)
        out, error = process.communicate(timeout=120)
        assert "Traceback" not in out + error
        return process.returncode, out, error


@pytest.fixture(scope="module")
def stack(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    account = BatchAccount(cloud)
    environment = [
        {"name": "TRANSCRIBER_FAILURES", "value": "s3://programs-out/failures/"},
        {"name": "TRANSCRIBER_FORMATS", "value": "json"},
        {"name": "TRANSCRIBER_MODE", "value": "auto"},
    ]
    command = [*python("raise SystemExit(1)"), "s3://programs-out/transcripts/"]
    definition = account.definition(command, container={"environment": environment})
    queue, s3 = account.queue(), cloud.client("s3")
    for bucket in ("programs-in", "programs-out"):
        s3.create_bucket(Bucket=bucket)
    etag = s3.put_object(Bucket="programs-in", Key=KEY, Body=b"x")["ETag"].strip('"')
    transcribed = {"source-etag": etag}
    s3.put_object(Bucket="programs-out", Key=f"transcripts/{KEY}.json", Body=b"{}", Metadata=transcribed)
    lost = s3.put_object(Bucket="programs-in", Key=f"lost-{KEY}", Body=b"x")["ETag"].strip('"')
    parameters = {"bucket": "programs-in", "key": f"lost-{KEY}", "etag": lost}
    account.finished(account.submit(queue, definition, parameters=parameters))
    home = str(tmp_path_factory.mktemp("home"))
    return Stack(
        {
            "deadLetterQueue": cloud.client("sqs").create_queue(QueueName="programs-undelivered")["QueueUrl"],
            "jobQueue": queue,
            "jobDefinition": definition,
            "inputBucket": "programs-in",
        },
        {**cloud.client_environment(), "HOME": home, "PATH": home},
    )


@pytest.fixture(scope="module")
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("command", "given"),
    zip(ALL, ["error: no stack", "[1]", "[" * 100_000, "{}", "\x00", "null", "7", "true"], strict=True),
)
def test_what_is_no_output_of_pulumi_is_refused(stack: Stack, command: str, given: str) -> None:
    code, out, error = stack.run(command, given)
    assert (code, out) == (2, "")
    assert "on standard input" in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[" * 100_000, '"a"', "null", "\x00", '{"jobQueue": 1}'])
def test_outputs_are_checked(text: str) -> None:
    with pytest.raises(WrongUseError, match="on standard input"):
        Outputs.from_json(text, "operations.redo")


def test_a_missing_output_is_named(stack: Stack) -> None:
    given = {name: value for name, value in stack.outputs.items() if name != "inputBucket"}
    with pytest.raises(WrongUseError, match=r"^The outputs on standard input lack inputBucket; use: pulumi"):
        Outputs.from_json(json.dumps(given), "operations.redo")
    given = {**stack.outputs, "jobDefinition": "transcribe"}
    with pytest.raises(WrongUseError, match=r"^The output jobDefinition is 'transcribe', not the ARN of one"):
        Outputs.from_json(json.dumps(given), "operations.redo")


@pytest.mark.parametrize(
    ("command", "environment", "code", "said"),
    [
        (
            "operations.redrive",
            {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
            2,
            "Unable to locate credentials. Sign in with `aws sso login`",
        ),
        ("operations.reconcile", {"AWS_PROFILE": "nobody"}, 2, "profile (nobody) could not be found"),
        ("operations.redo", {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, 1, "An error occurred ("),
        ("operations.patch", {"AWS_ENDPOINT_URL_BATCH": "nowhere"}, 2, "Invalid endpoint: nowhere; AWS_"),
        (
            "operations.reconcile",
            {"AWS_ENDPOINT_URL_BATCH": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"},
            1,
            'Could not connect to the endpoint URL: "http://127.0.0.1:9/',
        ),
    ],
    ids=["no key", "no profile", "unknown key", "no URL", "nobody answers"],
)
def test_what_surrounds_it_is_told(
    stack: Stack, command: str, environment: dict[str, Any], code: int, said: str
) -> None:
    ended, out, error = stack.run(command, **environment)
    assert (ended, out) == (code, "")
    assert said in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NoRegionError(), 2, "No region is set: set AWS_REGION"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), 2, "Sign in with `aws sso login`"),
        (ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "List"), 1, "Sign in again."),
        (ReadTimeoutError(endpoint_url="https://s3"), 1, "Is this machine connected"),
        (ResponseParserError("no XML"), 1, "What answered is not AWS: no XML. Is a proxy in the way?"),
    ],
)
def test_errors_of_aws_say_what_to_do(error: Exception, code: int, said: str) -> None:
    assert said in sentence(error)
    assert exit_code(error) == code


@pytest.mark.parametrize("command", ALL)
def test_ascii_output_takes_every_name(stack: Stack, command: str) -> None:
    given = WRONG_SETTING if command not in COMMANDS else None
    code, out, error = stack.run(command, given, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (code, error) == (1 if command in ("operations.reconcile", "operations.preflight") else 0, "")
    assert out.isascii()


@pytest.mark.parametrize("command", ALL)
def test_a_closed_output_is_told(stack: Stack, command: str) -> None:
    process = stack.process(command, WRONG_SETTING if command not in COMMANDS else None)
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    _, error = process.communicate(timeout=120)
    assert (process.returncode, error) == (1, "Standard output was closed before all was said.\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c_ends_it_while_it_waits(stack: Stack, command: str, silent_port: int) -> None:
    endpoint = f"http://127.0.0.1:{silent_port}"
    process = stack.process(command, AWS_ENDPOINT_URL_BATCH=endpoint, AWS_ENDPOINT_URL_S3=endpoint)
    assert process.stdin
    process.stdin.close()
    process.stdin = None
    wait_for(lambda: has_connection_to(process.pid, silent_port), 60)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=30)
    assert (process.returncode, out, error) == (130, "", "Interrupted.\n")


def has_connection_to(pid: int, port: int) -> bool:
    """Whether a process has an open connection to a port of this machine."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(str(descriptor.readlink()))
        except FileNotFoundError:
            continue
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    return any(
        fields[2].endswith(f":{port:04X}") and f"socket:[{fields[9]}]" in sockets
        for fields in map(str.split, lines)
    )
