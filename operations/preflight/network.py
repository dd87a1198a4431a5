"""The network of the instances: VPC, subnets, and the services that each subnet can reach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from components.settings import PipelineSettings
from operations.preflight.rows import Row, ok, wrong

VPC = "VPC"
SUBNETS = "subnets"
S3_ENDPOINT = "S3 endpoint"
ANYWHERE = "0.0.0.0/0"
INTERNET_GATEWAY = "igw-"

INTERFACE_SERVICES = (
    *("ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry"),
    *("logs", "monitoring", "ssm"),
)
"""Services that instances and jobs use besides S3: for image, cluster, log, metrics and configuration."""


class Way(StrEnum):
    """The target of the default route of a subnet."""

    INTERNET = "an internet gateway"
    INTERNET_WITHOUT_ADDRESS = "an internet gateway, but instances get no public address"
    ELSEWHERE = "a NAT or transit gateway"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Network:
    """What EC2 knows about a VPC."""

    vpc_id: str
    is_default: bool
    subnets: Sequence[dict[str, Any]]
    """The subnets of the instances."""

    route_tables: Sequence[dict[str, Any]]
    endpoints: Sequence[dict[str, Any]]


def find_network(ec2: Any, settings: PipelineSettings, region: str) -> Network | Row:
    """Look up the VPC and the subnets as the program does, or return what is wrong with them."""
    by = {"Name": "is-default", "Values": ["true"]}
    if settings.vpc_id:
        by = {"Name": "vpc-id", "Values": [settings.vpc_id]}
    vpcs = ec2.describe_vpcs(Filters=[by])["Vpcs"]
    if not vpcs and settings.vpc_id:
        return wrong(VPC, f"{settings.vpc_id} is not in {region}", f"aws ec2 describe-vpcs --region {region}")
    if not vpcs:
        return wrong(
            VPC,
            f"{region} has no default VPC; make it, or set vpcId",
            f"aws ec2 create-default-vpc --region {region}",
        )
    vpc_id = vpcs[0]["VpcId"]
    within = [{"Name": "vpc-id", "Values": [vpc_id]}]
    pages = ec2.get_paginator("describe_subnets").paginate(Filters=within)
    every = [each for page in pages for each in page["Subnets"]]
    if settings.subnet_ids:
        chosen = [each for each in every if each["SubnetId"] in settings.subnet_ids]
        strangers = sorted(set(settings.subnet_ids) - {each["SubnetId"] for each in chosen})
        if strangers:
            return wrong(
                SUBNETS,
                f"{', '.join(strangers)}: not in {vpc_id}",
                f"aws ec2 describe-subnets --filters Name=vpc-id,Values={vpc_id} --region {region}",
            )
    else:
        zones = _ordinary_zones(ec2)
        chosen = [each for each in every if each["AvailabilityZone"] in zones]
    if not chosen:
        return wrong(
            SUBNETS,
            f"{vpc_id} has none in an Availability Zone; set vpcId and subnetIds to others",
            f"aws ec2 describe-subnets --region {region}",
        )
    endpoints = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=within)
    return Network(
        vpc_id=vpc_id,
        is_default=vpcs[0]["IsDefault"],
        subnets=chosen,
        route_tables=ec2.describe_route_tables(Filters=within)["RouteTables"],
        # Some emulators ignore the filter.
        endpoints=[each for page in endpoints for each in page["VpcEndpoints"] if each["VpcId"] == vpc_id],
    )


def check_network(network: Network, settings: PipelineSettings, region: str) -> Iterator[Row]:
    """Check whether instances in each subnet can reach the services that they need."""
    yield ok(VPC, f"{network.vpc_id}{', the default one' if network.is_default else ''}")
    ways = {each["SubnetId"]: way_out(each, network.route_tables) for each in network.subnets}
    without_address = [each for each, way in ways.items() if way is Way.INTERNET_WITHOUT_ADDRESS]
    if without_address:
        yield wrong(
            SUBNETS,
            f"{', '.join(without_address)}: the way out is {Way.INTERNET_WITHOUT_ADDRESS}",
            f"for subnet in {' '.join(without_address)}; do aws ec2 modify-subnet-attribute"
            f" --subnet-id $subnet --map-public-ip-on-launch --region {region}; done",
        )
    private = [each for each in network.subnets if ways[each["SubnetId"]] is Way.NOWHERE]
    yield from _check_private(network, private, settings, region)
    outward = [each for each, way in ways.items() if way in (Way.INTERNET, Way.ELSEWHERE)]
    if outward:
        yield ok(SUBNETS, f"{', '.join(outward)}: with a way out")
    if settings.create_s3_endpoint and (there := _gateways(network, region)):
        yield wrong(
            S3_ENDPOINT,
            f"{network.vpc_id} has {there[0]['VpcEndpointId']} already, and can have one only",
            "pulumi config set createS3Endpoint false",
        )


def way_out(subnet: dict[str, Any], route_tables: Sequence[dict[str, Any]]) -> Way:
    """Return the target of the default route of ``subnet``, from its own route table or the main one."""
    for route in _table_of(subnet, route_tables).get("Routes", []):
        if route.get("DestinationCidrBlock") != ANYWHERE or route.get("State") == "blackhole":
            continue
        if not route.get("GatewayId", "").startswith(INTERNET_GATEWAY):
            return Way.ELSEWHERE
        return Way.INTERNET if subnet["MapPublicIpOnLaunch"] else Way.INTERNET_WITHOUT_ADDRESS
    return Way.NOWHERE


def _check_private(
    network: Network, subnets: Sequence[dict[str, Any]], settings: PipelineSettings, region: str
) -> Iterator[Row]:
    """Check whether subnets without a way out have endpoints for all services that instances need."""
    if not subnets:
        return
    names = ", ".join(each["SubnetId"] for each in subnets)
    tables = {_table_of(each, network.route_tables).get("RouteTableId") for each in subnets}
    reached = {table for each in _gateways(network, region) for table in each.get("RouteTableIds", [])}
    has_s3 = settings.create_s3_endpoint or tables <= reached or _has_interface(network, region, "s3")
    if not has_s3:
        yield wrong(SUBNETS, f"{names}: no way to S3", "pulumi config set createS3Endpoint true")
    missing = [each for each in INTERFACE_SERVICES if not _has_interface(network, region, each)]
    if missing:
        yield wrong(
            SUBNETS,
            f"{names}: no way to {', '.join(missing)}; make endpoints, or a route to a NAT gateway",
            f"for service in {' '.join(missing)}; do aws ec2 create-vpc-endpoint --vpc-id {network.vpc_id}"
            f" --vpc-endpoint-type Interface --service-name com.amazonaws.{region}.$service"
            f" --subnet-ids {subnets[0]['SubnetId']} --region {region}; done",
        )
    elif has_s3:
        yield ok(SUBNETS, f"{names}: private, with endpoints for all that instances need")


def _table_of(subnet: dict[str, Any], route_tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    main: dict[str, Any] = {}
    for table in route_tables:
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnet["SubnetId"]:
                return table
            if association.get("Main"):
                main = table
    return main


def _gateways(network: Network, region: str) -> list[dict[str, Any]]:
    return [each for each in _endpoints(network, region, "s3") if each["VpcEndpointType"] == "Gateway"]


def _has_interface(network: Network, region: str, service: str) -> bool:
    return any(each["VpcEndpointType"] == "Interface" for each in _endpoints(network, region, service))


def _endpoints(network: Network, region: str, service: str) -> list[dict[str, Any]]:
    return [each for each in network.endpoints if each["ServiceName"].endswith(f".{region}.{service}")]


def _ordinary_zones(ec2: Any) -> set[str]:
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}]
    zones = ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]
    return {each["ZoneName"] for each in zones}
