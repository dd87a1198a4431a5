"""Write the failure reports of jobs that could not write their own: a rule starts a runbook."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.account import Account
from components.aws.event_delivery import retry_policy
from components.aws.policies import trust_for
from components.aws.roles import role_with_policy
from components.failures.dead_letters import DeadLetters
from components.failures.runbook import (
    EXECUTIONS,
    definition_arn,
    runbook,
    runbook_role_policy,
    start_policy,
)
from components.monitoring.notices import job_pattern
from transcriber.outcomes import REPORTED_EXIT_CODE


@dataclass(frozen=True)
class FailureReportsArgs:
    """The queue to watch, and where uploads, results and logs are."""

    job_queue_arn: pulumi.Input[str]
    input_bucket_arn: pulumi.Input[str]
    extra_input_bucket_arns: Sequence[str]
    """Other buckets whose recordings may have jobs."""

    output_bucket_arn: pulumi.Input[str]
    output_bucket: pulumi.Input[str]
    output_prefix: str
    kms_key_arn: str | None
    log_group_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    account: Account


class FailureReports(pulumi.ComponentResource):
    """A rule on failed jobs, the runbook that it starts, the roles of both, and a dead-letter queue.

    If a job loses its instance, its memory, its image or its time, the worker cannot write a failure report.
    Then the runbook writes it. It needs neither the image nor the instance of the job. If the runbook fails
    or cannot be started, the event goes to the dead-letter queue. No command resubmits these events. Run
    `operations.reconcile`: it finds the uploads.
    """

    rules: list[aws.cloudwatch.EventRule]
    dead_letters: aws.sqs.Queue

    def __init__(
        self, name: str, args: FailureReportsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        # The type keeps this name, because a new one would replace the resources of deployed stacks.
        super().__init__("parakeet:components:FailureRecords", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        letters = DeadLetters(f"{name}-dead-letters", opts=child)
        self.dead_letters = letters.queue

        executions = args.account.arn("ssm", EXECUTIONS)
        role_policy = pulumi.Output.all(
            args.input_bucket_arn, args.output_bucket_arn, args.log_group_arn
        ).apply(
            lambda arns: runbook_role_policy(
                (arns[0], *args.extra_input_bucket_arns),
                arns[1],
                arns[2],
                args.output_prefix,
                args.kms_key_arn,
            )
        )
        role = role_with_policy(
            f"{name}-runbook", trust_for("ssm.amazonaws.com", executions), role_policy, child
        )
        content = pulumi.Output.all(role.arn, args.output_bucket, args.log_group_name).apply(
            lambda known: json.dumps(runbook(known[0], known[1], known[2], args.output_prefix))
        )
        document = aws.ssm.Document(
            name, document_type="Automation", document_format="JSON", content=content, opts=child
        )
        start = pulumi.Output.all(document.name, role.arn).apply(
            lambda known: start_policy(args.account, known[0], known[1])
        )
        rules = args.account.arn("events", "rule/*")
        starter = role_with_policy(f"{name}-rule", trust_for("events.amazonaws.com", rules), start, child)
        died = aws.cloudwatch.EventRule(
            name,
            description="A job failed and wrote no failure report itself",
            event_pattern=pulumi.Output.from_input(args.job_queue_arn).apply(
                lambda queue: json.dumps(died_pattern(queue))
            ),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=died.id,
            arn=document.name.apply(lambda known: definition_arn(args.account, known)),
            role_arn=starter.arn,
            input_transformer={
                "input_paths": {"job": "$.detail.jobId"},
                "input_template": '{"jobId": [<job>]}',
            },
            retry_policy=retry_policy(),
            dead_letter_config={"arn": self.dead_letters.arn},
            opts=child,
        )
        unreported = aws.cloudwatch.EventRule(
            f"{name}-unrecorded",
            description="The runbook could not write a failure report",
            event_pattern=document.name.apply(lambda known: json.dumps(failed_execution_pattern(known))),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-unrecorded", rule=unreported.id, arn=self.dead_letters.arn, opts=child
        )
        self.rules = [died, unreported]
        letters.accept_from(self.rules)
        self.register_outputs({"deadLetterQueueUrl": self.dead_letters.url})


def died_pattern(job_queue_arn: str) -> dict[str, Any]:
    """Return the pattern of a rule on failed jobs that have not written a failure report themselves."""
    pattern = job_pattern(job_queue_arn, "FAILED")
    other_codes = [{"anything-but": [REPORTED_EXIT_CODE]}, {"exists": False}]
    pattern["detail"]["container"] = {"exitCode": other_codes}
    return pattern


def failed_execution_pattern(document_name: str) -> dict[str, Any]:
    """Return the pattern of a rule on executions of the runbook that did not succeed.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-eventbridge-events.html
    """
    return {
        "source": ["aws.ssm"],
        "detail-type": ["EC2 Automation Execution Status-change Notification"],
        "detail": {"Definition": [document_name], "Status": ["Failed", "TimedOut", "Cancelled"]},
    }
