"""Refuse requests to MiniStack that are not signed or that come from a web page."""

import uuid
from typing import Any

from ministack import app as ministack
from ministack.core import iam_evaluator

from emulator.access.errors import AccessError
from emulator.access.requests import ReceivedRequest, check_sender, joined_headers
from emulator.access.signatures import FindSecret, check_headers
from emulator.ministack.bodies import SpooledBody
from emulator.ministack.request_context import Application, Scope

CALLER = "local.caller"
"""The key in a request's scope for the id of the access key that signed it."""

POLICY_VIOLATION = 1008


class Authentication:
    """Passes on requests that a key of the account or of a session of one of its roles has signed.

    MiniStack itself checks only signatures of users and sessions, and only for actions that need permissions.
    """

    def __init__(self, application: Application, find_secret: FindSecret) -> None:
        self._application = application
        self._find_secret = find_secret

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass one request on, or refuse it. A body is read only after the headers are known to be signed."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        request = _read(scope)
        try:
            check_sender(request.headers)
            signed = check_headers(request, self._find_secret)
            with SpooledBody() as body:
                if signed.signs_body:
                    await body.read(receive)
                    with body.content() as content:
                        signed.check_body(body.sha256, content)
                    receive = body.repeated(receive)
                await self._application({**scope, CALLER: signed.caller}, receive, send)
        except AccessError as error:
            await _refuse(send, request, error)


def _read(scope: Scope) -> ReceivedRequest:
    headers = ((name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in scope["headers"])
    return ReceivedRequest(
        method=scope["method"],
        raw_path=scope["raw_path"].decode("latin-1"),
        raw_query=scope["query_string"].decode("latin-1"),
        headers=joined_headers(headers),
    )


async def _refuse(send: Any, request: ReceivedRequest, error: AccessError) -> None:
    """Send the error in the form that clients of the service understand."""
    headers = dict(request.headers)
    service = ministack.detect_service(request.method, request.raw_path, headers, request.query)
    failure = iam_evaluator.AuthError(error.code, str(error))
    status, answer, body = ministack._credential_failure(service, "", str(uuid.uuid4()), failure, headers)
    pairs = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    content = body if isinstance(body, bytes) else body.encode()
    if not any(name == b"content-length" for name, _ in pairs):
        pairs.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else content})
