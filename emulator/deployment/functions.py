"""The supported provider functions: they look something up in the emulated account."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.deployment.account import PARTITION, Account
from emulator.deployment.errors import DeploymentError
from emulator.deployment.properties import Properties

Function = Callable[[Account, Properties], Mapping[str, Any]]
"""A provider function: account and arguments in, results by their provider names out."""


def get_caller_identity(account: Account, _arguments: Properties) -> dict[str, Any]:
    """``aws.get_caller_identity``."""
    identity = account.client("sts").get_caller_identity()
    return {
        "id": identity["Account"],
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "userId": identity["UserId"],
    }


def get_region(account: Account, arguments: Properties) -> dict[str, Any]:
    """``aws.get_region``: the stack's region, or another one by name."""
    region = arguments.get("region") or arguments.get("name") or account.region
    return {
        "id": region,
        "region": region,
        "name": region,
        "description": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
    }


def get_partition(_account: Account, _arguments: Properties) -> dict[str, Any]:
    """``aws.get_partition``."""
    return {
        "id": PARTITION,
        "partition": PARTITION,
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def get_vpc(account: Account, arguments: Properties) -> dict[str, Any]:
    """``aws.ec2.get_vpc``: the only VPC that matches id, default and filters."""
    filters = _filters(arguments)
    if "default" in arguments:
        filters.append({"Name": "isDefault", "Values": [str(arguments.get("default")).lower()]})
    wanted = {"VpcIds": [arguments.get("id")]} if "id" in arguments else {}
    vpcs = account.client("ec2").describe_vpcs(Filters=filters, **wanted)["Vpcs"]
    if len(vpcs) != 1:
        raise DeploymentError(f"{len(vpcs)} VPCs match, 1 is needed")
    vpc = vpcs[0]
    return {
        "id": vpc["VpcId"],
        "arn": account.arn("ec2", f"vpc/{vpc['VpcId']}"),
        "cidrBlock": vpc["CidrBlock"],
        "default": vpc["IsDefault"],
        "dhcpOptionsId": vpc["DhcpOptionsId"],
        "instanceTenancy": vpc["InstanceTenancy"],
        "ownerId": vpc["OwnerId"],
        "state": vpc["State"],
        "tags": _tags(vpc),
    }


def get_subnets(account: Account, arguments: Properties) -> dict[str, Any]:
    """``aws.ec2.get_subnets``."""
    subnets = account.client("ec2").describe_subnets(Filters=_filters(arguments))["Subnets"]
    return {"id": account.region, "ids": [subnet["SubnetId"] for subnet in subnets]}


def get_availability_zones(account: Account, arguments: Properties) -> dict[str, Any]:
    """``aws.get_availability_zones``."""
    zones = account.client("ec2").describe_availability_zones(Filters=_filters(arguments))[
        "AvailabilityZones"
    ]
    return {
        "id": account.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
    }


def get_instance_types(account: Account, arguments: Properties) -> dict[str, Any]:
    """``aws.ec2.get_instance_types``."""
    pages = account.client("ec2").get_paginator("describe_instance_types")
    found = pages.paginate(Filters=_filters(arguments)).build_full_result()["InstanceTypes"]
    return {"id": account.region, "instanceTypes": [each["InstanceType"] for each in found]}


def get_bucket(account: Account, arguments: Properties) -> dict[str, Any]:
    """``aws.s3.get_bucket``: a bucket that exists."""
    name = arguments.get("bucket")
    head = account.client("s3").head_bucket(Bucket=name)
    return {
        "id": name,
        "bucket": name,
        "arn": f"arn:{PARTITION}:s3:::{name}",
        "bucketRegion": head["BucketRegion"],
    }


def get_route_tables(account: Account, arguments: Properties) -> dict[str, Any]:
    """``aws.ec2.get_route_tables``."""
    filters = _filters(arguments)
    if "vpcId" in arguments:
        filters.append({"Name": "vpc-id", "Values": [arguments.get("vpcId")]})
    tables = account.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    return {"id": account.region, "ids": [table["RouteTableId"] for table in tables]}


def _filters(arguments: Properties) -> list[dict[str, Any]]:
    filters = [
        {"Name": block.get("name"), "Values": block.get("values")} for block in arguments.blocks("filters")
    ]
    tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in arguments.get("tags", {}).items()]
    return filters + tags


def _tags(described: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}


FUNCTIONS: dict[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getRegion:getRegion": get_region,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:ec2/getSubnets:getSubnets": get_subnets,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
    "aws:ec2/getInstanceTypes:getInstanceTypes": get_instance_types,
    "aws:s3/getBucket:getBucket": get_bucket,
    "aws:ec2/getRouteTables:getRouteTables": get_route_tables,
}
