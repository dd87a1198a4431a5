"""Mails about failed files and lost uploads, and a dashboard of everything."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.account import Account
from components.aws.names import stack_prefix
from components.monitoring.alarms import Alarms, Watched
from components.monitoring.consoles import dashboard_url
from components.monitoring.dashboard import Shown, dashboard_body
from components.monitoring.job_history import JobHistory, JobHistoryArgs
from components.monitoring.notifications import Notifications, NotificationsArgs
from components.monitoring.queries import SavedQueries
from components.monitoring.rule_metrics import Dimensions


@dataclass(frozen=True)
class MonitoringArgs:
    """What to watch, and who gets mails."""

    job_queue_arn: pulumi.Input[str]
    log_group_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    submitting_rules: Sequence[Dimensions]
    """The rules that turn uploads into jobs."""

    collecting_rules: Sequence[Dimensions]
    """The rules on recordings that share jobs."""

    collection_queue_name: pulumi.Input[str] | None
    """The queue of those recordings, if some share jobs."""

    upload_rules: Sequence[Dimensions]
    """All of these, and what leads to them."""

    dead_letter_queue_name: pulumi.Input[str]
    report_rule_names: Sequence[pulumi.Input[str]]
    """The rules that lead to failure reports."""

    report_dead_letter_queue_name: pulumi.Input[str]
    output_bucket: pulumi.Input[str]
    output_bucket_arn: pulumi.Input[str]
    output_prefix: str
    kms_key_arn: str | None
    alarm_emails: Sequence[str]
    digest_minutes: int
    """Failures within this many minutes go into one mail."""

    notify_finished: bool
    enable_alarms: bool
    instance_types: Sequence[str]
    usd_per_hour: Mapping[str, float]
    """Known prices of instance types."""

    metrics_interval_seconds: int
    account: Account


class Monitoring(pulumi.ComponentResource):
    """Notifications, job history, alarms, saved queries and dashboard.

    An alarm always costs money, so alarms exist only if somebody gets them. The saved queries come with them.
    """

    topic: aws.sns.Topic
    dashboard_url: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:Monitoring", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        notifications = Notifications(
            name,
            NotificationsArgs(
                job_queue_arn=args.job_queue_arn,
                log_group_name=args.log_group_name,
                output_bucket=args.output_bucket,
                output_bucket_arn=args.output_bucket_arn,
                output_prefix=args.output_prefix,
                kms_key_arn=args.kms_key_arn,
                emails=args.alarm_emails,
                window_minutes=args.digest_minutes,
                notify_finished=args.notify_finished,
                has_lists=args.collection_queue_name is not None,
                encrypt=args.enable_alarms or bool(args.alarm_emails),
                account=args.account,
            ),
            opts=child,
        )
        self.topic = notifications.topic
        history = JobHistory("history", JobHistoryArgs(args.job_queue_arn, args.log_group_arn), opts=child)
        alarm_arns: list[pulumi.Output[str]] = []
        if args.enable_alarms:
            watched = Watched(
                upload_rules=args.upload_rules,
                failed_rule=notifications.rules["failed"].name,
                blocked_rule=notifications.rules["blocked"].name,
                notice_rules=[rule.name for rule in notifications.rules.values()],
                waiting_rule=history.waiting.name,
                running_rule=history.running.name,
                ended_rule=history.ended.name,
                collection_queue=args.collection_queue_name,
                upload_dead_letters=args.dead_letter_queue_name,
                notices=notifications.notices.name,
                notice_dead_letters=notifications.dead_letters.name,
                report_rules=args.report_rule_names,
                report_dead_letters=args.report_dead_letter_queue_name,
            )
            alarm_arns = Alarms(name, watched, notifications.topic.arn, opts=child).arns
            SavedQueries(name, args.log_group_name, opts=child)
        body = pulumi.Output.all(
            upload_rules=[dict(each) for each in args.submitting_rules],
            collecting_rules=[dict(each) for each in args.collecting_rules],
            collection_queue=args.collection_queue_name,
            failed_rule=notifications.rules["failed"].name,
            blocked_rule=notifications.rules["blocked"].name,
            waiting_rule=history.waiting.name,
            running_rule=history.running.name,
            ended_rule=history.ended.name,
            dead_letters=args.dead_letter_queue_name,
            log_group=args.log_group_name,
            alarm_arns=alarm_arns,
        ).apply(
            lambda names: dashboard_body(
                Shown(
                    region=args.account.region,
                    stack=stack_prefix(),
                    instance_types=args.instance_types,
                    usd_per_hour=args.usd_per_hour,
                    metrics_interval_seconds=args.metrics_interval_seconds,
                    **names,
                )
            )
        )
        dashboard = aws.cloudwatch.Dashboard(
            name, dashboard_name=stack_prefix(), dashboard_body=body.apply(json.dumps), opts=child
        )
        self.dashboard_url = dashboard.dashboard_name.apply(
            lambda dashboard_name: dashboard_url(args.account.partition, args.account.region, dashboard_name)
        )
        self.register_outputs({"dashboardUrl": self.dashboard_url})
