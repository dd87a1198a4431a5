"""Who is told what: failed files and lost uploads by mail, all of it on a dashboard."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.dashboard import dashboard_body, dashboard_url
from components.policies import Document, allow, document, to_json

ALARM_PERIOD_SECONDS = 300
FAILURE_TEMPLATE = '"No transcript for <key> of <bucket>: <reason> (job <job>, log stream <log>)"'


@dataclass(frozen=True)
class MonitoringArgs:
    """What to watch and whom to tell."""

    job_queue_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    rule_names: Sequence[pulumi.Input[str]]
    """The rules that turn uploads into jobs."""

    dead_letter_queue_name: pulumi.Input[str]
    alarm_email: str | None
    account_id: str
    partition: str
    region: str


class Monitoring(pulumi.ComponentResource):
    """Topic, notification of failed jobs, dashboard; with an address also mail and an alarm on lost uploads.

    A failed job is an event, told at once; an upload that never became a job is a message in the dead-letter
    queue, which only an alarm sees. Alarms cost money even when idle, so there is none that nobody hears.
    """

    dashboard_url: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:Monitoring", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = self._topic(name, args)
        self._failed_jobs(name, args, topic)
        if args.alarm_email:
            self._lost_uploads(name, args, topic)
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

    def _topic(self, name: str, args: MonitoringArgs) -> aws.sns.Topic:
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(name, opts=child)
        policy = topic.arn.apply(lambda arn: to_json(topic_policy(arn, args.account_id)))
        aws.sns.TopicPolicy(name, arn=topic.arn, policy=policy, opts=child)
        if args.alarm_email:
            aws.sns.TopicSubscription(
                name, topic=topic.arn, protocol="email", endpoint=args.alarm_email, opts=child
            )
        return topic

    def _failed_jobs(self, name: str, args: MonitoringArgs, topic: aws.sns.Topic) -> None:
        child = pulumi.ResourceOptions(parent=self)
        pattern = pulumi.Output.from_input(args.job_queue_arn).apply(
            lambda queue: json.dumps(
                {
                    "source": ["aws.batch"],
                    "detail-type": ["Batch Job State Change"],
                    "detail": {"status": ["FAILED"], "jobQueue": [queue]},
                }
            )
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-failed", description="A transcription failed", event_pattern=pattern, opts=child
        )
        aws.cloudwatch.EventTarget(
            f"{name}-failed",
            rule=rule.id,
            arn=topic.arn,
            input_transformer={
                "input_paths": {
                    "key": "$.detail.parameters.key",
                    "bucket": "$.detail.parameters.bucket",
                    "reason": "$.detail.statusReason",
                    "job": "$.detail.jobId",
                    "log": "$.detail.container.logStreamName",
                },
                "input_template": FAILURE_TEMPLATE,
            },
            opts=child,
        )

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


def topic_policy(topic_arn: str, account_id: str) -> Document:
    """Return the policy by which this account's alarms and rules publish."""
    return document(
        allow(
            ["sns:Publish"],
            [topic_arn],
            Sid="AlarmsAndRules",
            Principal={"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
            Condition={"StringEquals": {"aws:SourceAccount": account_id}},
        )
    )
