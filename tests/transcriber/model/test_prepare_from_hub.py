"""Against a hub on this machine that answers as huggingface.co does for one file."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.transcriber.conftest import PROJECT
from transcriber.model.directory import ModelDescription

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILE = f"/some/model/resolve/{COMMIT}/model.nemo"

Fetch = Callable[..., subprocess.CompletedProcess[str]]


class Hub(BaseHTTPRequestHandler):
    content = b""
    requests: list[str]
    status = 200
    error = ""
    told = ""
    """What it says that the file's SHA-256 is."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        self.requests.append(self.path)
        if self.path != FILE or self.status != 200:
            self.send_response(404 if self.path != FILE else self.status)
            self.send_header("X-Error-Code", "RevisionNotFound" if self.path != FILE else self.error)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.send_header("ETag", '"of-what-serves-the-bytes"')
        self.send_header("X-Linked-ETag", f'"{self.told}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if with_body:
            self.wfile.write(self.content)

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture
def hub(tiny_model: Path) -> Iterator[ThreadingHTTPServer]:
    Hub.content = tiny_model.read_bytes()
    Hub.told = hashlib.sha256(Hub.content).hexdigest()
    Hub.requests = []
    Hub.status, Hub.error = 200, ""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fetch(hub: ThreadingHTTPServer, tmp_path: Path) -> Fetch:
    def run(
        *options: str,
        model: str = "some/model",
        revision: str = COMMIT,
        directory: str = "model",
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "transcriber.model.prepare",
                model,
                tmp_path / directory,
                "--revision",
                revision,
                *options,
            ],
            cwd=PROJECT,
            env={
                "PATH": os.environ["PATH"],
                "HF_HOME": str(tmp_path / "hf"),
                "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_address[1]}",
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_the_model_is_prepared_and_fetched_only_once(fetch: Fetch, tiny_model: Path, tmp_path: Path) -> None:
    first = fetch()
    assert first.returncode == 0, first.stderr
    done = json.loads(first.stderr)
    assert (done["name"], done["revision"]) == ("some/model", COMMIT)
    assert done["sha256"] == hashlib.sha256(tiny_model.read_bytes()).hexdigest()
    assert ModelDescription.read(tmp_path / "model").architecture is not None
    asked = len(Hub.requests)
    second = fetch(directory="again", HF_HUB_OFFLINE="1")
    assert second.returncode == 0, second.stderr
    assert len(Hub.requests) == asked


def test_bytes_that_are_not_those_the_hub_tells_of_are_refused(fetch: Fetch, tmp_path: Path) -> None:
    Hub.content = Hub.content[:-1] + bytes([Hub.content[-1] ^ 1])
    damaged = hashlib.sha256(Hub.content).hexdigest()
    result = fetch()
    assert result.returncode == 2
    message = json.loads(result.stderr)["message"]
    assert message == f"model.nemo: has SHA-256 {damaged}, and must have {Hub.told}."
    assert not (tmp_path / "model").exists()


def test_a_named_checksum_goes_before_what_the_hub_tells(fetch: Fetch, tmp_path: Path) -> None:
    expected = Hub.told
    Hub.content = Hub.content[:-1] + bytes([Hub.content[-1] ^ 1])
    Hub.told = hashlib.sha256(Hub.content).hexdigest()
    result = fetch("--sha256", expected)
    assert result.returncode == 2
    assert f"and must have {expected}." in json.loads(result.stderr)["message"]
    assert not (tmp_path / "model").exists()


def test_a_hub_that_tells_no_checksum_is_believed_only_with_one_named(fetch: Fetch, tmp_path: Path) -> None:
    known, Hub.told = Hub.told, "0123456789abcdef0123456789abcdef01234567"
    result = fetch()
    assert result.returncode == 2
    assert "the hub tells no SHA-256 of model.nemo" in json.loads(result.stderr)["message"]
    assert not (tmp_path / "model").exists()
    named = fetch("--sha256", known)
    assert named.returncode == 0, named.stderr


def test_a_revision_that_does_not_exist_is_wrong_use(fetch: Fetch) -> None:
    result = fetch(revision="f" * 40)
    assert result.returncode == 2
    assert f"some/model at {'f' * 40}: the hub has no such model" in json.loads(result.stderr)["message"]


def test_offline_without_a_cache_is_wrong_use(fetch: Fetch) -> None:
    result = fetch(HF_HUB_OFFLINE="1")
    assert result.returncode == 2
    assert "not in the model cache" in json.loads(result.stderr)["message"]
    assert Hub.requests == []


def test_a_hub_that_refuses_may_not_later(fetch: Fetch) -> None:
    # 400 and not 500: that one is tried again for half a minute first.
    Hub.status, Hub.error = 400, "BadRequest"
    result = fetch()
    assert result.returncode == 75
    assert "the hub can't be reached" in json.loads(result.stderr)["message"]


def test_a_model_behind_a_licence_wants_a_token(fetch: Fetch) -> None:
    Hub.status, Hub.error = 403, "GatedRepo"
    result = fetch()
    assert result.returncode == 1
    assert "HF_TOKEN" in json.loads(result.stderr)["message"]


@pytest.mark.parametrize("kind", ["page", "archive"])
def test_a_file_that_is_no_model_is_not_taken_for_one(fetch: Fetch, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong"
    path.write_text("<html>Sign in</html>")
    if kind == "archive":
        with tarfile.open(tmp_path / "archive", "w") as archive:
            archive.add(path, "page.html")
        path = tmp_path / "archive"
    Hub.content = path.read_bytes()
    Hub.told = hashlib.sha256(Hub.content).hexdigest()
    result = fetch()
    assert result.returncode == 75
    assert "not a NeMo model" in json.loads(result.stderr)["message"]
