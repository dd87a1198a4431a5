"""Where the instances run: a VPC that exists, and a way out but none in."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

HTTPS = 443


@dataclass(frozen=True)
class BatchNetworkArgs:
    """Which network the instances get."""

    vpc_id: str | None
    """The default VPC where none is given."""

    subnet_ids: Sequence[str]
    """All subnets of the VPC where none are given."""

    create_s3_endpoint: bool
    region: pulumi.Input[str]


class BatchNetwork(pulumi.ComponentResource):
    """The VPC and subnets of the instances, their security group, and an S3 gateway endpoint if asked for.

    It creates no VPC, subnets, routes or NAT gateways: the instances need a way to S3, ECR, ECS, CloudWatch
    and SSM.
    """

    subnet_ids: pulumi.Output[Sequence[str]]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: BatchNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:BatchNetwork", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        lookup = pulumi.InvokeOptions(parent=self)
        vpc_id = args.vpc_id or aws.ec2.get_vpc(default=True, opts=lookup).id
        self.subnet_ids = pulumi.Output.from_input(
            list(args.subnet_ids)
            or aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc_id]}], opts=lookup).ids
        )

        group = aws.ec2.SecurityGroup(
            name, description="Transcription instances: out by HTTPS, nothing in", vpc_id=vpc_id, opts=child
        )
        aws.vpc.SecurityGroupEgressRule(
            name,
            security_group_id=group.id,
            description="AWS services and package repositories",
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            cidr_ipv4="0.0.0.0/0",
            opts=child,
        )
        self.security_group_id = group.id

        if args.create_s3_endpoint:
            aws.ec2.VpcEndpoint(
                f"{name}-s3",
                vpc_id=vpc_id,
                vpc_endpoint_type="Gateway",
                service_name=pulumi.Output.format("com.amazonaws.{0}.s3", args.region),
                route_table_ids=aws.ec2.get_route_tables(vpc_id=vpc_id, opts=lookup).ids,
                opts=child,
            )
        self.register_outputs({"subnetIds": self.subnet_ids, "securityGroupId": self.security_group_id})
