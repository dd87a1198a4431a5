"""The function that makes lists of waiting uploads and submits their jobs, and its schedule."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.account import Account
from components.aws.policies import Document, allow, document, trust, trust_for, use_key_through_s3
from components.aws.roles import role_with_policy
from components.collector.collection_queue import HIDDEN_SECONDS
from components.project import PROJECT
from components.script_bundle import bundle
from components.upload_patterns import JOB_NAME
from runbooks.collector_settings import CollectorSettings
from runbooks.manifests import LIST_BYTES
from transcriber.outcomes import MANIFESTS_FOLDER

SCRIPT = PROJECT / "runbooks" / "collect.py"
RUNTIME = "python3.13"
"""Its boto3 is all that the function needs."""

TIMEOUT_SECONDS = HIDDEN_SECONDS - 60
MEMORY_MEBIBYTES = 512

MANIFEST_DAYS = 30


@dataclass(frozen=True)
class CollectorArgs:
    """The queue to read, the jobs to submit, and how long a list may be."""

    queue: aws.sqs.Queue
    every_seconds: int
    """Whole minutes."""

    list_files: int
    """The most recordings that share a job."""

    job_queue_arn: pulumi.Input[str]
    job_definition: aws.batch.JobDefinition
    list_definition: aws.batch.JobDefinition
    output_bucket: pulumi.Input[str]
    output_bucket_arn: pulumi.Input[str]
    output_prefix: str
    kms_key_arn: str | None
    log_retention_days: int
    account: Account


class Collector(pulumi.ComponentResource):
    """Function, schedule, log group and two roles.

    The schedule starts the function, also if nothing waits. docs/architecture.md says why there is a schedule
    and no event source mapping.
    """

    def __init__(self, name: str, args: CollectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:Collector", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        log_group = aws.cloudwatch.LogGroup(name, retention_in_days=args.log_retention_days, opts=child)
        policy = pulumi.Output.all(
            args.queue.arn,
            args.output_bucket_arn,
            log_group.arn,
            args.job_queue_arn,
            args.job_definition.arn_prefix,
            args.list_definition.arn_prefix,
        ).apply(
            lambda arns: collector_policy(
                arns[0], arns[1], args.output_prefix, arns[2], arns[3], arns[4:], args.kms_key_arn
            )
        )
        # IAM gives roles to functions of the same account only, and Lambda names no source to a role.
        role = role_with_policy(name, trust("lambda.amazonaws.com"), policy, child)
        variables = pulumi.Output.all(
            args.queue.url,
            args.output_bucket,
            args.job_queue_arn,
            args.job_definition.arn,
            args.list_definition.arn,
        ).apply(
            lambda known: CollectorSettings(
                queue_url=known[0],
                output_bucket=known[1],
                output_prefix=args.output_prefix,
                job_name=JOB_NAME,
                job_queue=known[2],
                job_definition=known[3],
                list_definition=known[4],
                list_files=args.list_files,
                list_bytes=LIST_BYTES,
            ).environment()
        )
        function = aws.lambda_.Function(
            name,
            description="Makes lists of uploaded recordings and submits their jobs",
            runtime=RUNTIME,
            handler=f"{SCRIPT.stem}.handler",
            code=pulumi.AssetArchive({SCRIPT.name: pulumi.StringAsset(bundle(SCRIPT))}),
            role=role.arn,
            timeout=TIMEOUT_SECONDS,
            memory_size=MEMORY_MEBIBYTES,
            environment={"variables": variables},
            logging_config={"log_format": "Text", "log_group": log_group.name},
            opts=child,
        )
        starter = role_with_policy(
            f"{name}-schedule",
            trust_for("scheduler.amazonaws.com", args.account.arn("scheduler", "*")),
            function.arn.apply(lambda arn: document(allow(["lambda:InvokeFunction"], [arn], Sid="Collect"))),
            child,
        )
        aws.scheduler.Schedule(
            name,
            schedule_expression=rate(args.every_seconds),
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": function.arn,
                "role_arn": starter.arn,
                # The next minute is another try.
                "retry_policy": {"maximum_retry_attempts": 0},
            },
            opts=child,
        )
        self.register_outputs({"functionName": function.name})


def rate(seconds: int) -> str:
    """Return the schedule that starts something every ``seconds``, which are whole minutes."""
    minutes = seconds // 60
    return f"rate({minutes} minute{'' if minutes == 1 else 's'})"


def collector_policy(
    queue_arn: str,
    output_bucket_arn: str,
    output_prefix: str,
    log_group_arn: str,
    job_queue_arn: str,
    job_definition_arn_prefixes: list[str],
    kms_key_arn: str | None = None,
) -> Document:
    """Return the rights of the function: read the queue, write manifests, find transcripts, submit jobs."""
    definitions = [arn for prefix in job_definition_arn_prefixes for arn in (prefix, f"{prefix}:*")]
    manifests = f"{output_bucket_arn}/{MANIFESTS_FOLDER}*"
    statements = [
        allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], [queue_arn], Sid="ReadUploads"),
        allow(["s3:GetObject", "s3:PutObject"], [manifests], Sid="WriteManifests"),
        allow(["s3:GetObject"], [f"{output_bucket_arn}/{output_prefix}*"], Sid="LookForTranscripts"),
        allow(["s3:ListBucket"], [output_bucket_arn], Sid="TellMissingFromForbidden"),
        allow(["batch:SubmitJob"], [job_queue_arn, *definitions], Sid="SubmitTranscriptions"),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"], Sid="WriteLog"),
    ]
    if kms_key_arn is not None:
        statements.append(use_key_through_s3(kms_key_arn))
    return document(*statements)
