"""The queue in which uploads wait until they share a job."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.policies import to_json
from components.failures.dead_letters import RETENTION_SECONDS, queue_policy
from components.monitoring.notices import LIST_JOB, job_pattern

HIDDEN_SECONDS = 300
"""For how long a message is invisible after the function has read it. The function takes less."""

MOST_RECEIVES = 24 * 3600 // HIDDEN_SECONDS
"""A day. A fault that lasts longer does not end by itself."""


@dataclass(frozen=True)
class CollectionQueueArgs:
    """Whose failed list jobs come back, and where messages go that no job can be started for."""

    job_queue_arn: pulumi.Input[str]
    dead_letters_arn: pulumi.Input[str]


class CollectionQueue(pulumi.ComponentResource):
    """An encrypted queue of uploads, and the rule that sends failed list jobs to it.

    A list job only writes transcripts. What it leaves over needs other jobs, so the event of its end waits
    here too.
    """

    queue: aws.sqs.Queue
    ended_lists: aws.cloudwatch.EventRule
    """The rule on failed list jobs."""

    def __init__(
        self, name: str, args: CollectionQueueArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("parakeet:components:CollectionQueue", name, None, opts)
        self._name = name
        child = pulumi.ResourceOptions(parent=self)
        self.queue = aws.sqs.Queue(
            name,
            message_retention_seconds=RETENTION_SECONDS,
            visibility_timeout_seconds=HIDDEN_SECONDS,
            sqs_managed_sse_enabled=True,
            redrive_policy=pulumi.Output.from_input(args.dead_letters_arn).apply(
                lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES})
            ),
            opts=child,
        )
        self.ended_lists = aws.cloudwatch.EventRule(
            f"{name}-ended",
            description="A list of recordings is not done",
            event_pattern=pulumi.Output.from_input(args.job_queue_arn).apply(
                lambda queue: json.dumps(job_pattern(queue, "FAILED", parameters=LIST_JOB))
            ),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-ended",
            rule=self.ended_lists.id,
            arn=self.queue.arn,
            dead_letter_config={"arn": args.dead_letters_arn},
            opts=child,
        )
        self.register_outputs({"queueUrl": self.queue.url})

    def accept_from(self, rules: Sequence[aws.cloudwatch.EventRule]) -> None:
        """Let only ``rules``, and the rule on list jobs, send events here. Call it once."""
        aws.sqs.QueuePolicy(
            self._name,
            queue_url=self.queue.url,
            policy=pulumi.Output.all(
                self.queue.arn, self.ended_lists.arn, *[rule.arn for rule in rules]
            ).apply(lambda arns: to_json(queue_policy(arns[0], arns[1:]))),
            opts=pulumi.ResourceOptions(parent=self),
        )
