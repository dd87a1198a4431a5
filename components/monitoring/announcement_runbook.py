"""The runbook that mails notices about jobs: its document and its rights. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.aws.account import Account
from components.aws.automation import script_runbook
from components.aws.policies import Document, Statement, allow, document, use_key_through_s3
from components.monitoring.consoles import job_url, log_stream_url
from components.project import PROJECT
from transcriber.outcomes import FAILURES_FOLDER

SCRIPT = PROJECT / "runbooks" / "announce.py"
STEP_SECONDS = 600
"""The longest that Automation lets a script run."""

KINDS = ("failed", "blocked", "finished")


@dataclass(frozen=True)
class MailSettings:
    """The queue of notices, the results and the topic."""

    output_bucket: str
    output_prefix: str
    log_group: str
    queue_url: str
    topic_arn: str
    turn_prefix: str
    """Prefix of the parameters that let only one execution run at a time."""


def runbook(role_arn: str, account: Account, settings: MailSettings, window_seconds: int) -> Document:
    """Return the Automation document, which takes a job's id and what it is about."""
    return script_runbook(
        description="Mails what became of jobs, one mail for all that comes within some minutes.",
        role_arn=role_arn,
        parameters={
            "jobId": ("A job of AWS Batch, or nothing to mail what waits", "^([0-9a-f-]{36})?$"),
            "about": ("What became of the job", f"^({'|'.join(KINDS)})$"),
        },
        step="announce",
        step_seconds=STEP_SECONDS,
        script=SCRIPT,
        payload={
            "job_id": "{{ jobId }}",
            "about": "{{ about }}",
            "execution": "{{ automation:EXECUTION_ID }}",
            "window_seconds": window_seconds,
            "output_bucket": settings.output_bucket,
            "output_prefix": settings.output_prefix,
            "failures_prefix": FAILURES_FOLDER,
            "queue_url": settings.queue_url,
            "topic_arn": settings.topic_arn,
            "turn_prefix": settings.turn_prefix,
            "log_url": log_stream_url(account.partition, account.region, settings.log_group, ""),
            "job_url": job_url(account.partition, account.region, ""),
        },
    )


def mailing_statements(
    output_bucket_arn: str, queue_arn: str, topic_arn: str, turn_parameters_arn: str
) -> list[Statement]:
    """Return the rights of the runbook: read jobs and failure reports, keep notices, take turns, publish."""
    return [
        # The action does not support resources.
        allow(["batch:DescribeJobs"], ["*"], Sid="LookAtJobs"),
        allow(["s3:GetObject"], [f"{output_bucket_arn}/{FAILURES_FOLDER}*"], Sid="ReadEntries"),
        allow(["s3:ListBucket"], [output_bucket_arn], Sid="TellMissingFromForbidden"),
        allow(
            ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"],
            [queue_arn],
            Sid="KeepNotices",
        ),
        allow(
            ["ssm:PutParameter", "ssm:GetParameter", "ssm:DeleteParameter"],
            [turn_parameters_arn],
            Sid="TakeTurns",
        ),
        allow(["sns:Publish"], [topic_arn], Sid="Publish"),
    ]


def mailing_policy(
    statements: Sequence[Statement], topic_key_arn: str | None, data_key_arn: str | None
) -> Document:
    """Return the policy of the runbook's role, with the keys of the topic and of the results."""
    keys: list[Statement] = []
    if topic_key_arn is not None:
        keys.append(allow(["kms:GenerateDataKey", "kms:Decrypt"], [topic_key_arn], Sid="UseTopicKey"))
    if data_key_arn is not None:
        keys.append(use_key_through_s3(data_key_arn))
    return document(*statements, *keys)


def start_input(about: str) -> dict[str, Any]:
    """Return the input transformer of a rule that starts the runbook for a job."""
    return {
        "input_paths": {"job": "$.detail.jobId"},
        "input_template": f'{{"jobId": [<job>], "about": ["{about}"]}}',
    }
