import json
from typing import Any

import pytest

from local.deployment.policy import without_tls_demand

DENY: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
TLS_ONLY: dict[str, Any] = {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
ALLOW: dict[str, Any] = {**DENY, "Effect": "Allow"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_demand_for_tls_is_left_out_and_all_else_kept() -> None:
    assert without_tls_demand(policy(ALLOW, TLS_ONLY, DENY)) == policy(ALLOW, DENY)


@pytest.mark.parametrize(
    "statement",
    [
        DENY,
        {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {
            **DENY,
            "Condition": {
                "Bool": {"aws:SecureTransport": "false"},
                "StringEquals": {"aws:PrincipalArn": "x"},
            },
        },
        {**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ],
)
def test_a_statement_that_says_anything_else_stays(statement: dict[str, Any]) -> None:
    assert without_tls_demand(policy(statement)) == policy(statement)


def test_a_policy_that_demands_nothing_but_tls_is_none() -> None:
    assert without_tls_demand(policy(TLS_ONLY)) is None
    assert without_tls_demand(json.dumps({"Version": "2012-10-17", "Statement": TLS_ONLY})) is None
