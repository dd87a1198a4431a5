"""Alarms on metrics that AWS itself keeps. They call somebody to look."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws.cloudwatch import MetricAlarmMetricQueryArgs as Query
from pulumi_aws.cloudwatch import MetricAlarmMetricQueryMetricArgs as QueryMetric

from components.aws.names import stack_prefix
from components.monitoring.rule_metrics import Dimensions, rule_dimensions
from transcriber.outcomes import FAILURES_FOLDER

PERIOD_SECONDS = 300
STUCK_PERIODS = 12
"""An hour. Instances take minutes to start, and Spot capacity may take longer."""

METRICS_PER_ALARM = 10
"""PutMetricAlarm accepts no more metrics in one expression."""

LOST_EVENTS = ("FailedInvocations", "InvocationsFailedToBeSentToDlq")
"""Events that were neither delivered nor kept.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

VISIBLE = "ApproximateNumberOfMessagesVisible"
OLDEST = "ApproximateAgeOfOldestMessage"

LONGEST_WAIT_SECONDS = 2 * 3600
"""The most time that a notice may wait. Mails about finished files are sent every hour."""

LONGEST_COLLECTION_SECONDS = 15 * 60
"""The most time that an upload may wait until it shares a job."""

ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"


@dataclass(frozen=True)
class Watched:
    """Names of the rules and queues that the alarms watch."""

    upload_rules: Sequence[Dimensions]
    failed_rule: pulumi.Input[str]
    blocked_rule: pulumi.Input[str]
    notice_rules: Sequence[pulumi.Input[str]]
    """These two rules, and all other rules that lead to mails."""

    waiting_rule: pulumi.Input[str]
    running_rule: pulumi.Input[str]
    ended_rule: pulumi.Input[str]
    collection_queue: pulumi.Input[str] | None
    """The queue of recordings that share jobs, if some do."""

    upload_dead_letters: pulumi.Input[str]
    notices: pulumi.Input[str]
    notice_dead_letters: pulumi.Input[str]
    report_rules: Sequence[pulumi.Input[str]]
    report_dead_letters: pulumi.Input[str]

    @property
    def rules(self) -> list[Dimensions]:
        """Every rule of the stack."""
        history = (self.waiting_rule, self.running_rule, self.ended_rule)
        others = (*self.notice_rules, *history, *self.report_rules)
        return [*self.upload_rules, *(rule_dimensions(rule) for rule in others)]


@dataclass(frozen=True)
class Alarm:
    """The condition of an alarm: the last of ``queries``, as PutMetricAlarm has them, is above or below 0."""

    label: str
    description: str
    queries: Sequence[Query]
    comparison: str = ABOVE
    periods: int = 1
    missing: str = "notBreaching"
    """EventBridge and SQS report nothing while nothing happens."""

    announces_recovery: bool = True


class Alarms(pulumi.ComponentResource):
    """One metric alarm for each condition. It sends its message to the topic. An alarm always costs money."""

    arns: list[pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        watched: Watched,
        topic_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("parakeet:components:Alarms", name, None, opts)
        self.arns = [
            aws.cloudwatch.MetricAlarm(
                f"{name}-{alarm.label}",
                # It is the subject of the mail.
                name=f"{stack_prefix()}-{alarm.label}",
                alarm_description=alarm.description,
                metric_queries=alarm.queries,
                comparison_operator=alarm.comparison,
                threshold=0,
                evaluation_periods=alarm.periods,
                treat_missing_data=alarm.missing,
                alarm_actions=[topic_arn],
                ok_actions=[topic_arn] if alarm.announces_recovery else [],
                opts=pulumi.ResourceOptions(parent=self),
            ).arn
            for alarm in alarms(watched)
        ]
        self.register_outputs({})


def alarms(watched: Watched) -> list[Alarm]:
    """Return every alarm of the stack."""
    collection = watched.collection_queue
    return [
        Alarm(
            "failed",
            f"Jobs failed; the mail about each, and {FAILURES_FOLDER} in the output bucket, say why",
            [invocations("failed", watched.failed_rule)],
            # The next quiet minutes do not repair failed files, so there is no message that all is well.
            announces_recovery=False,
        ),
        Alarm(
            "blocked",
            "No job can start: capacity, or a setting that no instance can meet",
            [invocations("blocked", watched.blocked_rule)],
        ),
        Alarm(
            "no-progress",
            "Jobs have been waiting for an hour and none has started or ended",
            stuck(watched),
            comparison=BELOW,
            periods=STUCK_PERIODS,
            # If nothing new happens while jobs wait, this is no recovery.
            missing="ignore",
        ),
        Alarm(
            "dead-letters",
            "Uploads that no job could be started for wait in the dead-letter queue: redrive them",
            [visible_messages("letters", watched.upload_dead_letters)],
        ),
        *(
            [
                Alarm(
                    "not-collected",
                    "Uploads have been waiting for a quarter of an hour to share a job: the collector's log"
                    " says why",
                    too_old(collection, LONGEST_COLLECTION_SECONDS),
                )
            ]
            if collection is not None
            else []
        ),
        Alarm(
            "lost-notices",
            "What became of jobs could not be mailed, and waits in a queue: read it there",
            unmailed(watched),
        ),
        Alarm(
            "lost-reasons",
            f"Why jobs died could not be written to {FAILURES_FOLDER} and waits in a dead-letter queue:"
            " reconcile",
            [visible_messages("letters", watched.report_dead_letters)],
        ),
        *(
            Alarm(
                f"undelivered-{number}",
                "Events were neither delivered nor kept",
                lost_events(rules),
            )
            for number, rules in enumerate(rule_groups(watched.rules), start=1)
        ),
    ]


def rule_groups(rules: Sequence[Dimensions]) -> list[Sequence[Dimensions]]:
    """Return ``rules`` in groups, each small enough for one alarm."""
    size = METRICS_PER_ALARM // len(LOST_EVENTS)
    return [rules[start : start + size] for start in range(0, len(rules), size)]


def invocations(query_id: str, rule: pulumi.Input[str], *, returned: bool = True) -> Query:
    """Return how often ``rule`` matched an event. There is no other count of Batch's events."""
    return _metric(query_id, "AWS/Events", "Invocations", rule_dimensions(rule), "Sum", returned)


def visible_messages(query_id: str, queue: pulumi.Input[str]) -> Query:
    """Return how many messages wait in ``queue``."""
    return _metric(query_id, "AWS/SQS", VISIBLE, {"QueueName": queue}, "Maximum", True)


def unmailed(watched: Watched) -> list[Query]:
    """Return how many notices are lost, or have waited for too long."""
    return [
        _metric("letters", "AWS/SQS", VISIBLE, {"QueueName": watched.notice_dead_letters}, "Maximum", False),
        _metric("age", "AWS/SQS", OLDEST, {"QueueName": watched.notices}, "Maximum", False),
        _expression("unmailed", f"FILL(letters, 0) + IF(FILL(age, 0) > {LONGEST_WAIT_SECONDS}, 1, 0)"),
    ]


def too_old(queue: pulumi.Input[str], seconds: int) -> list[Query]:
    """Return a value above 0 if the oldest message of ``queue`` has waited for more than ``seconds``."""
    return [
        _metric("age", "AWS/SQS", OLDEST, {"QueueName": queue}, "Maximum", False),
        _expression("late", f"IF(FILL(age, 0) > {seconds}, 1, 0)"),
    ]


def lost_events(rules: Sequence[Dimensions]) -> list[Query]:
    """Return the number of events that ``rules`` could neither deliver nor keep."""
    lost = [
        _metric(f"m{number}", "AWS/Events", metric, rule, "Sum", False)
        for number, (rule, metric) in enumerate((rule, metric) for rule in rules for metric in LOST_EVENTS)
    ]
    return [*lost, _expression("lost", "SUM(METRICS())")]


def stuck(watched: Watched) -> list[Query]:
    """Return a value below 0 if jobs began to wait, and none has started or ended since.

    A period in which any job started or ended has a value above 0, however many jobs began to wait in it.
    """
    return [
        invocations("waiting", watched.waiting_rule, returned=False),
        invocations("running", watched.running_rule, returned=False),
        invocations("ended", watched.ended_rule, returned=False),
        _expression("hold", "-1 * waiting", returned=False),
        _expression("go", "1000000 * SUM([running, ended])", returned=False),
        _expression("seen", "SUM([hold, go])", returned=False),
        _expression("last", "FILL(seen, REPEAT)"),
    ]


def _metric(
    query_id: str,
    namespace: str,
    name: str,
    dimensions: Dimensions,
    statistic: str,
    returned: bool,
) -> Query:
    metric = QueryMetric(
        namespace=namespace,
        metric_name=name,
        dimensions=dict(dimensions),
        stat=statistic,
        period=PERIOD_SECONDS,
    )
    return Query(id=query_id, metric=metric, return_data=returned)


def _expression(query_id: str, expression: str, *, returned: bool = True) -> Query:
    return Query(id=query_id, expression=expression, label=query_id, return_data=returned)
