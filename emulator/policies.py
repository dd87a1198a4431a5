"""Decide whether a policy document lets an AWS service do something. MiniStack does not check this.

Only Allow statements are read, with conditions on who asks and from which account.
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

CONDITION_OPERATORS = {"ArnEquals", "ArnLike", "StringEquals", "StringLike"}
IF_EXISTS = "IfExists"
"""A condition whose operator ends so is met if the request does not have the key."""


def allows_service(
    document: Mapping[str, Any] | str,
    service: str,
    action: str,
    resource: str = "*",
    context: Mapping[str, str] | None = None,
) -> bool:
    """Return whether a trust policy or resource policy allows an action to ``service``.

    Args:
        document: the policy, parsed or as JSON.
        service: the service's principal, such as ``events.amazonaws.com``.
        action: such as ``sqs:SendMessage``.
        resource: ARN of the resource that has the policy; ``*`` for trust policies, which name none.
        context: condition keys (any case) and their values, such as ``aws:SourceArn``.
    """
    policy = json.loads(document) if isinstance(document, str) else document
    values = {key.lower(): value for key, value in (context or {}).items()}
    return any(
        statement.get("Effect") == "Allow"
        and _names(statement.get("Principal"), service)
        and any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _as_list(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in _as_list(statement.get("Resource", resource)))
        and _is_met(statement.get("Condition", {}), values)
        for statement in _as_list(policy.get("Statement", []))
    )


def _names(principal: object, service: str) -> bool:
    if isinstance(principal, Mapping):
        return service in _as_list(principal.get("Service", [])) or principal.get("AWS") == "*"
    return principal == "*"


def _is_met(conditions: Mapping[str, Mapping[str, Any]], values: Mapping[str, str]) -> bool:
    return all(
        operator.removesuffix(IF_EXISTS) in CONDITION_OPERATORS
        and (
            any(fnmatchcase(values.get(key.lower(), ""), pattern) for pattern in _as_list(patterns))
            or (operator.endswith(IF_EXISTS) and key.lower() not in values)
        )
        for operator, keys in conditions.items()
        for key, patterns in keys.items()
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
