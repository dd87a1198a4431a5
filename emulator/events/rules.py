"""The rules of EventBridge as they stand in the account, with their targets."""

import json
from typing import Any

from emulator.cloud import LocalCloud
from emulator.events.patterns import matches_plainly

MIRROR_PREFIX = "local-delivery-"
"""The names of mirrored rules begin with this."""

DEFAULT_BUS = "default"


class Rules:
    """The rules of all event buses at the last ``refresh``, without the mirrored ones."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._events = cloud.client("events")
        self._rules: list[dict[str, Any]] = []
        self._targets: dict[str, list[dict[str, Any]]] = {}

    def refresh(self) -> None:
        """Read the rules and their targets again."""
        buses = [bus["Name"] for bus in self._events.list_event_buses()["EventBuses"]]
        listed = [rule for bus in buses for rule in self._rules_of(bus)]
        rules = [rule for rule in listed if not rule["Name"].startswith(MIRROR_PREFIX)]
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
