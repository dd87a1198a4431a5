import json
from collections.abc import Callable

from emulator.cloud import LocalCloud
from emulator.deployment import Deployment
from tests.emulator.waiting import wait_for

Up = Callable[..., Deployment]

NETWORK = """
vpc = aws.ec2.get_vpc_output(default=True)
subnets = aws.ec2.get_subnets_output(filters=[{"name": "vpc-id", "values": [vpc.id]}])
group = aws.ec2.SecurityGroup("workers", vpc_id=vpc.id)
"""


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
