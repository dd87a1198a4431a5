import json
from collections.abc import Callable

from local.cloud import LocalCloud
from local.deployment import Deployment
from tests.local.waiting import wait_for

Up = Callable[..., Deployment]

NETWORK = """
vpc = aws.ec2.get_vpc_output(default=True)
subnets = aws.ec2.get_subnets_output(filters=[{"name": "vpc-id", "values": [vpc.id]}])
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


BATCH = (
    NETWORK
    + """
role = aws.iam.Role("instance", assume_role_policy="{}")
profile = aws.iam.InstanceProfile("instance", role=role.name)
template = aws.ec2.LaunchTemplate("workers")
environment = aws.batch.ComputeEnvironment(
    "gpu",
    type="MANAGED",
    state="ENABLED",
    compute_resources={
        "type": "SPOT",
        "allocation_strategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
        "bid_percentage": 100,
        "min_vcpus": 0,
        "max_vcpus": 64,
        "instance_types": ["g6.xlarge", "g5.xlarge"],
        "instance_role": profile.arn,
        "ec2_configurations": [{"image_type": "ECS_AL2023_NVIDIA"}],
        "launch_template": {
            "launch_template_id": template.id,
            "version": template.latest_version.apply(str),
        },
        "security_group_ids": [group.id],
        "subnets": subnets.ids,
        "tags": {"Name": "worker"},
    },
    update_policy={"job_execution_timeout_minutes": 60, "terminate_jobs_on_update": False},
)
queue = aws.batch.JobQueue(
    "jobs",
    state="ENABLED",
    priority=1,
    compute_environment_orders=[{"order": 1, "compute_environment": environment.arn}],
    job_state_time_limit_actions=[{
        "action": "CANCEL",
        "max_time_seconds": 3600,
        "reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
        "state": "RUNNABLE",
    }],
)
definition = aws.batch.JobDefinition(
    "transcribe",
    type="container",
    platform_capabilities=["EC2"],
    propagate_tags=True,
    parameters={"bucket": "none"},
    container_properties=json.dumps({
        "image": "worker:1",
        "command": ["python", "-m", "worker", "Ref::bucket"],
        "resourceRequirements": [
            {"type": "VCPU", "value": "4"},
            {"type": "MEMORY", "value": "14000"},
            {"type": "GPU", "value": "1"},
        ],
        "environment": [{"name": "MODE", "value": "auto"}],
    }),
    retry_strategy={"attempts": 3, "evaluate_on_exits": [
        {"action": "RETRY", "on_status_reason": "Host EC2*"}, {"action": "EXIT", "on_exit_code": "2"},
    ]},
    timeout={"attempt_duration_seconds": 3600},
    tags={"Part": "job"},
)
pulumi.export("environment", environment.arn)
pulumi.export("queue", queue.arn)
pulumi.export("definition", definition.arn)
pulumi.export("prefix", definition.arn_prefix)
pulumi.export("revision", definition.revision)
pulumi.export("subnets", subnets.ids)
"""
)


def test_environment_queue_and_definition_are_what_the_program_says(up: Up, cloud: LocalCloud) -> None:
    outputs = up(BATCH).outputs
    batch = cloud.client("batch")
    [environment] = batch.describe_compute_environments(computeEnvironments=[outputs["environment"]])[
        "computeEnvironments"
    ]
    resources = environment["computeResources"]
    assert (environment["status"], environment["type"]) == ("VALID", "MANAGED")
    assert (resources["type"], resources["minvCpus"], resources["maxvCpus"]) == ("SPOT", 0, 64)
    assert (resources["allocationStrategy"], resources["bidPercentage"]) == (
        "SPOT_PRICE_CAPACITY_OPTIMIZED",
        100,
    )
    assert resources["ec2Configuration"] == [{"imageType": "ECS_AL2023_NVIDIA"}]
    assert resources["launchTemplate"]["version"] == "1"
    assert resources["subnets"] == outputs["subnets"]
    [queue] = batch.describe_job_queues(jobQueues=[outputs["queue"]])["jobQueues"]
    assert queue["computeEnvironmentOrder"] == [{"order": 1, "computeEnvironment": outputs["environment"]}]
    assert queue["jobStateTimeLimitActions"][0]["maxTimeSeconds"] == 3600
    [definition] = batch.describe_job_definitions(jobDefinitions=[outputs["definition"]])["jobDefinitions"]
    assert definition["containerProperties"]["command"] == ["python", "-m", "worker", "Ref::bucket"]
    assert definition["parameters"] == {"bucket": "none"}
    assert definition["retryStrategy"]["attempts"] == 3
    assert definition["retryStrategy"]["evaluateOnExit"][0]["onStatusReason"] == "Host EC2*"
    assert definition["timeout"] == {"attemptDurationSeconds": 3600}
    assert definition["tags"] == {"Part": "job"}
    assert outputs["definition"] == f"{outputs['prefix']}:{outputs['revision']}"


def test_batch_is_empty_after_destruction(up: Up, cloud: LocalCloud) -> None:
    deployment = up(BATCH)
    deployment.destroy()
    batch, outputs = cloud.client("batch"), deployment.outputs
    assert not batch.describe_job_queues(jobQueues=[outputs["queue"]])["jobQueues"]
    environments = batch.describe_compute_environments(computeEnvironments=[outputs["environment"]])
    assert not environments["computeEnvironments"]
    definitions = batch.describe_job_definitions(jobDefinitions=[outputs["definition"]])["jobDefinitions"]
    assert [each["status"] for each in definitions] in ([], ["INACTIVE"])


def test_jobs_end_before_what_they_use_is_deleted(up: Up, cloud: LocalCloud) -> None:
    deployment = up(BATCH)
    batch, outputs = cloud.client("batch"), deployment.outputs
    job = batch.submit_job(
        jobName="endless",
        jobQueue=outputs["queue"],
        jobDefinition=outputs["definition"],
        containerOverrides={"command": ["python", "-c", "import time; time.sleep(600)"]},
    )["jobId"]
    wait_for(lambda: batch.describe_jobs(jobs=[job])["jobs"][0]["status"] == "RUNNING")
    deployment.destroy()
    [described] = batch.describe_jobs(jobs=[job])["jobs"]
    assert (described["status"], described["statusReason"]) == ("FAILED", "The stack is destroyed")


def test_a_rule_sends_matching_events_to_its_batch_target(up: Up, cloud: LocalCloud) -> None:
    outputs = up(
        BATCH
        + """
undelivered = aws.sqs.Queue("undelivered")
rule = aws.cloudwatch.EventRule(
    "uploads",
    description="Uploads become jobs",
    event_pattern=json.dumps({"source": ["aws.s3"], "detail": {"object": {"key": [{"suffix": ".mp3"}]}}}),
)
aws.cloudwatch.EventTarget(
    "job",
    rule=rule.name,
    arn=queue.arn,
    role_arn=role.arn,
    batch_target={"job_definition": definition.arn, "job_name": "transcribe", "job_attempts": 2},
    input_transformer={
        "input_paths": {"key": "$.detail.object.key"},
        "input_template": '{"Parameters": {"key": <key>}}',
    },
    dead_letter_config={"arn": undelivered.arn},
    retry_policy={"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 10},
)
pulumi.export("rule", rule.name)
pulumi.export("role", role.arn)
pulumi.export("undelivered", undelivered.arn)
"""
    ).outputs
    events = cloud.client("events")
    rule = events.describe_rule(Name=outputs["rule"])
    assert rule["State"] == "ENABLED"
    assert json.loads(rule["EventPattern"])["source"] == ["aws.s3"]
    [target] = events.list_targets_by_rule(Rule=outputs["rule"])["Targets"]
    assert (target["Arn"], target["RoleArn"]) == (outputs["queue"], outputs["role"])
    assert target["BatchParameters"] == {
        "JobDefinition": outputs["definition"],
        "JobName": "transcribe",
        "RetryStrategy": {"Attempts": 2},
    }
    assert target["InputTransformer"] == {
        "InputPathsMap": {"key": "$.detail.object.key"},
        "InputTemplate": '{"Parameters": {"key": <key>}}',
    }
    assert target["DeadLetterConfig"] == {"Arn": outputs["undelivered"]}
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
