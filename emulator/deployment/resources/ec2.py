"""EC2: security groups, VPC endpoints and launch templates."""

from typing import Any

from emulator.deployment.creation import Created, Creation, Handler
from emulator.deployment.properties import Properties
from emulator.deployment.resources.launch_template import create_launch_template


def create_security_group(new: Creation) -> Created:
    """``aws.ec2.SecurityGroup``. Like the provider, it removes the egress rule that EC2 adds."""
    ec2, name = new.client("ec2"), new.physical_name()
    description = new.inputs.get("description", "Managed by Pulumi")
    group_id = ec2.create_security_group(
        GroupName=name,
        Description=description,
        TagSpecifications=tag_specifications(new, "security-group"),
        **new.inputs.pascal("vpcId"),
    )["GroupId"]
    new.on_delete(ec2.delete_security_group, GroupId=group_id)
    group = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=group["IpPermissionsEgress"])
    for direction, authorize in (
        ("egress", ec2.authorize_security_group_egress),
        ("ingress", ec2.authorize_security_group_ingress),
    ):
        if permissions := [_inline_permission(rule) for rule in new.inputs.blocks(direction)]:
            authorize(GroupId=group_id, IpPermissions=permissions)
    return Created(
        group_id,
        {
            "name": name,
            "description": description,
            "arn": new.account.arn("ec2", f"security-group/{group_id}"),
            "vpcId": group["VpcId"],
            "ownerId": group["OwnerId"],
            "tagsAll": new.tags(),
        },
    )


def create_egress_rule(new: Creation) -> Created:
    """``aws.vpc.SecurityGroupEgressRule``."""
    ec2, group_id = new.client("ec2"), new.inputs.get("securityGroupId")
    description = new.inputs.pascal("description")
    permission: dict[str, Any] = new.inputs.pascal("fromPort", "toPort", "ipProtocol")
    for source, ranges, key in (
        ("cidrIpv4", "IpRanges", "CidrIp"),
        ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("prefixListId", "PrefixListIds", "PrefixListId"),
        ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    ):
        if source in new.inputs:
            permission[ranges] = [{key: new.inputs.get(source), **description}]
    rule = ec2.authorize_security_group_egress(
        GroupId=group_id,
        IpPermissions=[permission],
        TagSpecifications=tag_specifications(new, "security-group-rule"),
    )["SecurityGroupRules"][0]
    new.on_delete(ec2.revoke_security_group_egress, GroupId=group_id, IpPermissions=[permission])
    rule_id = rule["SecurityGroupRuleId"]
    return Created(
        rule_id,
        {
            "securityGroupRuleId": rule_id,
            "arn": new.account.arn("ec2", f"security-group-rule/{rule_id}"),
            "tagsAll": new.tags(),
        },
    )


def create_vpc_endpoint(new: Creation) -> Created:
    """``aws.ec2.VpcEndpoint``."""
    ec2 = new.client("ec2")
    endpoint = ec2.create_vpc_endpoint(
        TagSpecifications=tag_specifications(new, "vpc-endpoint"),
        **new.inputs.pascal(
            "vpcId",
            "serviceName",
            "vpcEndpointType",
            "routeTableIds",
            "subnetIds",
            "securityGroupIds",
            "privateDnsEnabled",
            policy="PolicyDocument",
        ),
    )["VpcEndpoint"]
    endpoint_id = endpoint["VpcEndpointId"]
    new.on_delete(ec2.delete_vpc_endpoints, VpcEndpointIds=[endpoint_id])
    return Created(
        endpoint_id,
        {
            "arn": new.account.arn("ec2", f"vpc-endpoint/{endpoint_id}"),
            "ownerId": endpoint["OwnerId"],
            "state": endpoint["State"],
            "tagsAll": new.tags(),
        },
    )


def tag_specifications(new: Creation, resource_type: str) -> list[dict[str, Any]]:
    """Return the resource's tags in the form of EC2's create operations."""
    tags = new.tag_list()
    return [{"ResourceType": resource_type, "Tags": tags}] if tags else []


def _inline_permission(rule: Properties) -> dict[str, Any]:
    description = rule.pascal("description")
    permission: dict[str, Any] = rule.pascal("fromPort", "toPort", protocol="IpProtocol")
    for source, ranges, key in (
        ("cidrBlocks", "IpRanges", "CidrIp"),
        ("ipv6CidrBlocks", "Ipv6Ranges", "CidrIpv6"),
        ("prefixListIds", "PrefixListIds", "PrefixListId"),
        ("securityGroups", "UserIdGroupPairs", "GroupId"),
    ):
        if source in rule:
            permission[ranges] = [{key: value, **description} for value in rule.get(source)]
    return permission


HANDLERS: dict[str, Handler] = {
    "aws:ec2/securityGroup:SecurityGroup": create_security_group,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": create_egress_rule,
    "aws:ec2/vpcEndpoint:VpcEndpoint": create_vpc_endpoint,
    "aws:ec2/launchTemplate:LaunchTemplate": create_launch_template,
}
