from collections.abc import Callable

from emulator.cloud import LocalCloud
from emulator.deployment import Deployment

Up = Callable[..., Deployment]

NETWORK = """
vpc = aws.ec2.get_vpc_output(default=True)
tables = aws.ec2.get_route_tables_output(vpc_id=vpc.id)
group = aws.ec2.SecurityGroup(
    "workers", description="Batch instances", vpc_id=vpc.id, tags={"Part": "network"}
)
"""


def test_a_security_group_lets_out_what_its_rules_say_and_nothing_else(up: Up, cloud: LocalCloud) -> None:
    outputs = up(
        NETWORK
        + """
closed = aws.ec2.SecurityGroup("closed", vpc_id=vpc.id)
aws.vpc.SecurityGroupEgressRule(
    "https", security_group_id=group.id, ip_protocol="tcp", from_port=443, to_port=443,
    cidr_ipv4="0.0.0.0/0", description="AWS APIs",
)
pulumi.export("group", group.id)
pulumi.export("closed", closed.id)
pulumi.export("vpc", vpc.id)
"""
    ).outputs
    described = cloud.client("ec2").describe_security_groups(GroupIds=[outputs["group"], outputs["closed"]])
    groups = {group["GroupId"]: group for group in described["SecurityGroups"]}
    group = groups[outputs["group"]]
    assert (group["VpcId"], group["Description"]) == (outputs["vpc"], "Batch instances")
    assert group["Tags"] == [{"Key": "Part", "Value": "network"}]
    [rule] = group["IpPermissionsEgress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert [each["CidrIp"] for each in rule["IpRanges"]] == ["0.0.0.0/0"]
    assert groups[outputs["closed"]]["IpPermissionsEgress"] == []


def test_rules_inside_a_security_group_are_created_with_it(up: Up, cloud: LocalCloud) -> None:
    group_id = up(
        """
        group = aws.ec2.SecurityGroup(
            "workers",
            egress=[{
                "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["10.0.0.0/8", "11.0.0.0/8"]
            }],
            ingress=[{"protocol": "tcp", "from_port": 80, "to_port": 81, "cidr_blocks": ["10.0.0.0/8"]}],
        )
        pulumi.export("id", group.id)
        """
    ).outputs["id"]
    [group] = cloud.client("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    [out], [into] = group["IpPermissionsEgress"], group["IpPermissions"]
    assert [each["CidrIp"] for each in out["IpRanges"]] == ["10.0.0.0/8", "11.0.0.0/8"]
    assert (into["FromPort"], into["ToPort"]) == (80, 81)


def test_a_gateway_endpoint_joins_the_route_tables(up: Up, cloud: LocalCloud) -> None:
    outputs = up(
        NETWORK
        + """
endpoint = aws.ec2.VpcEndpoint(
    "s3", vpc_id=vpc.id, service_name="com.amazonaws.us-east-1.s3", route_table_ids=tables.ids
)
pulumi.export("id", endpoint.id)
pulumi.export("tables", tables.ids)
"""
    ).outputs
    [endpoint] = cloud.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[outputs["id"]])["VpcEndpoints"]
    assert endpoint["ServiceName"] == "com.amazonaws.us-east-1.s3"
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert endpoint["RouteTableIds"] == outputs["tables"] != []


def test_a_launch_template_holds_disk_metadata_options_and_user_data(up: Up, cloud: LocalCloud) -> None:
    outputs = up("""
        template = aws.ec2.LaunchTemplate(
            "workers",
            update_default_version=True,
            user_data="Y29udGVudA==",
            block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {
                "volume_size": 100, "volume_type": "gp3", "throughput": 500, "iops": 4000,
                "encrypted": "true", "delete_on_termination": "true",
            }}],
            metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
            monitoring={"enabled": True},
            tag_specifications=[{"resource_type": "instance", "tags": {"Name": "worker"}}],
        )
        pulumi.export("id", template.id)
        pulumi.export("version", template.latest_version)
    """).outputs
    versions = cloud.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=outputs["id"], Versions=[str(outputs["version"])]
    )
    data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert data["UserData"] == "Y29udGVudA=="
    assert data["BlockDeviceMappings"][0]["Ebs"] == {
        "VolumeSize": 100,
        "VolumeType": "gp3",
        "Throughput": 500,
        "Iops": 4000,
        "Encrypted": True,
        "DeleteOnTermination": True,
    }
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert data["Monitoring"] == {"Enabled": True}
    assert data["TagSpecifications"][0]["Tags"] == [{"Key": "Name", "Value": "worker"}]


def test_roles_policies_and_instance_profiles(up: Up, cloud: LocalCloud) -> None:
    outputs = up("""
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]}
        role = aws.iam.Role("instance", assume_role_policy=json.dumps(trust), description="Batch instances")
        aws.iam.RolePolicyAttachment(
            "ecs",
            role=role.name,
            policy_arn="arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
        )
        aws.iam.RolePolicy("metrics", name="metrics", role=role.name, policy=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*"}],
        }))
        profile = aws.iam.InstanceProfile("instance", role=role.name)
        pulumi.export("role", role.name)
        pulumi.export("roleArn", role.arn)
        pulumi.export("profile", profile.name)
    """).outputs
    iam, role_name = cloud.client("iam"), outputs["role"]
    role = iam.get_role(RoleName=role_name)["Role"]
    assert (role["Arn"], role["Description"]) == (outputs["roleArn"], "Batch instances")
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
    [attached] = iam.list_attached_role_policies(RoleName=role_name)["AttachedPolicies"]
    assert attached["PolicyArn"].endswith("/AmazonEC2ContainerServiceforEC2Role")
    inline = iam.get_role_policy(RoleName=role_name, PolicyName="metrics")["PolicyDocument"]
    assert inline["Statement"][0]["Action"] == "cloudwatch:PutMetricData"
    profile = iam.get_instance_profile(InstanceProfileName=outputs["profile"])["InstanceProfile"]
    assert [each["RoleName"] for each in profile["Roles"]] == [role_name]
