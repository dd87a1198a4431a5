"""Protect MiniStack's internal paths, and answer whether a caller may do something."""

import json
from typing import Any

from ministack.core import iam_evaluator

from emulator.access.authorization import PATH, AuthorizationRequest
from emulator.access.errors import AccessError
from emulator.access.signatures import FindSecret, check_signature
from emulator.ministack.authentication import CALLER
from emulator.ministack.bodies import pieces
from emulator.ministack.request_context import Application, Scope

INTERNAL = "/_"
"""Internal paths begin with this. They reset or configure MiniStack or read its queues.

MiniStack does not check policies for them. No bucket can have such a name.
"""


class Authorization:
    """Lets only the account's own key use internal paths. All other requests go to ``application``."""

    def __init__(self, application: Application, root_key_id: str, find_secret: FindSecret) -> None:
        self._application = application
        self._root_key_id = root_key_id
        self._find_secret = find_secret

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one request."""
        path = scope.get("path", "")
        if path.startswith(INTERNAL) and scope[CALLER] != self._root_key_id:
            message = f"Only the account's own key may use {INTERNAL}..."
            await _send(send, 403, {"code": "AccessDenied", "message": message})
        elif path == PATH:
            request = b"".join([piece async for piece in pieces(receive)])
            await _send(send, 200, self._decide(AuthorizationRequest.from_json(request)))
        else:
            await self._application(scope, receive, send)

    def _decide(self, asked: AuthorizationRequest) -> dict[str, str]:
        """Return an empty dictionary if all is allowed, else code and message of the error."""
        request = asked.request
        try:
            caller = check_signature(request, asked.body, self._find_secret)
        except AccessError as error:
            return {"code": error.code, "message": str(error)}
        for resource in asked.resources:
            denial = iam_evaluator.enforce(
                caller,
                asked.action,
                asked.service,
                asked.region,
                resource_arn=resource,
                service_context={"iam:PassedToService": asked.passed_to} if asked.passed_to else None,
            )
            if isinstance(denial, iam_evaluator.AuthError):
                return {"code": denial.code, "message": denial.message}
            if denial:
                return {
                    "code": "AccessDeniedException",
                    "message": f"User: {denial.principal_arn} is not authorized to perform: "
                    f"{asked.action} on resource: {resource}",
                }
        return {}


async def _send(send: Any, status: int, answer: dict[str, str]) -> None:
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
