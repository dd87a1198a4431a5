"""Rules, and mirrors of those whose targets MiniStack does not serve: the same trigger, a queue of ours."""

import hashlib
import json
import threading
from typing import Any

from emulator.cloud import LocalCloud
from emulator.events.patterns import matches_plainly
from emulator.events.targets import service_of

PREFIX = "local-delivery-"
DEFAULT_BUS = "default"
MIRRORED_SERVICES = {"batch", "logs", "ssm"}
"""Targets that MiniStack accepts but does not serve."""


class Rules:
    """The rules of all event buses, without the mirrors, as of the last ``refresh``."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._events = cloud.client("events")
        self._rules: list[dict[str, Any]] = []
        self._targets: dict[str, list[dict[str, Any]]] = {}

    def refresh(self) -> None:
        """Look at the rules and their targets anew."""
        buses = [bus["Name"] for bus in self._events.list_event_buses()["EventBuses"]]
        listed = [rule for bus in buses for rule in self._rules_of(bus)]
        rules = [rule for rule in listed if not rule["Name"].startswith(PREFIX)]
        self._targets = {rule["Name"]: self._targets_of(rule) for rule in rules}
        self._rules = rules

    def enabled(self) -> list[dict[str, Any]]:
        """Return the enabled rules, as ListRules shows them."""
        return [rule for rule in self._rules if rule["State"] == "ENABLED"]

    def targets(self, rule: str) -> list[dict[str, Any]]:
        """Return the targets of a rule; none if it does not exist."""
        return self._targets.get(rule, [])

    def find(self, rule: str, target_id: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return a rule and one of its targets, or None if either is gone."""
        target = next((target for target in self.targets(rule) if target["Id"] == target_id), None)
        found = next((each for each in self._rules if each["Name"] == rule), None)
        return (found, target) if found and target else None

    def matching(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the enabled rules of the default bus whose pattern an event matches."""
        on_default_bus = (rule for rule in self.enabled() if rule["EventBusName"] == DEFAULT_BUS)
        return [rule for rule in on_default_bus if self._matches(rule.get("EventPattern"), event)]

    def _matches(self, pattern: str | None, event: dict[str, Any]) -> bool:
        if not pattern:
            return False
        answer = matches_plainly(json.loads(pattern), event)
        if answer is None:
            tested = self._events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
            answer = bool(tested["Result"])
        return answer

    def _rules_of(self, bus: str) -> list[dict[str, Any]]:
        try:
            pages = list(self._events.get_paginator("list_rules").paginate(EventBusName=bus))
        except self._events.exceptions.ResourceNotFoundException:
            return []
        return [rule for page in pages for rule in page["Rules"]]

    def _targets_of(self, rule: dict[str, Any]) -> list[dict[str, Any]]:
        paginator = self._events.get_paginator("list_targets_by_rule")
        try:
            pages = list(paginator.paginate(Rule=rule["Name"], EventBusName=rule["EventBusName"]))
        except self._events.exceptions.ResourceNotFoundException:
            return []
        return [target for page in pages for target in page["Targets"]]


class Mirrors:
    """A mirror for each target that MiniStack does not serve; its messages say whose they are."""

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
        """Remove all mirrors."""
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
            # The bus is gone, and the mirror with it.
            pass
        del self._triggers[name], self._buses[name]


def _template(rule: str, target_id: str) -> str:
    return (
        f'{{"rule": {json.dumps(rule)}, "target": {json.dumps(target_id)}, "event": <aws.events.event.json>}}'
    )


def _mirror_name(rule: dict[str, Any], target: dict[str, Any]) -> str:
    identity = json.dumps([rule["Name"], target["Id"]])
    return PREFIX + hashlib.sha256(identity.encode()).hexdigest()[:16]
