"""An HTTP proxy between the parts of the pipeline, which does to requests what networks and services do."""

import http.client
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

APPLICATION = re.compile(r"app/([0-9a-f-]{36})\.(\d+)\.(\d+)")
"""What a worker of a campaign puts into its user agent: job, attempt, process."""

CONDITIONS = {"if-match", "if-none-match"}
HOP_BY_HOP = {"connection", "expect", "keep-alive", "transfer-encoding"}
UPSTREAM_SECONDS = 60.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Worker:
    """The process that a request came from."""

    job_id: str
    attempt: int
    pid: int


@dataclass(frozen=True)
class Request:
    """A request on its way; ``worker`` is None where no worker sent it."""

    method: str
    path: str
    """Decoded, without the query."""
    body: bytes
    worker: Worker | None
    is_conditional: bool = False
    """Whether it is to be done only if what is there is as the client believes."""


@dataclass(frozen=True)
class Answer:
    """What a service answers."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Fault(Protocol):
    """What happens to one request."""

    @property
    def kind(self) -> str:
        """What reports call it."""
        ...

    def meet(self, forward: Callable[[], Answer]) -> Answer | None:
        """Return what the client gets, None for a connection that breaks; ``forward`` asks the service."""
        ...


class Interference(Protocol):
    """Decides which requests meet a fault."""

    def fault_of(self, request: Request) -> Fault | None:
        """Return what happens to this request; None lets it pass."""
        ...


class Proxy:
    """Passes requests on to ``upstream``, a URL, but for those that ``interference`` has a fault for."""

    def __init__(self, upstream: str, interference: Interference) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.upstream = urlsplit(upstream).netloc
        self._server.interference = interference
        # Polls often, so that closing takes no half second.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="fault-proxy")

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    upstream: str
    interference: Interference

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that are killed, and connections that break, are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._upstream = http.client.HTTPConnection(self.server.upstream, timeout=UPSTREAM_SECONDS)

    def finish(self) -> None:
        self._upstream.close()
        with suppress(OSError):
            super().finish()

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sender = APPLICATION.search(self.headers.get("User-Agent", ""))
        worker = Worker(sender[1], int(sender[2]), int(sender[3])) if sender else None
        is_write = self.command in ("PUT", "DELETE")
        is_conditional = is_write and bool(CONDITIONS & {name.lower() for name in self.headers})
        request = Request(self.command, unquote(urlsplit(self.path).path), body, worker, is_conditional)
        fault = self.server.interference.fault_of(request)
        answer = fault.meet(lambda: self._forward(body)) if fault else self._forward(body)
        if answer is None:
            self._break_off()
        else:
            self._send(answer)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = _pass  # noqa: N815

    def _forward(self, body: bytes) -> Answer:
        """Ask the service; one that is gone for a moment is, for the client, a service that is busy."""
        headers = _kept(self.headers.items())
        for is_last in (False, True):
            try:
                self._upstream.request(self.command, self.path, body, headers)
                response = self._upstream.getresponse()
                return Answer(response.status, _kept(response.getheaders()), response.read())
            except (OSError, http.client.HTTPException):
                self._upstream.close()
                # An idle connection may have been closed by the service, but a new one may not.
                if is_last:
                    return Answer(503)
        raise AssertionError("unreachable")

    def _send(self, answer: Answer) -> None:
        length = next(
            (value for name, value in answer.headers.items() if name.lower() == "content-length"), None
        )
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
            if length is not None and len(answer.body) < int(length):
                self._break_off()

    def _break_off(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.close_connection = True


def _kept(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in HOP_BY_HOP}
