"""Rules, and mirrors of those whose targets MiniStack does not serve: the same trigger, a queue of ours."""

import hashlib
import json
import threading
from typing import Any

from local.cloud import LocalCloud
from local.event_patterns import matches_plainly
from local.targets import service_of

PREFIX = "local-delivery-"
MIRRORED_SERVICES = {"batch", "logs", "ssm"}
"""Targets that MiniStack accepts but does not serve."""


class Rules:
    """The rules of the default event bus, without the mirrors, as of the last ``refresh``."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._events = cloud.client("events")
        self._rules: list[dict[str, Any]] = []
        self._targets: dict[str, list[dict[str, Any]]] = {}

    def refresh(self) -> None:
        """Look at the rules and their targets anew."""
        pages = self._events.get_paginator("list_rules").paginate()
        listed = [rule for page in pages for rule in page["Rules"]]
        rules = [rule for rule in listed if not rule["Name"].startswith(PREFIX)]
        self._targets = {rule["Name"]: self._targets_of(rule["Name"]) for rule in rules}
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
        """Return the enabled rules whose pattern an event matches."""
        return [rule for rule in self.enabled() if self._matches(rule.get("EventPattern"), event)]

    def _matches(self, pattern: str | None, event: dict[str, Any]) -> bool:
        if not pattern:
            return False
        answer = matches_plainly(json.loads(pattern), event)
        if answer is None:
            tested = self._events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
            answer = bool(tested["Result"])
        return answer

    def _targets_of(self, rule: str) -> list[dict[str, Any]]:
        try:
            pages = list(self._events.get_paginator("list_targets_by_rule").paginate(Rule=rule))
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
        self._events.put_rule(Name=name, **trigger)
        self._events.put_targets(
            Rule=name,
            Targets=[
                {
                    "Id": "queue",
                    "Arn": self._queue_arn,
                    "InputTransformer": {"InputTemplate": _template(rule["Name"], target_id)},
                }
            ],
        )
        self._triggers[name] = json.dumps(trigger)

    def _remove(self, name: str) -> None:
        self._events.remove_targets(Rule=name, Ids=["queue"])
        self._events.delete_rule(Name=name)
        del self._triggers[name]


def _template(rule: str, target_id: str) -> str:
    return (
        f'{{"rule": {json.dumps(rule)}, "target": {json.dumps(target_id)}, "event": <aws.events.event.json>}}'
    )


def _mirror_name(rule: dict[str, Any], target: dict[str, Any]) -> str:
    identity = json.dumps([rule["Name"], target["Id"]])
    return PREFIX + hashlib.sha256(identity.encode()).hexdigest()[:16]
