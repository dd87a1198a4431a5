"""The job definition: image, command, settings, rights, and when a job is tried again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_aws.batch import JobDefinitionRetryStrategyEvaluateOnExitArgs as EvaluateOnExit

from components.aws.names import stack_prefix
from components.aws.policies import to_json, trust_for
from components.aws.roles import role_with_policy
from components.job_permissions import execution_role_policy, job_role_policy
from transcriber.options import TranscriptionOptions, environment_name
from transcriber.outcomes import (
    FAILURES_FOLDER,
    FINAL_EXIT_CODES,
    LIST_RETRY_EXIT_CODES,
)

VCPUS = 4
MEMORY_MEBIBYTES = 15_000
"""The memory for a container on the smallest instance types, which have 16 GiB."""

USER = "1000:1000"
"""The user and group of the image. They own no file in it."""

SCRATCH_FOLDER = "/tmp"  # noqa: S108 - in a container of its own
SCRATCH_MEBIBYTES = 1024
"""The only place that a job writes to, and its home folder.

It is in memory, so nothing that was said stays on the disk of an instance. Its content counts against
`MEMORY_MEBIBYTES`. The worker keeps the words of a transcript there, and one result at a time. The longest
recording that is accepted, 48 hours, fills less than a quarter of it.
"""

LOG_STREAM_PREFIX = "transcribe"
RETRY_RULES = (
    EvaluateOnExit(action="retry", on_status_reason="Host EC2*"),
    *(EvaluateOnExit(action="exit", on_exit_code=f"{code:d}") for code in FINAL_EXIT_CODES),
)
"""The first rule that matches decides. If none matches, the job is tried again. A lost instance is not the
fault of the file. Wrong use and unusable input do not change, so another attempt is useless. Batch never
tries a job again that ran out of time."""


LIST_RETRY_RULES = (
    EvaluateOnExit(action="retry", on_status_reason="Host EC2*"),
    *(EvaluateOnExit(action="retry", on_exit_code=f"{code:d}") for code in LIST_RETRY_EXIT_CODES),
    EvaluateOnExit(action="exit", on_exit_code="*"),
)
"""Another try of a list meets the same recordings, so it needs another instance or another time to help.
Otherwise the collector makes smaller lists of what is left."""


@dataclass(frozen=True)
class TranscriptionJobArgs:
    """What the job runs, reads and writes."""

    image_uri: pulumi.Input[str]
    repository_arn: pulumi.Input[str] | None
    """The ECR repository of the image. None if the image comes from another registry."""

    input_bucket_arn: pulumi.Input[str]
    extra_input_bucket_arns: Sequence[str]
    """Other buckets whose recordings jobs may read."""

    output_bucket_arn: pulumi.Input[str]
    output_bucket: pulumi.Input[str]
    kms_key_arn: str | None
    """The customer's key of both buckets, if they have one."""

    s3_endpoint_vpc_id: pulumi.Input[str] | None
    """The VPC from which jobs reach S3, if the stack has made an endpoint in it."""

    output_prefix: str
    options: TranscriptionOptions
    takes_lists: bool
    """Whether there are jobs with a list of recordings too."""

    retry_attempts: int
    job_timeout_minutes: int
    log_retention_days: int
    account_id: str
    partition: str
    region: str


class TranscriptionJob(pulumi.ComponentResource):
    """Job definition, log group and two roles; a second definition for jobs with a list.

    The job role reads the input bucket and writes the output bucket. The execution role writes the log and
    pulls the image.
    """

    definition: aws.batch.JobDefinition
    list_definition: aws.batch.JobDefinition | None
    """Of jobs with a list of recordings, if there are any."""

    log_group: aws.cloudwatch.LogGroup

    def __init__(
        self, name: str, args: TranscriptionJobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("parakeet:components:TranscriptionJob", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.log_group = aws.cloudwatch.LogGroup(name, retention_in_days=args.log_retention_days, opts=child)
        job_policy = pulumi.Output.all(
            args.input_bucket_arn, args.output_bucket_arn, args.s3_endpoint_vpc_id
        ).apply(
            lambda known: job_role_policy(
                (known[0], *args.extra_input_bucket_arns),
                known[1],
                args.output_prefix,
                args.kms_key_arn,
                known[2],
                args.takes_lists,
            )
        )
        tasks = f"arn:{args.partition}:ecs:{args.region}:{args.account_id}:*"
        trust = trust_for("ecs-tasks.amazonaws.com", tasks)
        job_role = role_with_policy(f"{name}-job", trust, job_policy, child)
        execution_policy = pulumi.Output.all(self.log_group.arn, args.repository_arn).apply(
            lambda arns: execution_role_policy(arns[0], arns[1])
        )
        execution_role = role_with_policy(f"{name}-execution", trust, execution_policy, child)

        known = pulumi.Output.all(
            image_uri=args.image_uri,
            output_bucket=args.output_bucket,
            job_role_arn=job_role.arn,
            execution_role_arn=execution_role.arn,
            log_group=self.log_group.name,
            region=args.region,
        )
        self.definition = _definition(name, args, known, worker_command, RETRY_RULES, child)
        self.list_definition = (
            _definition(f"{name}-list", args, known, list_command, LIST_RETRY_RULES, child)
            if args.takes_lists
            else None
        )
        self.register_outputs({"definitionArn": self.definition.arn, "logGroup": self.log_group.name})


def _definition(
    name: str,
    args: TranscriptionJobArgs,
    known: pulumi.Output[dict[str, str]],
    command: Callable[[str, str], list[str]],
    retry_rules: Sequence[EvaluateOnExit],
    opts: pulumi.ResourceOptions,
) -> aws.batch.JobDefinition:
    """Return a new job definition.

    Args:
        name: of the resource.
        args: of the component.
        known: the keyword arguments of `container_properties`.
        command: returns the command for the output bucket and its prefix.
        retry_rules: when a job is tried again.
        opts: of the resource.
    """
    properties = known.apply(
        lambda values: to_json(
            container_properties(args, command(values["output_bucket"], args.output_prefix), **values)
        )
    )
    return aws.batch.JobDefinition(
        name,
        type="container",
        platform_capabilities=["EC2"],
        container_properties=properties,
        retry_strategy=aws.batch.JobDefinitionRetryStrategyArgs(
            attempts=args.retry_attempts, evaluate_on_exits=retry_rules
        ),
        timeout={"attempt_duration_seconds": args.job_timeout_minutes * 60},
        propagate_tags=True,
        # The upload rule submits the old revision until it points to the new one.
        deregister_on_new_revision=False,
        opts=opts,
    )


def container_properties(
    args: TranscriptionJobArgs,
    command: list[str],
    *,
    image_uri: str,
    output_bucket: str,
    job_role_arn: str,
    execution_role_arn: str,
    log_group: str,
    region: str,
) -> dict[str, Any]:
    """Return the container as RegisterJobDefinition takes it."""
    resources = {"GPU": 1, "VCPU": VCPUS, "MEMORY": MEMORY_MEBIBYTES}
    environment = worker_environment(args, output_bucket, region)
    return {
        "image": image_uri,
        "command": command,
        "environment": [{"name": name, "value": value} for name, value in environment.items()],
        "jobRoleArn": job_role_arn,
        "executionRoleArn": execution_role_arn,
        "user": USER,
        "readonlyRootFilesystem": True,
        "linuxParameters": {
            # The first process of a container ignores SIGTERM unless it handles it. Init passes it on.
            "initProcessEnabled": True,
            "tmpfs": [
                {
                    "containerPath": SCRATCH_FOLDER,
                    "size": SCRATCH_MEBIBYTES,
                    "mountOptions": ["nodev", "noexec", "nosuid"],
                }
            ],
        },
        # A core dump of a crashed worker would fill the disk of the instance, and it contains recordings.
        "ulimits": [{"name": "core", "softLimit": 0, "hardLimit": 0}],
        "resourceRequirements": [{"type": kind, "value": str(amount)} for kind, amount in resources.items()],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": LOG_STREAM_PREFIX,
            },
        },
    }


def worker_command(output_bucket: str, output_prefix: str) -> list[str]:
    """Return the worker's command line, in which Batch replaces each ``Ref::`` by the job's parameter.

    Each ``Ref::`` is a whole argument, the only form in the documentation of Batch. After `--object`, a key
    is never read as an option.
    """
    destination = f"s3://{output_bucket}/{output_prefix}"
    return ["python", "-m", "transcriber", "--object", "Ref::bucket", "Ref::key", destination]


def list_command(output_bucket: str, output_prefix: str) -> list[str]:
    """Return the worker's command line for a list of recordings. The collector names the manifest."""
    destination = f"s3://{output_bucket}/{output_prefix}"
    return ["python", "-m", "transcriber", "--manifest", "Ref::manifest", destination]


def worker_environment(args: TranscriptionJobArgs, output_bucket: str, region: str) -> dict[str, str]:
    """Return the worker's settings, and boto3's region, as they read them from the environment."""
    return {
        # Batch gives no region to containers on EC2.
        "AWS_DEFAULT_REGION": region,
        environment_name("stack"): stack_prefix(),
        environment_name("failures"): f"s3://{output_bucket}/{FAILURES_FOLDER}",
        **args.options.environment(),
    }
