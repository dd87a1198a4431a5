"""Who is told: a topic, its subscribers by mail, and the rules that publish what happens to jobs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.dead_letters import DeadLetters
from components.naming import stack_prefix
from components.notices import (
    Notice,
    Place,
    blocked_notice,
    blocked_pattern,
    failed_notice,
    finished_notice,
    job_pattern,
)
from components.policies import Document, allow, document, to_json

DISPLAY_NAME_LIMIT = 100
"""Characters of the sender's name that mails show."""

KEY_DELETION_DAYS = 7
KEY_ADMINISTRATION = (
    *("kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyRotationStatus"),
    *("kms:EnableKeyRotation", "kms:DisableKeyRotation", "kms:EnableKey", "kms:DisableKey"),
    *("kms:UpdateKeyDescription", "kms:ListResourceTags", "kms:TagResource", "kms:UntagResource"),
    *("kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:GenerateDataKey", "kms:Decrypt"),
)
"""What the account's own policies may hand on; whoever publishes by hand needs the last two."""


@dataclass(frozen=True)
class NotificationsArgs:
    """What to tell and whom."""

    job_queue_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    output_bucket: pulumi.Input[str]
    output_prefix: str
    retry_attempts: int
    emails: Sequence[str]
    notify_finished: bool
    encrypt: bool
    """Whether the topic gets a key of its own, which costs a dollar a month."""

    account_id: str
    partition: str
    region: str


@dataclass(frozen=True)
class _Publication:
    """One kind of event and what is said of it."""

    label: str
    description: str
    pattern: pulumi.Output[dict[str, Any]]
    notice: pulumi.Output[Notice]


class Notifications(pulumi.ComponentResource):
    """Topic, mail subscriptions, rules on failed (and finished) jobs and on a blocked queue, dead letters.

    A topic without subscribers keeps nothing, so its key is made only where there are some. It has to be a
    key of the stack's own: neither EventBridge nor CloudWatch can publish under the free `alias/aws/sns`.
    """

    topic: aws.sns.Topic
    rules: dict[str, aws.cloudwatch.EventRule]
    """By what they tell of: failed, blocked and, if wanted, finished."""

    dead_letters: aws.sqs.Queue
    """What could not be published. It is read, not done again."""

    def __init__(
        self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("parakeet:components:Notifications", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.topic = aws.sns.Topic(
            name,
            display_name=stack_prefix()[:DISPLAY_NAME_LIMIT],
            kms_master_key_id=self._key(name, args).arn if args.encrypt else None,
            opts=child,
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}", topic=self.topic.arn, protocol="email", endpoint=email, opts=child
            )
        letters = DeadLetters(f"{name}-dead-letters", opts=child)
        self.dead_letters = letters.queue
        self.rules = {publication.label: self._rule(name, publication) for publication in _publications(args)}
        letters.accept_from(list(self.rules.values()))
        aws.sns.TopicPolicy(
            name,
            arn=self.topic.arn,
            policy=pulumi.Output.all(self.topic.arn, *[rule.arn for rule in self.rules.values()]).apply(
                lambda arns: to_json(
                    topic_policy(
                        arns[0],
                        args.account_id,
                        f"arn:{args.partition}:cloudwatch:{args.region}:{args.account_id}:alarm:*",
                        arns[1:],
                    )
                )
            ),
            opts=child,
        )
        self.register_outputs({"topicArn": self.topic.arn})

    def _key(self, name: str, args: NotificationsArgs) -> aws.kms.Key:
        return aws.kms.Key(
            name,
            description="Notifications of the transcription service",
            enable_key_rotation=True,
            deletion_window_in_days=KEY_DELETION_DAYS,
            policy=to_json(topic_key_policy(args.partition, args.account_id)),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _rule(self, name: str, publication: _Publication) -> aws.cloudwatch.EventRule:
        child = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            f"{name}-{publication.label}",
            description=publication.description,
            event_pattern=publication.pattern.apply(json.dumps),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-{publication.label}",
            rule=rule.id,
            arn=self.topic.arn,
            input_transformer={
                "input_paths": publication.notice.apply(lambda notice: dict(notice.input_paths)),
                "input_template": publication.notice.apply(lambda notice: notice.input_template),
            },
            dead_letter_config={"arn": self.dead_letters.arn},
            opts=child,
        )
        return rule


def _publications(args: NotificationsArgs) -> list[_Publication]:
    queue = pulumi.Output.from_input(args.job_queue_arn)
    place = pulumi.Output.all(args.log_group_name, args.output_bucket).apply(
        lambda names: Place(args.partition, args.region, names[0], names[1], args.output_prefix)
    )
    publications = [
        _Publication(
            "failed",
            "A transcription failed",
            queue.apply(lambda arn: job_pattern(arn, "FAILED")),
            place.apply(lambda known: failed_notice(known, args.retry_attempts)),
        ),
        _Publication(
            "blocked",
            "No transcription can start",
            queue.apply(blocked_pattern),
            place.apply(blocked_notice),
        ),
    ]
    if args.notify_finished:
        publications.append(
            _Publication(
                "finished",
                "A recording was transcribed",
                queue.apply(lambda arn: job_pattern(arn, "SUCCEEDED")),
                place.apply(finished_notice),
            )
        )
    return publications


def topic_policy(topic_arn: str, account_id: str, alarm_arns: str, rule_arns: Sequence[str]) -> Document:
    """Return the policy by which this account's alarms and these rules publish, over TLS.

    EventBridge is documented as giving no context to such conditions, so they bind it where it does:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    return document(
        allow(
            ["sns:Publish"],
            [topic_arn],
            Sid="Alarms",
            Principal={"Service": "cloudwatch.amazonaws.com"},
            Condition={
                "StringEquals": {"aws:SourceAccount": account_id},
                "ArnLike": {"aws:SourceArn": alarm_arns},
            },
        ),
        allow(
            ["sns:Publish"],
            [topic_arn],
            Sid="Rules",
            Principal={"Service": "events.amazonaws.com"},
            Condition={
                "StringEqualsIfExists": {"aws:SourceAccount": account_id},
                "ArnEqualsIfExists": {"aws:SourceArn": list(rule_arns)},
            },
        ),
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def topic_key_policy(partition: str, account_id: str) -> Document:
    """Return the policy of the topic's key; in it, `*` is the key itself.

    For EventBridge it names no source, which SNS documents as unsupported:
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    use = ["kms:GenerateDataKey", "kms:Decrypt"]
    return document(
        allow(
            KEY_ADMINISTRATION,
            ["*"],
            Sid="Account",
            Principal={"AWS": f"arn:{partition}:iam::{account_id}:root"},
        ),
        allow(
            use,
            ["*"],
            Sid="Alarms",
            Principal={"Service": "cloudwatch.amazonaws.com"},
            Condition={"StringEquals": {"aws:SourceAccount": account_id}},
        ),
        allow(use, ["*"], Sid="Rules", Principal={"Service": "events.amazonaws.com"}),
    )
