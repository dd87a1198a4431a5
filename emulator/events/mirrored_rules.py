"""Mirror the rules whose targets MiniStack does not serve: same trigger, but an SQS queue as target."""

import hashlib
import json
import threading
from typing import Any

from emulator.cloud import LocalCloud
from emulator.events.rules import MIRROR_PREFIX, Rules
from emulator.events.targets import service_of

MIRRORED_SERVICES = {"batch", "logs", "ssm"}
"""MiniStack accepts targets of these services but delivers nothing to them."""


class MirroredRules:
    """Keeps a mirrored rule for each target that MiniStack does not serve."""

    def __init__(self, cloud: LocalCloud, rules: Rules, queue_arn: str) -> None:
        self._events = cloud.client("events")
        self._rules = rules
        self._queue_arn = queue_arn
        self._triggers: dict[str, str] = {}
        self._buses: dict[str, str] = {}
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Mirror the rules as they are now."""
        with self._lock:
            self._rules.refresh()
            wanted = {
                _mirror_name(rule, target): (rule, target)
                for rule in self._rules.enabled()
                for target in self._rules.targets(rule["Name"])
                if service_of(target["Arn"]) in MIRRORED_SERVICES
            }
            for name, (rule, target) in wanted.items():
                self._put(name, rule, target["Id"])
            for name in set(self._triggers) - set(wanted):
                self._remove(name)

    def remove(self) -> None:
        """Remove all mirrored rules."""
        with self._lock:
            for name in list(self._triggers):
                self._remove(name)

    def _put(self, name: str, rule: dict[str, Any], target_id: str) -> None:
        trigger = {key: rule[key] for key in ("EventPattern", "ScheduleExpression") if rule.get(key)}
        if self._triggers.get(name) == json.dumps(trigger):
            return
        bus = rule["EventBusName"]
        self._events.put_rule(Name=name, EventBusName=bus, **trigger)
        self._events.put_targets(
            Rule=name,
            EventBusName=bus,
            Targets=[
                {
                    "Id": "queue",
                    "Arn": self._queue_arn,
                    "InputTransformer": {"InputTemplate": _template(rule["Name"], target_id)},
                }
            ],
        )
        self._triggers[name] = json.dumps(trigger)
        self._buses[name] = bus

    def _remove(self, name: str) -> None:
        bus = self._buses[name]
        try:
            self._events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
            self._events.delete_rule(Name=name, EventBusName=bus)
        except self._events.exceptions.ResourceNotFoundException:
            # The event bus was deleted, with its rules.
            pass
        del self._triggers[name], self._buses[name]


def _template(rule: str, target_id: str) -> str:
    return (
        f'{{"rule": {json.dumps(rule)}, "target": {json.dumps(target_id)}, "event": <aws.events.event.json>}}'
    )


def _mirror_name(rule: dict[str, Any], target: dict[str, Any]) -> str:
    identity = json.dumps([rule["Name"], target["Id"]])
    return MIRROR_PREFIX + hashlib.sha256(identity.encode()).hexdigest()[:16]
