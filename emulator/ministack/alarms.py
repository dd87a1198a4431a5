"""Describe metric alarms with all their settings; MiniStack leaves some out."""

import json
from collections.abc import Mapping
from typing import Any

from emulator.ministack.cloudwatch_protocols import Answer, Handler, Request, RequestReader

JSON_TARGET = "GraniteServiceVersion20100801"
DEFAULTS: dict[str, Any] = {
    "ActionsEnabled": True,
    "AlarmActions": [],
    "Dimensions": [],
    "InsufficientDataActions": [],
    "Metrics": [],
    "OKActions": [],
}


class Alarms:
    """Handles requests to put and describe alarms. All others go to ``others``."""

    def __init__(self, others: Handler) -> None:
        self._others = others
        self._reader = RequestReader("cloudwatch")
        self._settings: dict[str, dict[str, Any]] = {}

    async def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> Answer:
        """Answer a request whose caller is allowed to make it."""
        request = self._reader.read(path, headers, body)
        if request and request.operation.name in ("PutMetricAlarm", "DescribeAlarms"):
            status, _, answer = await self._ask(request)
            if status == 200:
                output = json.loads(answer or b"{}")
                self._keep(request) if request.operation.name == "PutMetricAlarm" else self._complete(output)
                return request.answer(output)
        # In this way an error has the form that the client expects, too.
        return await self._others(method, path, headers, body, query)

    async def _ask(self, request: Request) -> Answer:
        """Ask MiniStack in JSON, the protocol in which its answers are the most complete."""
        name = request.operation.name
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"{JSON_TARGET}.{name}"}
        return await self._others("POST", "/", headers, json.dumps(request.parameters).encode(), {})

    def _keep(self, request: Request) -> None:
        settings = {key: value for key, value in request.parameters.items() if key != "Tags"}
        self._settings[settings["AlarmName"]] = settings

    def _complete(self, output: dict[str, Any]) -> None:
        """Replace the settings in MiniStack's answer by those that were put."""
        known = self._reader.members("PutMetricAlarm")
        output["MetricAlarms"] = [
            {key: value for key, value in alarm.items() if key not in known}
            | DEFAULTS
            | self._settings[alarm["AlarmName"]]
            for alarm in output["MetricAlarms"]
        ]
