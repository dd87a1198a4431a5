"""When the stack calls somebody."""

from typing import Any

import pytest

from components.monitoring.alarms import METRICS_PER_ALARM, lost_events, rule_groups
from components.monitoring.rule_metrics import rule_dimensions
from tests.components.graph import ACCOUNT, PARTITION, REGION, Graph, run_program

TOPIC = f"arn:{PARTITION}:sns:{REGION}:{ACCOUNT}:watch"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run_program({"alarmEmail": "team@example.org"})


def metrics(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    """Name and dimension of what an alarm looks at."""
    found = [query["metric"] for query in alarm["metricQueries"] if "metric" in query]
    return {(each["metricName"], *each["dimensions"].values()) for each in found}


def expressions(alarm: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["expression"] for each in alarm["metricQueries"] if "expression" in each}


def test_without_somebody_to_hear_them_there_are_no_alarms_to_pay() -> None:
    assert not run_program().of_type("MetricAlarm")
    assert run_program({"enableAlarms": "true"}).of_type("MetricAlarm")


def test_every_alarm_speaks_on_the_topic_and_compares_one_result_with_nought(graph: Graph) -> None:
    alarms = graph.of_type("MetricAlarm")
    assert {each.name for each in alarms} == {
        *("watch-failed", "watch-blocked", "watch-no-progress", "watch-dead-letters"),
        *("watch-lost-notices", "watch-lost-reasons", "watch-undelivered-1", "watch-undelivered-2"),
        "watch-undelivered-3",
    }
    for alarm in (each.inputs for each in alarms):
        assert alarm["alarmActions"] == [TOPIC]
        assert alarm["name"].startswith("parakeet-transcription-test-")
        assert alarm["threshold"] == 0
        assert [query["returnData"] for query in alarm["metricQueries"]].count(True) == 1
        assert alarm["metricQueries"][-1]["returnData"]


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("watch-failed", ("Invocations", "watch-failed-1234567")),
        ("watch-blocked", ("Invocations", "watch-blocked-1234567")),
        ("watch-dead-letters", ("ApproximateNumberOfMessagesVisible", "uploads-dead-letters-1234567")),
        ("watch-lost-reasons", ("ApproximateNumberOfMessagesVisible", "failures-dead-letters-1234567")),
    ],
)
def test_one_failure_or_one_lost_message_is_enough(graph: Graph, name: str, metric: tuple[str, str]) -> None:
    alarm = graph.one("MetricAlarm", name)
    assert metrics(alarm) == {metric}
    assert (alarm["comparisonOperator"], alarm["evaluationPeriods"]) == ("GreaterThanThreshold", 1)
    assert alarm["treatMissingData"] == "notBreaching"


def test_a_notice_that_is_lost_or_waits_for_hours_is_told_of(graph: Graph) -> None:
    alarm = graph.one("MetricAlarm", "watch-lost-notices")
    assert metrics(alarm) == {
        ("ApproximateNumberOfMessagesVisible", "watch-dead-letters-1234567"),
        ("ApproximateAgeOfOldestMessage", "watch-notices-1234567"),
    }
    assert expressions(alarm) == {"unmailed": "FILL(letters, 0) + IF(FILL(age, 0) > 7200, 1, 0)"}


def test_failed_files_are_not_reported_as_recovered(graph: Graph) -> None:
    silent = {each.name for each in graph.of_type("MetricAlarm") if each.inputs["okActions"] != [TOPIC]}
    assert silent == {"watch-failed"}


def test_an_hour_of_waiting_without_any_start_or_end_is_no_progress(graph: Graph) -> None:
    alarm = graph.one("MetricAlarm", "watch-no-progress")
    assert metrics(alarm) == {
        ("Invocations", f"history-{state}-1234567") for state in ("waiting", "running", "ended")
    }
    assert expressions(alarm)["last"] == "FILL(seen, REPEAT)"
    periods = {query["metric"]["period"] for query in alarm["metricQueries"] if "metric" in query}
    assert periods == {300}
    assert (alarm["comparisonOperator"], alarm["evaluationPeriods"]) == ("LessThanThreshold", 12)
    # A quiet hour says nothing new about the jobs that wait.
    assert alarm["treatMissingData"] == "ignore"


def test_no_event_of_any_rule_is_lost_unseen() -> None:
    graph = run_program({"alarmEmail": "team@example.org", "notifyFinished": "true"})
    rules = {f"{each.name}-1234567" for each in graph.of_type("EventRule")}
    alarms = (graph.one("MetricAlarm", f"watch-undelivered-{number}") for number in (1, 2, 3))
    watched = set.union(*(metrics(alarm) for alarm in alarms))
    assert watched == {
        (metric, rule) for rule in rules for metric in ("FailedInvocations", "InvocationsFailedToBeSentToDlq")
    }


def test_many_rules_are_shared_out_over_alarms_of_as_many_metrics_as_one_takes() -> None:
    rules = [rule_dimensions(f"uploads-{number}") for number in range(12)]
    groups = rule_groups(rules)
    assert [rule for group in groups for rule in group] == rules
    for group in groups:
        assert sum(query.metric is not None for query in lost_events(group)) <= METRICS_PER_ALARM
