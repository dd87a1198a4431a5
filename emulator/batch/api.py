"""The Batch REST API over HTTP. Answers and errors have the form of AWS."""

import json
import logging
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from emulator.access.errors import AccessError
from emulator.access.requests import ReceivedRequest, check_sender, joined_headers
from emulator.batch.errors import AccessDeniedError, BatchError, ClientError, UnknownOperationError
from emulator.batch.requests import Call, RequestReader
from emulator.batch.roles import PATH as CREDENTIALS_PATH
from emulator.batch.roles import RoleError

Operation = Callable[[dict[str, Any]], dict[str, Any]]
CheckCaller = Callable[[ReceivedRequest, bytes, Call | None], None]
"""Raises AccessDeniedError if the signer of the request and its body may not make the call."""

IDLE_SECONDS = 300.0
MAX_BODY_BYTES = 4 * 1024 * 1024
"""No request of Batch is larger."""

logger = logging.getLogger(__name__)


class ApiServer(ThreadingHTTPServer):
    """Serves operations on 127.0.0.1, with a thread for each connection."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        operations: Mapping[str, Operation],
        lock: threading.RLock,
        check_caller: CheckCaller,
        issue_credentials: Callable[[str, str], dict[str, str] | None],
    ) -> None:
        """Bind to ``port`` (0: a free one).

        Args:
            port: the port.
            operations: the operations by name; they are called one at a time, under ``lock``.
            lock: guards the state of the service.
            check_caller: checks the signature and the permissions of each request.
            issue_credentials: returns the credentials of a task's role for a path and a token.

        Raises:
            OSError: the port is taken.
        """
        self.operations = operations
        self.lock = lock
        self.check_caller = check_caller
        self.issue_credentials = issue_credentials
        self.reader = RequestReader()
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="batch-api")

    def start(self) -> None:
        """Start to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering; return when every thread has ended."""
        self.shutdown()
        self._thread.join()
        with self._connections_lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer the connection in a thread of its own. ``close`` ends it."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log an error. A lost connection is logged for debugging only."""
        gone = isinstance(sys.exc_info()[1], ConnectionError)
        logger.log(logging.DEBUG if gone else logging.ERROR, "Request of %s", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: ApiServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        try:
            request = self._request()
            body = self._body()
            if self.command == "GET" and self.path.startswith(CREDENTIALS_PATH):
                self._send_credentials()
                return
            answer = self._operate(request, body)
        except BatchError as error:
            self._send(error.status, json.dumps({"message": str(error)}), error.code)
        else:
            self._send(HTTPStatus.OK, answer)

    # A browser sends OPTIONS before a request of a web page. It is refused like the request itself.
    do_GET = do_POST = do_DELETE = do_PUT = do_OPTIONS = do_HEAD = do_PATCH = _answer  # noqa: N815

    def _request(self) -> ReceivedRequest:
        path, _, query = self.path.partition("?")
        request = ReceivedRequest(self.command, path, query, joined_headers(self.headers.items()))
        try:
            check_sender(request.headers)
        except AccessError as error:
            # The body is not read, so the connection can't be used any more.
            self.close_connection = True
            raise AccessDeniedError(error.code, str(error)) from error
        return request

    def _body(self) -> bytes:
        if "Transfer-Encoding" in self.headers or len(self.headers.get_all("Content-Length", [])) > 1:
            # The end of the body is not known: the rest could be taken for another request.
            self.close_connection = True
            raise ClientError("A request needs one Content-Length, and no Transfer-Encoding.")
        length = self.headers.get("Content-Length") or "0"
        if not (length.isascii() and length.isdecimal() and int(length) <= MAX_BODY_BYTES):
            self.close_connection = True
            raise ClientError(f"Content-Length is {length!a}; allowed: up to {MAX_BODY_BYTES} bytes.")
        return self.rfile.read(int(length))

    def _operate(self, request: ReceivedRequest, body: bytes) -> str:
        """Return the answer to a request. The caller is checked first, even if the request is wrong."""
        try:
            call = self.server.reader.read(self.command, self.path, body)
        except BatchError:
            self.server.check_caller(request, body, None)
            raise
        self.server.check_caller(request, body, call)
        operation = self.server.operations.get(call.operation)
        if operation is None:
            raise UnknownOperationError(f"{call.operation} is not available in the local Batch service.")
        with self.server.lock:
            return json.dumps(operation(call.parameters))

    def _send_credentials(self) -> None:
        try:
            credentials = self.server.issue_credentials(self.path, self.headers.get("Authorization", ""))
        except RoleError as error:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, json.dumps({"message": str(error)}))
            return
        if credentials is None:
            self._send(
                HTTPStatus.NOT_FOUND, json.dumps({"message": "No running task has these credentials."})
            )
        else:
            self._send(HTTPStatus.OK, json.dumps(credentials))

    def _send(self, status: int, body: str, error_code: str | None = None) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if error_code:
            self.send_header("x-amzn-ErrorType", error_code)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        logger.debug(format, *arguments)
