"""Decide whether a job gets another attempt."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.batch.errors import ClientError

MAX_ATTEMPTS = 10
MAX_RULES = 5
MAX_PATTERN_CHARACTERS = 512
CONDITIONS = ("onStatusReason", "onReason", "onExitCode")
ALLOWED_PATTERN = {
    "onStatusReason": re.compile(r"[A-Za-z0-9.:\s]*\*?"),
    "onReason": re.compile(r"[A-Za-z0-9.:\s]*\*?"),
    "onExitCode": re.compile(r"[0-9]*\*?"),
}


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    exit_code: int | None
    """128 + signal if a signal ended it; None if it never started."""
    status_reason: str
    """Why the task stopped, such as "Essential container in task exited"."""
    reason: str | None = None
    """The error of the container, such as "CannotPullContainerError: ..."."""
    timed_out: bool = False
    """Whether it ran longer than the job's timeout. Then there is no other attempt."""


def check_strategy(strategy: Mapping[str, Any]) -> None:
    """Check a retry strategy by the rules of Batch.

    Raises:
        ClientError: attempts are not 1-10, there are more than five rules, a rule has no condition, or a
            pattern is too long, has a ``*`` before its end, or is an exit code that is not a number.
    """
    attempts = strategy.get("attempts", 1)
    if not 1 <= attempts <= MAX_ATTEMPTS:
        raise ClientError(f"retryStrategy.attempts {attempts} is not between 1 and {MAX_ATTEMPTS}.")
    rules = strategy.get("evaluateOnExit", [])
    if len(rules) > MAX_RULES:
        raise ClientError(f"evaluateOnExit has {len(rules)} entries, at most {MAX_RULES} are allowed.")
    for rule in rules:
        given = [condition for condition in CONDITIONS if condition in rule]
        if not given:
            raise ClientError(f"An evaluateOnExit entry needs at least one of {', '.join(CONDITIONS)}.")
        for condition in given:
            pattern = rule[condition]
            if len(pattern) > MAX_PATTERN_CHARACTERS or not ALLOWED_PATTERN[condition].fullmatch(pattern):
                raise ClientError(f"evaluateOnExit.{condition} {pattern!r} is not a valid pattern.")


def retries(strategy: Mapping[str, Any], outcome: Outcome, attempt: int) -> bool:
    """Return whether another attempt follows a failed one.

    The first rule whose conditions all match decides. Without a match the job is tried again. A missing value
    counts as an empty text, so ``*`` matches it (Batch user guide, automated job retries).

    Args:
        strategy: ``attempts`` and ``evaluateOnExit`` as in the Batch API.
        outcome: how the attempt ended.
        attempt: its number, from 1.
    """
    if outcome.timed_out or attempt >= strategy.get("attempts", 1):
        return False
    values = {
        "onStatusReason": outcome.status_reason,
        "onReason": outcome.reason or "",
        "onExitCode": "" if outcome.exit_code is None else str(outcome.exit_code),
    }
    for rule in strategy.get("evaluateOnExit", []):
        if all(_matches(rule[name], value) for name, value in values.items() if name in rule):
            return bool(rule["action"].upper() == "RETRY")
    return True


def _matches(pattern: str, value: str) -> bool:
    if pattern.endswith("*"):
        return value.startswith(pattern.removesuffix("*"))
    return value == pattern
