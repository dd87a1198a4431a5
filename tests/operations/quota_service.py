"""The API of Service Quotas, which emulated AWS lacks: as much as asking for one quota takes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TARGET = "ServiceQuotasV20190624."


@dataclass
class Quotas:
    """What an account may run, by the codes of quotas."""

    endpoint: str
    values: dict[str, float] = field(default_factory=dict)
    """Where the account has a value of its own."""

    defaults: dict[str, float] = field(default_factory=dict)
    is_allowed: bool = True

    def answer(self, action: str, code: str) -> tuple[int, dict[str, object]]:
        """Status and body for a request."""
        if not self.is_allowed:
            return 400, {"__type": "AccessDeniedException", "message": "not authorized"}
        known = self.values if action == "GetServiceQuota" else self.defaults
        if code not in known:
            return 400, {"__type": "NoSuchResourceException", "message": "no such quota"}
        return 200, {"Quota": {"QuotaCode": code, "Value": known[code]}}


@contextmanager
def serve_quotas() -> Iterator[Quotas]:
    """Answer requests on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            action = self.headers["X-Amz-Target"].removeprefix(TARGET)
            status, body = quotas.answer(action, asked["QuotaCode"])
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        quotas = Quotas(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield quotas
        finally:
            server.shutdown()
            thread.join()
