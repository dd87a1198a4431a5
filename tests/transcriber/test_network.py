"""Whom a job talks to: S3, and where ECS gives it its role's credentials."""

import json
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from emulator.cloud import LocalCloud
from tests.transcriber.conftest import PROJECT, WORKER_SECONDS

GUARD = """
import json, os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        target = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments
        host, port = (*target, "")[:2]
        with open(os.environ["GUARD_FILE"], "a") as file:
            file.write(json.dumps([event, host, str(port)]) + "\\n")

sys.addaudithook(note)
"""
"""Python runs a module of the name sitecustomize before all else; what is noted can't be undone later."""


class Agent(ThreadingHTTPServer):
    """Gives a task the credentials of its role, as the agent of ECS does."""

    cloud: LocalCloud


class Credentials(BaseHTTPRequestHandler):
    """What the agent answers to a task that asks."""

    server: Agent

    def do_GET(self) -> None:
        body = json.dumps(
            {
                "AccessKeyId": self.server.cloud.credentials.access_key_id,
                "SecretAccessKey": self.server.cloud.credentials.secret_access_key,
                "Token": "token",
                "Expiration": "2099-01-01T00:00:00Z",
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture
def credentials(cloud: LocalCloud) -> Iterator[ThreadingHTTPServer]:
    with Agent(("127.0.0.1", 0), Credentials) as server:
        server.cloud = cloud
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("model", ["prepared_model", "tiny_model"], ids=["prepared", "by NeMo itself"])
def test_a_job_talks_to_s3_and_to_the_giver_of_its_credentials_and_to_nobody_else(
    environment: dict[str, str],
    worker_command: Callable[..., list[str]],
    credentials: ThreadingHTTPServer,
    cloud: LocalCloud,
    s3: Any,
    bucket: str,
    samples_folder: Path,
    tmp_path: Path,
    model: str,
    request: pytest.FixtureRequest,
) -> None:
    """NeMo brings libraries along that report what they see to services of their makers."""
    s3.upload_file(str(samples_folder / "meeting.wav"), bucket, "meeting.wav")
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    # As in Batch; nothing forbids the hub or the machine's metadata but that nobody asks them.
    variables = {
        name: value
        for name, value in environment.items()
        if name not in ("HF_HUB_OFFLINE", "AWS_EC2_METADATA_DISABLED")
    }
    job = subprocess.run(
        worker_command("--object", bucket, "meeting.wav", f"s3://{bucket}/transcripts/"),
        cwd=PROJECT,
        env={
            **variables,
            "PYTHONPATH": str(tmp_path),
            "GUARD_FILE": str(tmp_path / "noted"),
            "AWS_ENDPOINT_URL": cloud.aws_endpoint,
            "AWS_DEFAULT_REGION": cloud.region,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{credentials.server_address[1]}/role",
            "TRANSCRIBER_MODEL": str(request.getfixturevalue(model)),
            "TRANSCRIBER_STACK": "parakeet-dev",
            "AWS_BATCH_JOB_ID": "j-1",
            "AWS_BATCH_JOB_ATTEMPT": "1",
        },
        capture_output=True,
        text=True,
        timeout=WORKER_SECONDS,
        check=False,
    )
    assert job.returncode == 0, job.stderr
    assert s3.head_object(Bucket=bucket, Key="transcripts/meeting.wav.json")
    noted = [json.loads(line) for line in (tmp_path / "noted").read_text().splitlines()]
    endpoint = urlsplit(cloud.aws_endpoint)
    allowed = {(endpoint.hostname, str(endpoint.port)), ("127.0.0.1", str(credentials.server_address[1]))}
    assert {(host, port) for event, host, port in noted if event == "socket.connect"} == allowed
    assert [each for each in noted if tuple(each[1:]) not in allowed] == []
