"""Who is told what: failed files by mail, the rest on a dashboard."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.dashboard import dashboard_body, dashboard_url
from components.policies import Document, allow, document, to_json

FAILURE_TEMPLATE = '"No transcript for <key> of <bucket>: <reason> (job <job>, log stream <log>)"'


@dataclass(frozen=True)
class MonitoringArgs:
    """What to watch and whom to tell."""

    job_queue_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    rule_name: pulumi.Input[str]
    dead_letter_queue_name: pulumi.Input[str]
    alarm_email: str | None
    account_id: str
    partition: str
    region: str


class Monitoring(pulumi.ComponentResource):
    """Topic (mailed if there is an address), notification of failed jobs, dashboard."""

    dashboard_url: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:Monitoring", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = self._topic(name, args)
        self._failed_jobs(name, args, topic)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=f"{pulumi.get_project()}-{pulumi.get_stack()}",
            dashboard_body=pulumi.Output.all(
                args.region, args.rule_name, args.dead_letter_queue_name, args.log_group_name
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


def topic_policy(topic_arn: str, account_id: str) -> Document:
    """Return the policy by which this account's rules publish."""
    return document(
        allow(
            ["sns:Publish"],
            [topic_arn],
            Sid="Rules",
            Principal={"Service": "events.amazonaws.com"},
            Condition={"StringEquals": {"aws:SourceAccount": account_id}},
        )
    )
