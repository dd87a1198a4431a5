"""Resource policies as the emulated account can hold them."""

import json
from typing import Any

SECURE_TRANSPORT = "aws:securetransport"


def without_tls_demand(document: str) -> str | None:
    """Return the policy ``document`` without statements that refuse plain HTTP; None if no statement is left.

    The emulated account enforces policies and is reached over plain HTTP that never leaves the machine: a
    statement that denies what comes without TLS would deny everything.
    """
    policy = json.loads(document)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    kept = [statement for statement in statements if not _demands_tls(statement)]
    return json.dumps({**policy, "Statement": kept}) if kept else None


def _demands_tls(statement: dict[str, Any]) -> bool:
    conditions = [
        (key.lower(), str(value).lower())
        for keys in statement.get("Condition", {}).values()
        for key, value in keys.items()
    ]
    return statement["Effect"] == "Deny" and conditions == [(SECURE_TRANSPORT, "false")]
