"""Compute environments that start GPU instances when there are jobs, and the job queue."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.names import stack_prefix
from components.aws.policies import Document, document, to_json, trust
from components.instance_setup import agent_config, user_data

MANAGED_POLICIES = ("service-role/AmazonEC2ContainerServiceforEC2Role", "CloudWatchAgentServerPolicy")
"""The first lets an instance join the ECS cluster and pull the image. The second lets it send metrics and
read the configuration of the agent."""

DISK_IOPS = 3000
DISK_MEBIBYTES_PER_SECOND = 500
"""The default of gp3 is 125. Unpacking a large image would have to wait for the disk."""

SPOT_BID_PERCENTAGE = 100

QUEUE_TIMEOUTS = aws.batch.JobQueueTimeoutsArgs(update="60m", delete="60m")
"""AWS deletes a queue after its jobs have ended. It ends 16 jobs a second."""

MOST_UPDATE_MINUTES = 360
"""The most time that Batch gives the jobs of an instance before it replaces the instance."""

MISCONFIGURED_SECONDS = 600
MISCONFIGURATIONS = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
)
"""Reasons for which a job would wait for ever. A shortage of Spot capacity ends, so it is not one of them."""


@dataclass(frozen=True)
class Capacity:
    """One way to buy instances. The fields are those of CreateComputeEnvironment."""

    label: str
    type: str
    allocation_strategy: str
    bid_percentage: int | None
    instance_types: Sequence[str]


@dataclass(frozen=True)
class GpuComputeArgs:
    """Instances, their limits and their network."""

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
    """The end of EC2's service name. It is different in China."""

    tags: dict[str, str]
    """Tags of the instances and their volumes. Default tags of the stack do not reach these."""


class GpuCompute(pulumi.ComponentResource):
    """Instance role, launch template, two compute environments (from 0 vCPUs) and a job queue on one of them.

    The stack always has an on-demand and a Spot environment, because an environment without instances costs
    nothing. The queue uses one of them. If the user changes ``use_spot``, only the queue changes: no
    environment is replaced, and running jobs finish where they are.

    The environments have no service role of their own, so AWS updates them in place. If the provider replaces
    one all the same (Spot), it makes a new one under a new name, moves the queue, and then deletes the old
    one. The instance role lets instances join ECS, pull images and send metrics. Jobs have a role of their
    own.
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
            # In a new account, the first environment makes Batch's roles. Two at once would race.
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
            # The provider reads the timeouts of a queue here, and not in Pulumi's custom timeouts.
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
        # The managed policy of the agent allows parameters with this prefix only.
        parameter_name = f"AmazonCloudWatch-{stack_prefix()}"
        parameter = aws.ssm.Parameter(
            f"{name}-agent",
            name=parameter_name,
            type="String",
            # It is not secret, so that the preview shows changes.
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
                    # A number, because "$Latest" is read only once, when the environment is made.
                    launch_template_id=template.id,
                    version=template.latest_version.apply(str),
                ),
            ),
            update_policy=aws.batch.ComputeEnvironmentUpdatePolicyArgs(
                job_execution_timeout_minutes=min(args.job_timeout_minutes, MOST_UPDATE_MINUTES),
                terminate_jobs_on_update=False,
            ),
            # An environment whose role has no policies any more stays in DELETING.
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )


def only_in_vpc_policy(vpc_id: str) -> Document:
    """Return the policy that makes the role useless for an instance outside the VPC.

    The key names the VPC of the instance that got the credentials. The policy does not apply to requests
    without this key.
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
