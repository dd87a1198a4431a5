"""GPU capacity that comes with the jobs and goes with them: compute environment and job queue."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.names import stack_prefix
from components.aws.policies import Document, document, to_json, trust
from components.instance_setup import agent_config, user_data

MANAGED_POLICIES = ("service-role/AmazonEC2ContainerServiceforEC2Role", "CloudWatchAgentServerPolicy")
"""To join the ECS cluster and pull the image; to send metrics and read the agent's configuration."""

DISK_IOPS = 3000
DISK_MEBIBYTES_PER_SECOND = 500
"""gp3 gives 125 unless asked, and unpacking an image of many gigabytes waits for it."""

SPOT_BID_PERCENTAGE = 100

QUEUE_TIMEOUTS = aws.batch.JobQueueTimeoutsArgs(update="60m", delete="60m")
"""A queue goes once its jobs are ended, 16 a second."""

MOST_UPDATE_MINUTES = 360
"""What Batch grants the jobs of an instance that is to be replaced."""

MISCONFIGURED_SECONDS = 600
MISCONFIGURATIONS = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
)
"""Reasons for which a job would wait for ever. A shortage of Spot capacity is none: it passes."""


@dataclass(frozen=True)
class Capacity:
    """One way to buy instances, in the terms of CreateComputeEnvironment."""

    label: str
    type: str
    allocation_strategy: str
    bid_percentage: int | None
    instance_types: Sequence[str]


@dataclass(frozen=True)
class GpuComputeArgs:
    """What capacity to run on."""

    use_spot: bool
    on_demand_instance_types: Sequence[str]
    spot_instance_types: Sequence[str]
    max_vcpus: int
    job_timeout_minutes: int
    disk_size_gib: int
    metrics_interval_seconds: int
    vpc_id: str
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    partition: pulumi.Input[str]
    dns_suffix: str
    """What EC2's own name ends with: in China it is another one."""

    tags: dict[str, str]
    """Tags of the instances and their volumes, which the stack's default tags do not reach."""


class GpuCompute(pulumi.ComponentResource):
    """Instance role, launch template, two compute environments (from 0 vCPUs) and a job queue on one of them.

    On-demand and Spot capacity both stand ready, since idle they cost nothing, and the queue takes the one
    that is asked for. So a change of mind is a change of the queue: no environment is replaced, and running
    jobs end where they are. With no service role of their own, environments are updated in place; where the
    provider replaces one after all (Spot), it is made under a new name and the queue moves before the old one
    goes. The instance role only joins ECS and sends metrics; jobs have their own.
    """

    job_queue: aws.batch.JobQueue

    def __init__(self, name: str, args: GpuComputeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:GpuCompute", name, None, opts)
        profile, attachments = self._instance_profile(name, args)
        template = self._launch_template(name, args)
        on_demand = self._environment(
            name,
            Capacity("on-demand", "EC2", "BEST_FIT_PROGRESSIVE", None, args.on_demand_instance_types),
            args,
            profile,
            template,
            attachments,
        )
        spot = self._environment(
            name,
            Capacity(
                "spot", "SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED", SPOT_BID_PERCENTAGE, args.spot_instance_types
            ),
            args,
            profile,
            template,
            # A new account gets Batch's service-linked roles with the first; two at once would race for them.
            [*attachments, on_demand],
        )
        environment = spot if args.use_spot else on_demand
        self.job_queue = aws.batch.JobQueue(
            name,
            priority=1,
            state="ENABLED",
            compute_environment_orders=[{"order": 1, "compute_environment": environment.arn}],
            job_state_time_limit_actions=[
                {
                    "action": "CANCEL",
                    "state": "RUNNABLE",
                    "reason": reason,
                    "max_time_seconds": MISCONFIGURED_SECONDS,
                }
                for reason in MISCONFIGURATIONS
            ],
            # The provider's new framework reads them here, not in Pulumi's custom timeouts.
            timeouts=QUEUE_TIMEOUTS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"jobQueueArn": self.job_queue.arn})

    def _instance_profile(
        self, name: str, args: GpuComputeArgs
    ) -> tuple[aws.iam.InstanceProfile, list[pulumi.Resource]]:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-instance", assume_role_policy=to_json(trust(f"ec2.{args.dns_suffix}")), opts=child
        )
        attachments: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy.rsplit('/', 1)[-1]}",
                role=role.id,
                policy_arn=pulumi.Output.format("arn:{0}:iam::aws:policy/{1}", args.partition, policy),
                opts=child,
            )
            for policy in MANAGED_POLICIES
        ]
        aws.iam.RolePolicy(
            f"{name}-instance", role=role.id, policy=to_json(only_in_vpc_policy(args.vpc_id)), opts=child
        )
        return aws.iam.InstanceProfile(f"{name}-instance", role=role.id, opts=child), attachments

    def _launch_template(self, name: str, args: GpuComputeArgs) -> aws.ec2.LaunchTemplate:
        child = pulumi.ResourceOptions(parent=self)
        # The agent's managed policy may read parameters of this prefix only.
        parameter_name = f"AmazonCloudWatch-{stack_prefix()}"
        parameter = aws.ssm.Parameter(
            f"{name}-agent",
            name=parameter_name,
            type="String",
            # No secret, so that a change of it can be read in the preview.
            insecure_value=to_json(agent_config(args.metrics_interval_seconds, stack_prefix())),
            description="CloudWatch agent of the transcription instances",
            opts=child,
        )
        setup = parameter.name.apply(lambda agent: base64.b64encode(user_data(agent).encode()).decode())
        return aws.ec2.LaunchTemplate(
            name,
            update_default_version=True,
            user_data=setup,
            block_device_mappings=[
                {
                    "device_name": "/dev/xvda",
                    "ebs": {
                        "volume_type": "gp3",
                        "volume_size": args.disk_size_gib,
                        "iops": DISK_IOPS,
                        "throughput": DISK_MEBIBYTES_PER_SECOND,
                        "encrypted": "true",
                        "delete_on_termination": "true",
                    },
                }
            ],
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            tag_specifications=[
                {"resource_type": kind, "tags": {"Name": pulumi.get_project(), **args.tags}}
                for kind in ("instance", "volume")
            ],
            opts=child,
        )

    def _environment(
        self,
        name: str,
        capacity: Capacity,
        args: GpuComputeArgs,
        profile: aws.iam.InstanceProfile,
        template: aws.ec2.LaunchTemplate,
        depends_on: list[pulumi.Resource],
    ) -> aws.batch.ComputeEnvironment:
        return aws.batch.ComputeEnvironment(
            f"{name}-{capacity.label}",
            type="MANAGED",
            state="ENABLED",
            compute_resources=aws.batch.ComputeEnvironmentComputeResourcesArgs(
                type=capacity.type,
                allocation_strategy=capacity.allocation_strategy,
                bid_percentage=capacity.bid_percentage,
                min_vcpus=0,
                max_vcpus=args.max_vcpus,
                instance_types=list(capacity.instance_types),
                instance_role=profile.arn,
                subnets=args.subnet_ids,
                security_group_ids=[args.security_group_id],
                ec2_configurations=[
                    aws.batch.ComputeEnvironmentComputeResourcesEc2ConfigurationArgs(
                        image_type="ECS_AL2023_NVIDIA"
                    )
                ],
                launch_template=aws.batch.ComputeEnvironmentComputeResourcesLaunchTemplateArgs(
                    # By number: "$Latest" is read once, when the environment is made.
                    launch_template_id=template.id,
                    version=template.latest_version.apply(str),
                ),
            ),
            update_policy=aws.batch.ComputeEnvironmentUpdatePolicyArgs(
                job_execution_timeout_minutes=min(args.job_timeout_minutes, MOST_UPDATE_MINUTES),
                terminate_jobs_on_update=False,
            ),
            # An environment whose role has lost its policies hangs in DELETING.
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )


def only_in_vpc_policy(vpc_id: str) -> Document:
    """Return the policy by which the role is of no use to an instance outside the VPC.

    The key names the VPC of the instance that was given the credentials. Where a request has no such key, the
    policy says nothing.
    """
    key = "aws:EC2InstanceSourceVPC"
    return document(
        {
            "Sid": "OnlyInstancesOfThisVpc",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {key: vpc_id}, "Null": {key: "false"}},
        }
    )
