"""Queues for events that EventBridge could not deliver."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.aws.policies import Document, allow, document, to_json

RETENTION_SECONDS = 14 * 24 * 3600
"""The longest that SQS keeps a message."""


class DeadLetters(pulumi.ComponentResource):
    """A queue that keeps what EventBridge rules could not deliver, for 14 days, until an operator acts.

    It is encrypted and accepts TLS only.
    """

    queue: aws.sqs.Queue

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:DeadLetters", name, None, opts)
        self._name = name
        self.queue = aws.sqs.Queue(
            name,
            message_retention_seconds=RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"queueUrl": self.queue.url})

    def accept_from(self, rules: Sequence[aws.cloudwatch.EventRule]) -> None:
        """Let only ``rules`` send events here. Call it once, when all rules are known."""
        aws.sqs.QueuePolicy(
            self._name,
            queue_url=self.queue.url,
            policy=pulumi.Output.all(self.queue.arn, *[rule.arn for rule in rules]).apply(
                lambda arns: to_json(queue_policy(arns[0], arns[1:]))
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def queue_policy(queue_arn: str, rule_arns: Sequence[str]) -> Document:
    """Return the policy of a queue to which only these EventBridge rules send, over TLS only."""
    statements = [
        allow(
            ["sqs:SendMessage"],
            [queue_arn],
            Sid="Events",
            Principal={"Service": "events.amazonaws.com"},
            Condition={"ArnEquals": {"aws:SourceArn": list(rule_arns)}},
        )
    ]
    tls_only = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document(*(statements if rule_arns else []), tls_only)
