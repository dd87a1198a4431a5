"""Retry decisions as the Batch user guide describes them."""

from typing import Any

import pytest

from emulator.batch.errors import ClientError
from emulator.batch.retry import Outcome, check_strategy, retries

SPOT = Outcome(None, "Host EC2 (instance i-0123) terminated.")


def exited(code: int) -> Outcome:
    return Outcome(code, "Essential container in task exited")


def rule(action: str = "EXIT", **conditions: str) -> dict[str, str]:
    return conditions | {"action": action}


def strategy(*rules: dict[str, str], attempts: int = 3) -> dict[str, Any]:
    return {"attempts": attempts, "evaluateOnExit": list(rules)}


def test_a_job_is_tried_once_by_default() -> None:
    assert not retries({}, exited(1), attempt=1)


def test_a_failed_attempt_is_retried_until_the_attempts_are_used_up() -> None:
    assert [retries(strategy(), exited(1), attempt) for attempt in (1, 2, 3)] == [True, True, False]


def test_the_first_rule_that_matches_decides() -> None:
    rules = strategy(rule("RETRY", onExitCode="7*"), rule("EXIT", onExitCode="75"))
    assert retries(rules, exited(75), attempt=1)


def test_no_matching_rule_means_retry() -> None:
    assert retries(strategy(rule("EXIT", onExitCode="65")), exited(1), attempt=1)


@pytest.mark.parametrize(
    ("pattern", "code", "matches"), [("65", 65, True), ("65", 6, False), ("6*", 65, True), ("*", 1, True)]
)
def test_an_exit_code_matches_whole_or_by_its_start(pattern: str, code: int, matches: bool) -> None:
    assert retries(strategy(rule("EXIT", onExitCode=pattern)), exited(code), attempt=1) is not matches


def test_all_conditions_of_a_rule_must_match() -> None:
    both = rule("EXIT", onExitCode="1", onReason="OutOfMemoryError*")
    assert retries(strategy(both), exited(1), attempt=1)
    oom = Outcome(1, "Essential container in task exited", "OutOfMemoryError: Container killed")
    assert not retries(strategy(both), oom, attempt=1)


def test_actions_are_not_case_sensitive() -> None:
    assert retries(strategy(rule("retry", onExitCode="1")), exited(1), attempt=1)
    assert not retries(strategy(rule("Exit", onExitCode="1")), exited(1), attempt=1)


def test_a_spot_reclaim_is_told_from_a_fault_as_the_user_guide_does_it() -> None:
    rules = strategy(rule("RETRY", onStatusReason="Host EC2*"), rule("EXIT", onReason="*"))
    assert retries(rules, SPOT, attempt=1)
    assert not retries(rules, exited(1), attempt=1)


def test_a_timeout_is_never_retried() -> None:
    timed_out = Outcome(143, "Job attempt duration exceeded timeout", timed_out=True)
    assert not retries(strategy(rule("RETRY", onExitCode="*")), timed_out, attempt=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"attempts": 11}, "attempts 11 is not between 1 and 10"),
        ({"attempts": 0}, "attempts 0 is not between 1 and 10"),
        (strategy(*[rule(onExitCode="1")] * 6), "has 6 entries, at most 5"),
        (strategy(rule()), "needs at least one of"),
        (strategy(rule(onExitCode="1x")), "onExitCode '1x' is not a valid pattern"),
        (strategy(rule(onReason="*Error")), "onReason '[*]Error' is not a valid pattern"),
        (strategy(rule(onStatusReason="x" * 513)), "onStatusReason"),
    ],
)
def test_a_strategy_that_batch_refuses_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        check_strategy(wrong)


def test_five_rules_with_patterns_are_accepted() -> None:
    check_strategy(strategy(*[rule(onReason="CannotPullContainerError: x.y*")] * 5))
