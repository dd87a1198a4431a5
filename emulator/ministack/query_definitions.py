"""Saved queries of CloudWatch Logs Insights, which MiniStack does not have."""

import base64
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from emulator.ministack.cloudwatch_protocols import Answer, Handler

PAGE_LIMIT = 1000


class LogsError(Exception):
    """An error answer. ``code`` is its name in CloudWatch Logs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class QueryDefinitions:
    """Handles requests of CloudWatch Logs for query definitions. All others go to ``others``."""

    def __init__(self, others: Handler) -> None:
        self._others = others
        self._definitions: dict[str, dict[str, Any]] = {}
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "PutQueryDefinition": self.put,
            "DescribeQueryDefinitions": self.describe,
            "DeleteQueryDefinition": self.delete,
        }

    async def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> Answer:
        """Answer a request whose caller is allowed to make it."""
        operation = self._operations.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return await self._others(method, path, headers, body, query)
        status = 200
        try:
            answer = operation(json.loads(body or b"{}"))
        except LogsError as error:
            status, answer = 400, {"__type": error.code, "message": str(error)}
        return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()

    def put(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """PutQueryDefinition: make a query, or change the one with ``queryDefinitionId``.

        Raises:
            LogsError: name or query is missing, or there is no such definition.
        """
        for name in ("name", "queryString"):
            if not parameters.get(name):
                raise LogsError("InvalidParameterException", f"{name} must be given.")
        identifier = parameters.get("queryDefinitionId") or str(uuid.uuid4())
        if "queryDefinitionId" in parameters:
            self._find(identifier)
        self._definitions[identifier] = {
            "queryLanguage": "CWLI",
            "logGroupNames": [],
            **{name: value for name, value in parameters.items() if name != "clientToken"},
            "queryDefinitionId": identifier,
            "lastModified": time.time_ns() // 1_000_000,
        }
        return {"queryDefinitionId": identifier}

    def describe(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DescribeQueryDefinitions with a name prefix: sorted by name, one page."""
        prefix = parameters.get("queryDefinitionNamePrefix", "")
        found = sorted(
            (each for each in self._definitions.values() if each["name"].startswith(prefix)),
            key=lambda each: (each["name"], each["queryDefinitionId"]),
        )
        start = int(base64.b64decode(parameters.get("nextToken", "MA==")))
        end = start + parameters.get("maxResults", PAGE_LIMIT)
        more = {"nextToken": base64.b64encode(str(end).encode()).decode()} if end < len(found) else {}
        return {"queryDefinitions": found[start:end], **more}

    def delete(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """DeleteQueryDefinition.

        Raises:
            LogsError: there is no such definition.
        """
        self._find(parameters.get("queryDefinitionId", ""))
        del self._definitions[parameters["queryDefinitionId"]]
        return {"success": True}

    def _find(self, identifier: str) -> dict[str, Any]:
        if identifier not in self._definitions:
            raise LogsError("ResourceNotFoundException", f"There is no query definition {identifier}.")
        return self._definitions[identifier]
