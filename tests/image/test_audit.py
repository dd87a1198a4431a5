"""The audit as CI runs it, against a service that answers as OSV's does."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from image.lock import locked_versions
from tests.components.graph import ROOT

ADVISORY = {
    "schema_version": "1.6.0",
    "id": "GHSA-0000-0000-0000",
    "aliases": ["CVE-2026-0001"],
    "summary": "Reads what it should not.",
    "affected": [
        {
            "package": {"name": "pyyaml", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


class Advisories(BaseHTTPRequestHandler):
    known: ClassVar[dict[str, dict[str, object]]] = {}
    asked: ClassVar[dict[str, str]] = {}

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = query["package"]["name"]
        self.asked[name] = query["version"]
        answer = {"vulns": [self.known[name]]} if name in self.known else {}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture
def service() -> Iterator[str]:
    Advisories.known.clear()
    Advisories.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        server.shutdown()
        thread.join()


def audit(service: str, cache: Path, *options: str) -> tuple[int, str]:
    command = [ROOT / "image" / "audit.sh", "--osv-url", service, "--cache-dir", cache, *options]
    tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        command, env={**os.environ, "PATH": tools}, capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def test_every_package_of_the_image_is_asked_about(service: str, tmp_path: Path) -> None:
    assert audit(service, tmp_path) == (0, "No known vulnerabilities found\n")
    assert Advisories.asked == locked_versions()


def test_what_is_known_is_told_and_ends_the_audit_with_1(service: str, tmp_path: Path) -> None:
    Advisories.known["pyyaml"] = ADVISORY
    code, told = audit(service, tmp_path)
    assert code == 1
    (line,) = (line for line in told.splitlines() if line.startswith("pyyaml"))
    assert set(line.split()) == {
        *("pyyaml", locked_versions()["pyyaml"], "GHSA-0000-0000-0000", "CVE-2026-0001", "99.0")
    }
    assert told.endswith("Found 1 known vulnerability in 1 package\n")
    code, told = audit(service, tmp_path, "--ignore-vuln", "GHSA-0000-0000-0000")
    assert (code, told) == (0, "No known vulnerabilities found, 1 ignored\n")


def test_without_a_network_it_says_in_a_line_that_nothing_was_audited(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        code, told = audit(f"http://127.0.0.1:{unused.getsockname()[1]}/", tmp_path)
    assert code == 0
    (line,) = told.splitlines()
    assert line.startswith("Packages NOT audited, as OSV can't be asked: requests.exceptions.ConnectionError")


def test_a_wrong_option_is_not_taken_for_a_missing_network(tmp_path: Path) -> None:
    code, told = audit("http://127.0.0.1:1/", tmp_path, "--no-such-option")
    assert code == 2
    assert "--no-such-option" in told
