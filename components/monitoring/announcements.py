"""Mails about jobs: the runbook that writes them, the queue of notices, and the rules on jobs."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.account import Account
from components.aws.event_delivery import retry_policy
from components.aws.names import stack_prefix
from components.aws.policies import to_json, trust_for
from components.aws.roles import role_with_policy
from components.failures.dead_letters import RETENTION_SECONDS, queue_policy
from components.failures.failure_reports import failed_execution_pattern
from components.failures.runbook import EXECUTIONS, definition_arn, start_policy
from components.monitoring.announcement_runbook import (
    MailSettings,
    mailing_policy,
    mailing_statements,
    runbook,
    start_input,
)
from components.monitoring.notices import SINGLE_JOB, blocked_pattern, job_pattern

HIDDEN_SECONDS = 300
"""For how long a notice is invisible while it is mailed."""

FINISHED_SCHEDULE = "rate(1 hour)"


@dataclass(frozen=True)
class AnnouncementsArgs:
    """Queue, results and topic, and what to mail."""

    job_queue_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    output_bucket: pulumi.Input[str]
    output_bucket_arn: pulumi.Input[str]
    output_prefix: str
    kms_key_arn: str | None
    topic_arn: pulumi.Input[str]
    topic_key_arn: pulumi.Input[str] | None
    dead_letters_arn: pulumi.Input[str]
    window_minutes: int
    """Failures within this many minutes go into one mail. 0 means one mail for each failure."""

    notify_finished: bool
    has_lists: bool
    """Whether there are jobs with a list of recordings. Mails are about jobs for one recording."""

    account: Account


class Announcements(pulumi.ComponentResource):
    """Runbook, its queue, and rules on failed and finished jobs and on a blocked queue.

    A runbook writes the mails, because input transformers of EventBridge can neither escape what uploaders
    chose nor collect events. A failed job or a blocked queue starts the runbook. While nothing fails, it
    costs nothing; a schedule would. Finished files are many, so they only go into the queue. They are mailed
    every hour.
    """

    rules: dict[str, aws.cloudwatch.EventRule]
    """By name: failed, blocked, unannounced and, if wanted, finished and hourly."""

    queue: aws.sqs.Queue

    def __init__(
        self, name: str, args: AnnouncementsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("parakeet:components:Announcements", name, None, opts)
        self._name, self._args = name, args
        self._child = child = pulumi.ResourceOptions(parent=self)
        self.queue = aws.sqs.Queue(
            f"{name}-notices",
            message_retention_seconds=RETENTION_SECONDS,
            visibility_timeout_seconds=HIDDEN_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        document, role = self._runbook()
        start = pulumi.Output.all(document.name, role.arn).apply(
            lambda known: start_policy(args.account, known[0], known[1])
        )
        trust = trust_for("events.amazonaws.com", args.account.arn("events", "rule/*"))
        self._starter = role_with_policy(f"{name}-rule", trust, start, child)
        self._definition_arn = document.name.apply(lambda known: definition_arn(args.account, known))

        queue = pulumi.Output.from_input(args.job_queue_arn)
        failed = self._rule("failed", "A transcription failed", queue.apply(self._pattern("FAILED")))
        blocked = self._rule("blocked", "No transcription can start", queue.apply(blocked_pattern))
        unannounced = self._rule(
            "unannounced", "A mail on jobs could not be sent", document.name.apply(failed_execution_pattern)
        )
        self.rules = {"failed": failed, "blocked": blocked, "unannounced": unannounced}
        for about in ("failed", "blocked"):
            self._start(about, input_transformer=start_input(about))
        aws.cloudwatch.EventTarget(
            f"{name}-unannounced", rule=unannounced.id, arn=args.dead_letters_arn, opts=child
        )
        if args.notify_finished:
            self._tell_of_finished(queue)
        fed_by = [self.rules["finished"]] if args.notify_finished else []
        aws.sqs.QueuePolicy(
            f"{name}-notices",
            queue_url=self.queue.url,
            policy=pulumi.Output.all(self.queue.arn, *[rule.arn for rule in fed_by]).apply(
                lambda arns: to_json(queue_policy(arns[0], arns[1:]))
            ),
            opts=child,
        )
        self.register_outputs({"noticesUrl": self.queue.url})

    def _runbook(self) -> tuple[aws.ssm.Document, aws.iam.Role]:
        args, name = self._args, self._name
        turns = f"/{stack_prefix()}/{name}-turn-"
        topic_key: list[pulumi.Input[str]] = [] if args.topic_key_arn is None else [args.topic_key_arn]
        policy = pulumi.Output.all(args.output_bucket_arn, self.queue.arn, args.topic_arn, *topic_key).apply(
            lambda arns: mailing_policy(
                mailing_statements(arns[0], arns[1], arns[2], args.account.arn("ssm", f"parameter{turns}*")),
                arns[3] if topic_key else None,
                args.kms_key_arn,
            )
        )
        trust = trust_for("ssm.amazonaws.com", args.account.arn("ssm", EXECUTIONS))
        role = role_with_policy(f"{name}-runbook", trust, policy, self._child)
        content = pulumi.Output.all(
            role.arn, args.output_bucket, args.log_group_name, self.queue.url, args.topic_arn
        ).apply(
            lambda known: json.dumps(
                runbook(
                    known[0],
                    args.account,
                    MailSettings(known[1], args.output_prefix, known[2], known[3], known[4], turns),
                    args.window_minutes * 60,
                )
            )
        )
        document = aws.ssm.Document(
            name, document_type="Automation", document_format="JSON", content=content, opts=self._child
        )
        return document, role

    def _tell_of_finished(self, job_queue_arn: pulumi.Output[str]) -> None:
        finished = self._rule(
            "finished", "A recording was transcribed", job_queue_arn.apply(self._pattern("SUCCEEDED"))
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-finished",
            rule=finished.id,
            arn=self.queue.arn,
            dead_letter_config={"arn": self._args.dead_letters_arn},
            opts=self._child,
        )
        hourly = aws.cloudwatch.EventRule(
            f"{self._name}-hourly",
            description="Mails finished recordings",
            schedule_expression=FINISHED_SCHEDULE,
            opts=self._child,
        )
        self.rules |= {"finished": finished, "hourly": hourly}
        self._start("hourly", input=json.dumps({"jobId": [""], "about": ["finished"]}))

    def _rule(
        self, label: str, description: str, pattern: pulumi.Output[dict[str, Any]]
    ) -> aws.cloudwatch.EventRule:
        return aws.cloudwatch.EventRule(
            f"{self._name}-{label}",
            description=description,
            event_pattern=pattern.apply(json.dumps),
            opts=self._child,
        )

    def _pattern(self, status: str) -> Callable[[str], dict[str, Any]]:
        """Return the function from the job queue's ARN to the pattern of jobs that mails are about."""
        parameters = SINGLE_JOB if self._args.has_lists else None
        return functools.partial(_jobs_in, status=status, parameters=parameters)

    def _start(self, label: str, **given: Any) -> None:
        """Let the rule ``label`` start the runbook with the input ``given``."""
        aws.cloudwatch.EventTarget(
            f"{self._name}-{label}",
            rule=self.rules[label].id,
            arn=self._definition_arn,
            role_arn=self._starter.arn,
            retry_policy=retry_policy(),
            dead_letter_config={"arn": self._args.dead_letters_arn},
            opts=self._child,
            **given,
        )


def _jobs_in(job_queue_arn: str, *, status: str, parameters: dict[str, Any] | None) -> dict[str, Any]:
    return job_pattern(job_queue_arn, status, parameters=parameters)
