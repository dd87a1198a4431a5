"""The runbook that writes failure reports: its document, its rights, and who may start it."""

from collections.abc import Sequence

from components.aws.account import Account
from components.aws.automation import script_runbook
from components.aws.policies import Document, allow, document, use_key_through_s3
from components.project import PROJECT
from transcriber.outcomes import FAILURES_FOLDER

SCRIPT = PROJECT / "runbooks" / "report_failure.py"

EXECUTIONS = "automation-execution/*"
STEP_SECONDS = 300


def runbook(role_arn: str, output_bucket: str, log_group: str, output_prefix: str) -> Document:
    """Return the Automation document, which takes a job's id."""
    return script_runbook(
        description="Writes down why an upload has no transcript, where its job could not.",
        role_arn=role_arn,
        parameters={"jobId": ("A job of AWS Batch", "^[0-9a-f-]{36}$")},
        step="record",
        step_seconds=STEP_SECONDS,
        script=SCRIPT,
        payload={
            "job_id": "{{ jobId }}",
            "output_bucket": output_bucket,
            "output_prefix": output_prefix,
            "failures_prefix": FAILURES_FOLDER,
            "log_group": log_group,
        },
    )


def runbook_role_policy(
    input_bucket_arns: Sequence[str],
    output_bucket_arn: str,
    log_group_arn: str,
    output_prefix: str,
    kms_key_arn: str | None = None,
) -> Document:
    """Return the rights of the runbook: read jobs, logs, uploads and results; write and delete failure
    reports."""
    failures = f"{output_bucket_arn}/{FAILURES_FOLDER}*"
    readable_objects = [
        *(f"{arn}/*" for arn in input_bucket_arns),
        f"{output_bucket_arn}/{output_prefix}*",
        failures,
    ]
    statements = [
        # The action does not support resources.
        allow(["batch:DescribeJobs"], ["*"], Sid="LookAtJobs"),
        allow(["logs:GetLogEvents"], [log_group_arn, f"{log_group_arn}:*"], Sid="ReadLastWords"),
        allow(["s3:GetObject"], readable_objects, Sid="LookAtUploadsAndResults"),
        allow(["s3:PutObject", "s3:DeleteObject"], [failures], Sid="WriteEntries"),
        allow(["s3:ListBucket"], [*input_bucket_arns, output_bucket_arn], Sid="TellMissingFromForbidden"),
    ]
    if kms_key_arn is not None:
        statements.append(use_key_through_s3(kms_key_arn))
    return document(*statements)


def definition_arn(account: Account, document_name: str) -> str:
    """Return the target of a rule that starts the current version of the runbook."""
    return account.arn("ssm", f"automation-definition/{document_name}:$DEFAULT")


def start_policy(account: Account, document_name: str, runbook_role_arn: str) -> Document:
    """Return the rights of EventBridge: start this runbook, under its role.

    Newer and older AWS documentation name different resources for the action, so all three are here.
    """
    to_automation = {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}
    return document(
        allow(
            ["ssm:StartAutomationExecution"],
            [
                account.arn("ssm", f"automation-definition/{document_name}:*"),
                account.arn("ssm", f"document/{document_name}"),
                account.arn("ssm", EXECUTIONS),
            ],
            Sid="StartRunbook",
        ),
        allow(["iam:PassRole"], [runbook_role_arn], Sid="PassRole", Condition=to_automation),
    )
