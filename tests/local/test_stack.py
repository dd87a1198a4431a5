"""The stack of this project, deployed to an emulated account."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.media_suffixes import MEDIA_SUFFIXES
from emulator.cloud import LocalCloud
from emulator.deployment import Deployment, deploy, read_stack_config
from emulator.deployment.resources.s3 import empty_bucket
from emulator.errors import WrongUseError

PROJECT = Path(__file__).resolve().parents[2]
IMAGE = "local/transcriber:tiny"


def up(cloud: LocalCloud, *config: str, stack: str = "local") -> Deployment:
    given = ("aws:region=us-east-1", f"imageUri={IMAGE}", "forceDestroy=true", *config)
    return deploy(PROJECT, read_stack_config(PROJECT, stack, given), cloud)


def inventory(cloud: LocalCloud) -> dict[str, list[str]]:
    """What stands in the account, of every kind that the program creates."""

    def names(service: str, operation: str, items: str, name: str, **arguments: Any) -> list[str]:
        answer = getattr(cloud.client(service), operation)(**arguments)
        return sorted(item if isinstance(item, str) else item[name] for item in answer.get(items, []))

    return {
        "buckets": names("s3", "list_buckets", "Buckets", "Name"),
        "roles": names("iam", "list_roles", "Roles", "RoleName"),
        "instance profiles": names(
            "iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"
        ),
        "security groups": names("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
        "endpoints": names("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
        "launch templates": names("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
        "environments": names(
            "batch", "describe_compute_environments", "computeEnvironments", "computeEnvironmentName"
        ),
        "job queues": names("batch", "describe_job_queues", "jobQueues", "jobQueueName"),
        "job definitions": names(
            "batch", "describe_job_definitions", "jobDefinitions", "jobDefinitionArn", status="ACTIVE"
        ),
        "rules": names("events", "list_rules", "Rules", "Name"),
        "queues": names("sqs", "list_queues", "QueueUrls", ""),
        "topics": names("sns", "list_topics", "Topics", "TopicArn"),
        "parameters": names("ssm", "describe_parameters", "Parameters", "Name"),
        "log groups": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "event buses": names("events", "list_event_buses", "EventBuses", "Name"),
        "budgets": names("budgets", "describe_budgets", "Budgets", "BudgetName", AccountId="0" * 12),
        "dashboards": names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    }


@pytest.fixture(scope="module")
def stack(cloud: LocalCloud) -> Iterator[Deployment]:
    with up(cloud) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def job_definition(cloud: LocalCloud, stack: Deployment) -> dict[str, Any]:
    arn = stack.outputs["jobDefinition"]
    [found] = cloud.client("batch").describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]
    return dict(found)


def test_the_stack_exports_what_its_user_needs(stack: Deployment) -> None:
    assert set(stack.outputs) == {
        "inputBucket",
        "inputPrefix",
        "mediaSuffixes",
        "extraInputBuckets",
        "outputBucket",
        "jobQueue",
        "jobDefinition",
        "imageUri",
        "logGroup",
        "deadLetterQueue",
        "notificationTopic",
        "dashboardUrl",
        "uploadCommand",
        "afterDestroy",
        "modelName",
        "modelRevision",
    }
    assert stack.outputs["imageUri"] == IMAGE
    assert stack.outputs["inputBucket"] in stack.outputs["uploadCommand"]


def test_buckets_are_encrypted_and_closed_to_the_public(cloud: LocalCloud, stack: Deployment) -> None:
    s3 = cloud.client("s3")
    buckets = [resource.id for resource in stack.resources if resource.type == "aws:s3/bucket:Bucket"]
    assert {stack.outputs["inputBucket"], stack.outputs["outputBucket"]} < set(buckets)
    for bucket in buckets:
        assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert set(block.values()) == {True}


def keys(pattern: dict[str, Any]) -> list[dict[str, Any]]:
    """The patterns of keys in a rule on uploads."""
    return list(pattern["detail"]["object"]["key"])


def test_an_upload_becomes_a_job(cloud: LocalCloud, stack: Deployment) -> None:
    notification = cloud.client("s3").get_bucket_notification_configuration(
        Bucket=stack.outputs["inputBucket"]
    )
    assert "EventBridgeConfiguration" in notification
    events = cloud.client("events")
    rules = {
        rule["Name"]: json.loads(rule["EventPattern"])
        for rule in events.list_rules()["Rules"]
        if stack.outputs["inputBucket"] in rule.get("EventPattern", "")
    }
    assert all(
        (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
        for pattern in rules.values()
    )
    suffixes = [each["suffix"]["equals-ignore-case"] for pattern in rules.values() for each in keys(pattern)]
    assert sorted(suffixes) == sorted(MEDIA_SUFFIXES)
    [target] = {
        json.dumps({**target, "Id": ""})
        for name in rules
        for target in events.list_targets_by_rule(Rule=name)["Targets"]
    }
    target = json.loads(target)
    assert target["Arn"].endswith(f":job-queue/{stack.outputs['jobQueue']}")
    assert target["BatchParameters"]["JobDefinition"] == stack.outputs["jobDefinition"]
    assert json.loads(target["InputTransformer"]["InputTemplate"].replace("<", '"').replace(">", '"')) == {
        "Parameters": {"bucket": "bucket", "key": "key", "etag": "etag"}
    }
    queues = [
        resource.outputs["arn"] for resource in stack.resources if resource.type == "aws:sqs/queue:Queue"
    ]
    assert target["DeadLetterConfig"]["Arn"] in queues


def test_the_job_runs_the_worker_on_the_uploaded_file(
    stack: Deployment, job_definition: dict[str, Any]
) -> None:
    container = job_definition["containerProperties"]
    output = f"s3://{stack.outputs['outputBucket']}"
    assert container["image"] == IMAGE
    assert container["command"] == [
        "python", "-m", "transcriber", "--object", "Ref::bucket", "Ref::key", f"{output}/transcripts/",
    ]  # fmt: skip
    environment = {entry["name"]: entry["value"] for entry in container["environment"]}
    assert environment["TRANSCRIBER_MODE"] == "auto"
    assert environment["TRANSCRIBER_FAILURES"] == f"{output}/failures/"
    assert job_definition["retryStrategy"]["attempts"] == 3
    options = container["logConfiguration"]["options"]
    assert options["awslogs-group"] == stack.outputs["logGroup"]


def test_jobs_start_on_machines_that_cost_nothing_when_idle(cloud: LocalCloud, stack: Deployment) -> None:
    batch = cloud.client("batch")
    [queue] = batch.describe_job_queues(jobQueues=[stack.outputs["jobQueue"]])["jobQueues"]
    [order] = queue["computeEnvironmentOrder"]
    [environment] = batch.describe_compute_environments(computeEnvironments=[order["computeEnvironment"]])[
        "computeEnvironments"
    ]
    resources = environment["computeResources"]
    assert (resources["type"], resources["minvCpus"], resources["maxvCpus"]) == ("EC2", 0, 64)


def test_configuration_reaches_what_is_created(cloud: LocalCloud) -> None:
    batch = cloud.client("batch")
    config = ("useSpot=true", "enableStreaming=true", "maxVcpus=8", "createS3Endpoint=true")
    with up(cloud, *config, stack="spot") as stack:
        ids = {resource.type.rpartition(":")[2]: resource.id for resource in stack.resources}
        [queue] = batch.describe_job_queues(jobQueues=[stack.outputs["jobQueue"]])["jobQueues"]
        [order] = queue["computeEnvironmentOrder"]
        [environment] = batch.describe_compute_environments(
            computeEnvironments=[order["computeEnvironment"]]
        )["computeEnvironments"]
        resources = environment["computeResources"]
        assert (resources["type"], resources["maxvCpus"]) == ("SPOT", 8)
        assert resources["allocationStrategy"] == "SPOT_PRICE_CAPACITY_OPTIMIZED"
        [definition] = batch.describe_job_definitions(jobDefinitions=[stack.outputs["jobDefinition"]])[
            "jobDefinitions"
        ]
        variables = definition["containerProperties"]["environment"]
        assert {"name": "TRANSCRIBER_MODE", "value": "streaming"} in variables
        endpoints = cloud.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[ids["VpcEndpoint"]])
        assert endpoints["VpcEndpoints"][0]["ServiceName"] == "com.amazonaws.us-east-1.s3"


def test_destroying_the_stack_leaves_nothing_even_with_files_in_its_buckets(cloud: LocalCloud) -> None:
    before = inventory(cloud)
    config = ("alarmEmail=team@example.com", "createS3Endpoint=true", "inputPrefix=calls/", "budgetUsd=50")
    with up(cloud, *config, stack="short") as stack:
        assert inventory(cloud) != before
        for bucket in ("inputBucket", "outputBucket"):
            cloud.client("s3").put_object(Bucket=stack.outputs[bucket], Key="a+b ü.bin", Body=b"x")
    assert inventory(cloud) == before


def test_recordings_and_transcripts_outlive_a_stack_and_the_next_one_goes_on_with_them(
    cloud: LocalCloud,
) -> None:
    s3 = cloud.client("s3")
    with up(cloud, "forceDestroy=false", stack="kept") as first:
        recordings, transcripts = first.outputs["inputBucket"], first.outputs["outputBucket"]
        s3.put_object(Bucket=recordings, Key="talk.mp3", Body=b"sound")
        s3.put_object(Bucket=transcripts, Key="transcripts/talk.mp3.json", Body=b"{}")
        before = inventory(cloud)
        first.destroy()
    gone = {kind: names for kind, names in inventory(cloud).items() if names != before[kind]}
    assert {"roles", "environments", "job queues", "rules", "log groups"} <= gone.keys()
    assert {recordings, transcripts} <= set(gone["buckets"])
    for bucket in (recordings, transcripts):
        assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {
            True
        }
        assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
        assert s3.get_bucket_encryption(Bucket=bucket)

    # Without a word, the next stack makes buckets of its own.
    with up(cloud, stack="kept") as second:
        assert second.outputs["inputBucket"] != recordings

    existing = (f"existingInputBucket={recordings}", f"existingOutputBucket={transcripts}")
    for _ in range(2):
        with up(cloud, *existing, stack="kept") as third:
            assert (third.outputs["inputBucket"], third.outputs["outputBucket"]) == (recordings, transcripts)
            assert f"existingInputBucket {recordings}" in third.outputs["afterDestroy"]
            events = s3.get_bucket_notification_configuration(Bucket=recordings)
            assert "EventBridgeConfiguration" in events
            patterns = [each.get("EventPattern", "") for each in cloud.client("events").list_rules()["Rules"]]
            assert [pattern for pattern in patterns if recordings in pattern]
            found = s3.get_object(Bucket=transcripts, Key="transcripts/talk.mp3.json")
            assert found["Body"].read() == b"{}"
        assert s3.get_object(Bucket=recordings, Key="talk.mp3")["Body"].read() == b"sound"
    for bucket in (recordings, transcripts):
        empty_bucket(s3, bucket)
        s3.delete_bucket(Bucket=bucket)


def test_a_bucket_that_is_not_there_is_refused_in_one_sentence(cloud: LocalCloud) -> None:
    before = inventory(cloud)
    with pytest.raises(
        WrongUseError, match="existingInputBucket is 'no-such-bucket': allowed is a bucket of"
    ) as caught:
        up(cloud, "existingInputBucket=no-such-bucket")
    assert "\n" not in str(caught.value)
    assert inventory(cloud) == before


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("maxVcpus=-1", "maxVcpus"),
        ("outputFormats=json,docx", "docx"),
        ("chunkSeconds=0", "chunkSeconds"),
        ("useSpot=perhaps", "useSpot"),
    ],
)
def test_a_wrong_value_is_one_sentence_and_nothing_is_created(
    cloud: LocalCloud, override: str, named: str
) -> None:
    before = inventory(cloud)
    with pytest.raises(WrongUseError, match=named) as caught:
        up(cloud, override)
    assert "\n" not in str(caught.value)
    assert inventory(cloud) == before
