"""How an upload becomes a job: EventBridge rules, their Batch targets, the queue for undelivered events."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.event_delivery import retry_policy
from components.aws.policies import Document, allow, document, trust_for
from components.aws.roles import role_with_policy
from components.failures.dead_letters import DeadLetters
from components.monitoring.rule_metrics import Dimensions, rule_dimensions
from components.upload_patterns import (
    INPUT_PATHS,
    JOB_NAME,
    Pattern,
    event_pattern,
    pattern_text,
    suffix_groups,
)


@dataclass(frozen=True)
class UploadTriggerArgs:
    """The uploads that start a job, and the job that they start."""

    input_bucket: pulumi.Input[str]
    input_prefix: str
    media_suffixes: Sequence[str]
    """In lower case. An upload is a recording if its key ends with one of them, in any case."""

    rule_arns: str
    """A pattern that matches the ARNs of all rules of the account."""

    job_queue_arn: pulumi.Input[str]
    job_definition_arn: pulumi.Input[str]
    """With its revision, because each version of the stack has its own revision, also after a rollback."""

    job_definition_arn_prefix: pulumi.Input[str]
    """Without its revision."""


class UploadTrigger(pulumi.ComponentResource):
    """Rules on Object Created events of recordings, their Batch targets, role and dead-letter queue.

    The suffixes need a few rules. No upload matches two of them. The patterns of one field are alternatives,
    so "prefix and suffix" needs two rules in a row. If there is a prefix, a rule on the prefix forwards
    events to an event bus of the stack, and the rules on suffixes are on that bus.
    """

    rules: list[aws.cloudwatch.EventRule]
    """Those that submit jobs."""

    submitting_dimensions: list[Dimensions]
    """How CloudWatch names the rules that submit jobs."""

    watched_dimensions: list[Dimensions]
    """How it names all rules."""

    dead_letters: aws.sqs.Queue
    upload_command: pulumi.Output[str]

    def __init__(
        self, name: str, args: UploadTriggerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("parakeet:components:UploadTrigger", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        letters = DeadLetters(f"{name}-dead-letters", opts=child)
        self.dead_letters = letters.queue
        policy = pulumi.Output.all(args.job_queue_arn, args.job_definition_arn_prefix).apply(
            lambda arns: submit_policy(*arns)
        )
        role = role_with_policy(name, trust_for("events.amazonaws.com", args.rule_arns), policy, child)
        bus = aws.cloudwatch.EventBus(name, opts=child) if args.input_prefix else None
        self.rules = []
        for number, key_patterns in enumerate(suffix_groups(args.media_suffixes), start=1):
            rule_name = name if number == 1 else f"{name}-{number}"
            rule = self._rule(rule_name, "A recording was uploaded", args, key_patterns, bus)
            aws.cloudwatch.EventTarget(
                rule_name,
                # The id of a rule on another bus contains the name of the bus.
                rule=rule.name if bus else rule.id,
                event_bus_name=bus.name if bus else None,
                arn=args.job_queue_arn,
                role_arn=role.arn,
                batch_target={"job_definition": args.job_definition_arn, "job_name": JOB_NAME},
                input_transformer={
                    "input_paths": INPUT_PATHS,
                    # Unquoted, so that EventBridge writes JSON values. This holds for any key.
                    "input_template": '{"Parameters": {"bucket": <bucket>, "key": <key>, "etag": <etag>}}',
                },
                retry_policy=retry_policy(),
                dead_letter_config={"arn": self.dead_letters.arn},
                opts=child,
            )
            self.rules.append(rule)
        forwarding = [self._forwarding(f"{name}-forward", args, bus)] if bus else []
        letters.accept_from([*self.rules, *forwarding])
        bus_name = bus.name if bus else None
        self.submitting_dimensions = [rule_dimensions(rule.name, bus_name) for rule in self.rules]
        self.watched_dimensions = [
            *self.submitting_dimensions,
            *(rule_dimensions(rule.name) for rule in forwarding),
        ]
        self.upload_command = pulumi.Output.from_input(args.input_bucket).apply(
            lambda bucket: upload_command(bucket, args.input_prefix)
        )
        self.register_outputs(
            {"deadLetterQueueUrl": self.dead_letters.url, "uploadCommand": self.upload_command}
        )

    def _rule(
        self,
        name: str,
        description: str,
        args: UploadTriggerArgs,
        key_patterns: list[Pattern],
        bus: aws.cloudwatch.EventBus | None = None,
    ) -> aws.cloudwatch.EventRule:
        return aws.cloudwatch.EventRule(
            name,
            description=description,
            event_bus_name=bus.name if bus else None,
            event_pattern=pulumi.Output.from_input(args.input_bucket).apply(
                lambda bucket: pattern_text(event_pattern(bucket, key_patterns))
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _forwarding(
        self, name: str, args: UploadTriggerArgs, bus: aws.cloudwatch.EventBus
    ) -> aws.cloudwatch.EventRule:
        """Return the rule that forwards uploads under the prefix to the bus."""
        child = pulumi.ResourceOptions(parent=self)
        rule = self._rule(name, "An upload under the prefix", args, [{"prefix": args.input_prefix}])
        trust = trust_for("events.amazonaws.com", args.rule_arns)
        role = role_with_policy(name, trust, bus.arn.apply(forward_policy), child)
        aws.cloudwatch.EventTarget(
            name,
            rule=rule.id,
            arn=bus.arn,
            role_arn=role.arn,
            retry_policy=retry_policy(),
            dead_letter_config={"arn": self.dead_letters.arn},
            opts=child,
        )
        return rule


def upload_command(bucket: str, prefix: str) -> str:
    """Return the shell command that uploads a recording so that it starts a job."""
    return f"aws s3 cp RECORDING {shlex.quote(f's3://{bucket}/{prefix}')}"


def submit_policy(job_queue_arn: str, job_definition_arn_prefix: str) -> Document:
    """Return the rights of EventBridge: submit this job, in any revision, to this queue."""
    resources = [job_queue_arn, job_definition_arn_prefix, f"{job_definition_arn_prefix}:*"]
    return document(allow(["batch:SubmitJob"], resources, Sid="SubmitTranscription"))


def forward_policy(bus_arn: str) -> Document:
    """Return the rights of EventBridge: send events to this bus."""
    return document(allow(["events:PutEvents"], [bus_arn], Sid="ForwardUploads"))
