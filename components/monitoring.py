"""Who is told what: failed files and lost uploads by mail, all of it on a dashboard."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.consoles import dashboard_url
from components.dashboard import dashboard_body
from components.notifications import Notifications, NotificationsArgs

ALARM_PERIOD_SECONDS = 300


@dataclass(frozen=True)
class MonitoringArgs:
    """What to watch and whom to tell."""

    job_queue_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    rule_names: Sequence[pulumi.Input[str]]
    """The rules that turn uploads into jobs."""

    dead_letter_queue_name: pulumi.Input[str]
    output_bucket: pulumi.Input[str]
    output_prefix: str
    retry_attempts: int
    alarm_emails: Sequence[str]
    notify_finished: bool
    account_id: str
    partition: str
    region: str


class Monitoring(pulumi.ComponentResource):
    """Topic, notification of failed jobs, dashboard; with an address also mail and an alarm on lost uploads.

    A failed job is an event, told at once; an upload that never became a job is a message in the dead-letter
    queue, which only an alarm sees. Alarms cost money even when idle, so there is none that nobody hears.
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
                output_prefix=args.output_prefix,
                retry_attempts=args.retry_attempts,
                emails=args.alarm_emails,
                notify_finished=args.notify_finished,
                encrypt=bool(args.alarm_emails),
                account_id=args.account_id,
                partition=args.partition,
                region=args.region,
            ),
            opts=child,
        )
        self.topic = notifications.topic
        if args.alarm_emails:
            self._lost_uploads(name, args, notifications.topic)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=f"{pulumi.get_project()}-{pulumi.get_stack()}",
            dashboard_body=pulumi.Output.all(
                args.region, list(args.rule_names), args.dead_letter_queue_name, args.log_group_name
            ).apply(lambda parts: json.dumps(dashboard_body(*parts))),
            opts=child,
        )
        self.dashboard_url = dashboard.dashboard_name.apply(
            lambda dashboard_name: dashboard_url(args.partition, args.region, dashboard_name)
        )
        self.register_outputs({"dashboardUrl": self.dashboard_url})

    def _lost_uploads(self, name: str, args: MonitoringArgs, topic: aws.sns.Topic) -> None:
        aws.cloudwatch.MetricAlarm(
            f"{name}-dead-letters",
            alarm_description="Uploads that no job could be started for wait in the dead-letter queue",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": args.dead_letter_queue_name},
            statistic="Maximum",
            period=ALARM_PERIOD_SECONDS,
            evaluation_periods=1,
            comparison_operator="GreaterThanThreshold",
            threshold=0,
            # SQS reports nothing of a queue that has been idle for long.
            treat_missing_data="notBreaching",
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
            opts=pulumi.ResourceOptions(parent=self),
        )
