"""The network of the instances: an existing VPC, and a security group with a way out and no way in."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.stack_config import ConfigError

HTTPS = 443


@dataclass(frozen=True)
class Place:
    """A VPC and subnets of it."""

    vpc_id: str
    subnet_ids: Sequence[str]


def find_network(vpc_id: str | None, subnet_ids: Sequence[str]) -> Place:
    """Look up the VPC and its subnets. Without an id, it is the default VPC.

    Without ids, the subnets are all those in Availability Zones. Local and Wavelength Zones have few GPU
    instances, and these cost more.

    Raises:
        ConfigError: the VPC has no such subnets, or not these.
    """
    found = vpc_id or aws.ec2.get_vpc(default=True).id
    filters = [aws.ec2.GetSubnetsFilterArgs(name="vpc-id", values=[found])]
    if not subnet_ids:
        zones = aws.get_availability_zones(
            filters=[{"name": "zone-type", "values": ["availability-zone"]}]
        ).names
        filters.append(aws.ec2.GetSubnetsFilterArgs(name="availability-zone", values=zones))
    subnets = aws.ec2.get_subnets(filters=filters).ids
    if not subnets:
        raise ConfigError(
            "vpcId",
            found,
            "it has no subnets in Availability Zones of this region; allowed is a VPC that has",
        )
    strangers = [each for each in subnet_ids if each not in subnets]
    if strangers:
        raise ConfigError(
            "subnetIds",
            ",".join(subnet_ids),
            f"{strangers[0]} is not in {found}; allowed are {', '.join(subnets)}",
        )
    return Place(found, list(subnet_ids) or subnets)


@dataclass(frozen=True)
class BatchNetworkArgs:
    """The VPC and subnets, and whether to make an S3 endpoint."""

    place: Place
    create_s3_endpoint: bool
    region: pulumi.Input[str]


class BatchNetwork(pulumi.ComponentResource):
    """The VPC and subnets of the instances, their security group, and an S3 gateway endpoint if asked for.

    It does not create a VPC, subnets, routes or NAT gateways. The subnets must have a way to S3, ECR, ECS,
    CloudWatch and SSM.
    """

    subnet_ids: Sequence[str]
    security_group_id: pulumi.Output[str]
    s3_endpoint_vpc_id: pulumi.Output[str] | None
    """The VPC from which requests reach S3, if the stack has made an endpoint; otherwise None."""

    def __init__(self, name: str, args: BatchNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:BatchNetwork", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        vpc_id = args.place.vpc_id
        self.subnet_ids = args.place.subnet_ids

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

        self.s3_endpoint_vpc_id = None
        if args.create_s3_endpoint:
            endpoint = aws.ec2.VpcEndpoint(
                f"{name}-s3",
                vpc_id=vpc_id,
                vpc_endpoint_type="Gateway",
                service_name=pulumi.Output.format("com.amazonaws.{0}.s3", args.region),
                route_table_ids=aws.ec2.get_route_tables(
                    vpc_id=vpc_id, opts=pulumi.InvokeOptions(parent=self)
                ).ids,
                opts=child,
            )
            self.s3_endpoint_vpc_id = endpoint.vpc_id
        self.register_outputs({"subnetIds": self.subnet_ids, "securityGroupId": self.security_group_id})
