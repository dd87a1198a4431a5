"""A topic, its subscribers by mail, and the mails that go to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.account import Account
from components.aws.names import stack_prefix
from components.aws.policies import Document, allow, document, to_json
from components.failures.dead_letters import DeadLetters
from components.monitoring.announcements import Announcements, AnnouncementsArgs

DISPLAY_NAME_LIMIT = 100
"""The most characters of a sender's name that mails show."""

KEY_DELETION_DAYS = 7
KEY_ADMINISTRATION = (
    *("kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyRotationStatus"),
    *("kms:EnableKeyRotation", "kms:DisableKeyRotation", "kms:EnableKey", "kms:DisableKey"),
    *("kms:UpdateKeyDescription", "kms:ListResourceTags", "kms:TagResource", "kms:UntagResource"),
    *("kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:GenerateDataKey", "kms:Decrypt"),
)
"""Actions that the account's IAM policies may allow. A publisher such as the runbook needs the last two."""


@dataclass(frozen=True)
class NotificationsArgs:
    """What to mail, and who gets it."""

    job_queue_arn: pulumi.Input[str]
    log_group_name: pulumi.Input[str]
    output_bucket: pulumi.Input[str]
    output_bucket_arn: pulumi.Input[str]
    output_prefix: str
    kms_key_arn: str | None
    emails: Sequence[str]
    window_minutes: int
    notify_finished: bool
    encrypt: bool
    """Whether the topic gets a key of its own. The key costs a dollar a month."""

    account: Account


class Notifications(pulumi.ComponentResource):
    """Topic, mail subscriptions, mails about jobs, dead letters.

    A topic without subscribers keeps nothing, so it gets a key only if there are some. The stack needs a key
    of its own, because CloudWatch cannot publish with the free `alias/aws/sns`.
    """

    topic: aws.sns.Topic
    rules: dict[str, aws.cloudwatch.EventRule]
    """By name, such as failed or blocked."""

    notices: aws.sqs.Queue
    """Notices that wait for their mail."""

    dead_letters: aws.sqs.Queue
    """Notices that could not be mailed. Somebody reads them; they are not sent again."""

    def __init__(
        self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("parakeet:components:Notifications", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key_arn = self._key(name, args).arn if args.encrypt else None
        self.topic = aws.sns.Topic(
            name,
            display_name=stack_prefix()[:DISPLAY_NAME_LIMIT],
            kms_master_key_id=key_arn,
            opts=child,
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}", topic=self.topic.arn, protocol="email", endpoint=email, opts=child
            )
        letters = DeadLetters(f"{name}-dead-letters", opts=child)
        self.dead_letters = letters.queue
        announcements = Announcements(
            name,
            AnnouncementsArgs(
                job_queue_arn=args.job_queue_arn,
                log_group_name=args.log_group_name,
                output_bucket=args.output_bucket,
                output_bucket_arn=args.output_bucket_arn,
                output_prefix=args.output_prefix,
                kms_key_arn=args.kms_key_arn,
                topic_arn=self.topic.arn,
                topic_key_arn=key_arn,
                dead_letters_arn=self.dead_letters.arn,
                window_minutes=args.window_minutes,
                notify_finished=args.notify_finished,
                account=args.account,
            ),
            opts=child,
        )
        self.rules, self.notices = announcements.rules, announcements.queue
        letters.accept_from(list(self.rules.values()))
        alarms = args.account.arn("cloudwatch", "alarm:*")
        aws.sns.TopicPolicy(
            name,
            arn=self.topic.arn,
            policy=self.topic.arn.apply(lambda arn: to_json(topic_policy(arn, args.account.id, alarms))),
            opts=child,
        )
        self.register_outputs({"topicArn": self.topic.arn})

    def _key(self, name: str, args: NotificationsArgs) -> aws.kms.Key:
        return aws.kms.Key(
            name,
            description="Notifications of the transcription service",
            enable_key_rotation=True,
            deletion_window_in_days=KEY_DELETION_DAYS,
            policy=to_json(topic_key_policy(args.account.partition, args.account.id)),
            opts=pulumi.ResourceOptions(parent=self),
        )


def topic_policy(topic_arn: str, account_id: str, alarm_arns: str) -> Document:
    """Return the policy that lets alarms of this account publish, over TLS. Roles have their own policies."""
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
    """Return the policy of the topic's key. In it, `*` means the key itself."""
    return document(
        allow(
            KEY_ADMINISTRATION,
            ["*"],
            Sid="Account",
            Principal={"AWS": f"arn:{partition}:iam::{account_id}:root"},
        ),
        allow(
            ["kms:GenerateDataKey", "kms:Decrypt"],
            ["*"],
            Sid="Alarms",
            Principal={"Service": "cloudwatch.amazonaws.com"},
            Condition={"StringEquals": {"aws:SourceAccount": account_id}},
        ),
    )
