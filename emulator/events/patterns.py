"""Match event patterns that have no operators. This needs no call to EventBridge."""

from collections.abc import Mapping
from typing import Any


def matches_plainly(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool | None:
    """Return whether an event matches ``pattern``; None if the answer depends on an operator.

    A field of the pattern lists the allowed values. An array in the event matches if one of its values does
    (EventBridge user guide, event patterns).
    """
    answers = [_field_matches(allowed, event.get(name)) for name, allowed in pattern.items()]
    if False in answers:
        return False
    return None if None in answers else True


def _field_matches(allowed: Any, value: Any) -> bool | None:
    if isinstance(allowed, Mapping):
        return matches_plainly(allowed, value if isinstance(value, Mapping) else {})
    values = value if isinstance(value, list) else [value]
    if any(isinstance(each, str) and each in values for each in allowed):
        return True
    return False if all(isinstance(each, str) for each in allowed) else None
