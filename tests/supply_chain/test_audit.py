"""The audit as CI runs it, against a service that answers as OSV's does."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from supply_chain.lock import read_lock
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


def audit(service: str, cache: Path, *options: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "supply_chain.audit", "--osv-url", service, "--cache-dir", str(cache)]
    ended = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout.splitlines()


def test_every_package_of_the_image_is_asked_about(service: str, tmp_path: Path) -> None:
    packages = {package.name: package.version for package in read_lock().packages}
    assert audit(service, tmp_path) == (
        0,
        [f"{len(packages)} packages of the image audited: no known vulnerabilities"],
    )
    assert Advisories.asked == packages


def test_what_is_known_is_told_and_ends_the_audit_with_1(service: str, tmp_path: Path) -> None:
    Advisories.known["pyyaml"] = ADVISORY
    code, lines = audit(service, tmp_path)
    assert code == 1
    (version,) = (package.version for package in read_lock().packages if package.name == "pyyaml")
    assert lines[0].startswith(f"pyyaml {version}: ")
    assert {"GHSA-0000-0000-0000", "CVE-2026-0001"} <= set(lines[0].replace(",", "").replace(";", "").split())
    assert lines[0].endswith("mended in 99.0")
    assert lines[-1].endswith(": 1 known vulnerabilities")
    told, again = audit(service, tmp_path, "--tell-only")
    assert (told, again) == (0, lines)
    known = audit(service, tmp_path, "--ignore-vuln", "GHSA-0000-0000-0000")
    assert known == (0, [lines[-1].replace(": 1 known", ": no known")])


def test_without_a_network_it_says_in_a_line_that_nothing_was_audited(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        code, lines = audit(f"http://127.0.0.1:{unused.getsockname()[1]}/", tmp_path)
    assert code == 0
    (line,) = lines
    assert line.startswith("Packages not audited: no advisories from http://127.0.0.1:")
