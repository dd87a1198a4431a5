"""The history of each job: its state changes, written beside its own log, and counted."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.names import stack_prefix
from components.aws.policies import Document, allow, document, to_json
from components.monitoring.notices import job_pattern


@dataclass(frozen=True)
class JobHistoryArgs:
    """The queue whose history is kept, and the log group that gets it."""

    job_queue_arn: pulumi.Input[str]
    log_group_arn: pulumi.Input[str]


class JobHistory(pulumi.ComponentResource):
    """Rules that write state changes of jobs into their log group, and the resource policy for this.

    The log alone does not show a job that never started or was killed. Batch has no metrics of its queues, so
    the invocations of the rules count jobs that begin to wait, start or end. A region allows ten resource
    policies of CloudWatch Logs. Each stack needs one.
    """

    waiting: aws.cloudwatch.EventRule
    """On jobs that wait for an instance."""

    running: aws.cloudwatch.EventRule
    """On jobs that started."""

    ended: aws.cloudwatch.EventRule
    """On jobs that succeeded or failed."""

    def __init__(self, name: str, args: JobHistoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:JobHistory", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.waiting = self._rule(f"{name}-waiting", "A transcription waits", args, "RUNNABLE")
        self.running = self._rule(f"{name}-running", "A transcription started", args, "RUNNING")
        self.ended = self._rule(f"{name}-ended", "A transcription ended", args, "SUCCEEDED", "FAILED")
        rule_arns = [rule.arn for rule in (self.waiting, self.running, self.ended)]
        aws.cloudwatch.LogResourcePolicy(
            name,
            policy_name=f"{stack_prefix()}-{name}",
            policy_document=pulumi.Output.all(args.log_group_arn, *rule_arns).apply(
                lambda arns: to_json(history_policy(arns[0], arns[1:]))
            ),
            opts=child,
        )
        self.register_outputs({})

    def _rule(
        self, name: str, description: str, args: JobHistoryArgs, *statuses: str
    ) -> aws.cloudwatch.EventRule:
        child = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            name,
            description=description,
            event_pattern=pulumi.Output.from_input(args.job_queue_arn).apply(
                lambda queue: json.dumps(job_pattern(queue, *statuses))
            ),
            opts=child,
        )
        aws.cloudwatch.EventTarget(name, rule=rule.id, arn=args.log_group_arn, opts=child)
        return rule


def history_policy(log_group_arn: str, rule_arns: list[str]) -> Document:
    """Return the policy that lets EventBridge write the events of these rules into a log group.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    services = {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}
    streams = f"{log_group_arn}:*"
    return document(
        allow(["logs:CreateLogStream"], [streams], Sid="OpenStreams", Principal=services),
        allow(
            ["logs:PutLogEvents"],
            [streams],
            Sid="WriteStateChanges",
            Principal=services,
            Condition={"ArnEquals": {"aws:SourceArn": list(rule_arns)}},
        ),
    )
