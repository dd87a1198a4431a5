"""What a service beside MiniStack asks it: who signed a request that it has got, and what he may do."""

import json
from typing import Any

from ministack.core import iam_evaluator

from local.access.errors import AccessError
from local.access.questions import PATH, Question
from local.access.signatures import FindSecret, check_signature
from local.shim.gate import CALLER
from local.shim.requests import Application, Scope


class Authorization:
    """Answers such questions, from the account's own key alone; other requests go to ``application``."""

    def __init__(self, application: Application, root_key_id: str, find_secret: FindSecret) -> None:
        self._application = application
        self._root_key_id = root_key_id
        self._find_secret = find_secret

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope.get("path") != PATH:
            await self._application(scope, receive, send)
            return
        if scope[CALLER] != self._root_key_id:
            answer = {"code": "AccessDenied", "message": "Only services of this machine ask this."}
        else:
            answer = self._judge(Question.from_json((await receive())["body"]))
        body = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _judge(self, question: Question) -> dict[str, str]:
        """Return nothing if all is allowed, else code and message of the error."""
        request = question.request
        try:
            caller = check_signature(request, question.body, self._find_secret)
        except AccessError as error:
            return {"code": error.code, "message": str(error)}
        for resource in question.resources:
            denial = iam_evaluator.enforce(
                caller, question.action, question.service, question.region, resource_arn=resource
            )
            if isinstance(denial, iam_evaluator.AuthError):
                return {"code": denial.code, "message": denial.message}
            if denial:
                return {
                    "code": "AccessDeniedException",
                    "message": f"User: {denial.principal_arn} is not authorized to perform: "
                    f"{question.action} on resource: {resource}",
                }
        return {}
