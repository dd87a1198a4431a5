"""Event patterns without operators, which need no call to be matched."""

from collections.abc import Mapping
from typing import Any


def matches_plainly(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool | None:
    """Tell whether an event matches, or return None where that takes operators to tell.

    A field of the pattern lists what the event's field may be; an array in the event matches by any of its
    values (EventBridge user guide, event patterns).
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
