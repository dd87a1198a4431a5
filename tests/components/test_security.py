"""Rules that the whole stack keeps, however it is configured."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.components.graph import ACCOUNT, FUNCTIONS, REGION, Graph, run_program

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CONFIGURATIONS: dict[str, dict[str, str]] = {
    "defaults": {},
    "image": {"imageUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/worker:1", "useSpot": "true"},
    "everything": {
        "useSpot": "true",
        "enableStreaming": "true",
        "createS3Endpoint": "true",
        "inputPrefix": "calls/",
        "outputPrefix": "team a/results/",
        "kmsKeyArn": KEY,
        "enableVersioning": "true",
        "inputArchiveDays": "30",
        "inputExpirationDays": "365",
        "transcriptExpirationDays": "730",
        "alarmEmail": "team@example.org,ops@example.org",
        "notifyFinished": "true",
        "budgetUsd": "50",
        "forceDestroy": "true",
    },
    "key": {"kmsKeyArn": KEY, "enableAlarms": "true"},
    "collected": {
        "collectSeconds": "60",
        "inputPrefix": "calls/",
        "kmsKeyArn": KEY,
        "alarmEmail": "team@example.org",
        "notifyFinished": "true",
    },
    "versions": {"enableVersioning": "true", "notifyFinished": "true"},
}

WITHOUT_RESOURCE = {
    # https://docs.aws.amazon.com/service-authorization/latest/reference/ lists no resource types for them.
    "batch:DescribeJobs",
    "ecr:GetAuthorizationToken",
}

NOT_TAGGABLE = {
    "Bucket" + part
    for part in (
        *("LifecycleConfiguration", "Logging", "Notification", "OwnershipControls", "Policy"),
        *("PublicAccessBlock", "ServerSideEncryptionConfiguration", "Versioning"),
    )
} | {
    *(
        "Alias",
        "Dashboard",
        "EventTarget",
        "Image",
        "LifecyclePolicy",
        "LogResourcePolicy",
        "QueryDefinition",
        "Schedule",
    ),
    *("QueuePolicy", "RolePolicy", "RolePolicyAttachment", "TopicPolicy", "TopicSubscription"),
}


@pytest.fixture(scope="module", params=CONFIGURATIONS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return run_program(CONFIGURATIONS[request.param])


def statements(graph: Graph) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, policy in graph.policies():
        for statement in policy["Statement"]:
            yield name, statement


def many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_nobody_may_do_everything_of_a_service(graph: Graph) -> None:
    allowed = [
        (name, action)
        for name, statement in statements(graph)
        if statement["Effect"] == "Allow"
        for action in many(statement["Action"])
    ]
    assert len(allowed) > 20
    assert [entry for entry in allowed if "*" in entry[1]] == []


def test_nobody_may_touch_every_resource(graph: Graph) -> None:
    for name, statement in statements(graph):
        if statement["Effect"] == "Allow" and "*" in many(statement.get("Resource", [])):
            # In the policy of a key, it is the key that is meant.
            is_key = "kms/key:Key" in name
            assert is_key or set(many(statement["Action"])) <= WITHOUT_RESOURCE, (name, statement)


def test_no_managed_policy_gives_full_access(graph: Graph) -> None:
    attached = [json.dumps(each.inputs["policyArn"]) for each in graph.of_type("RolePolicyAttachment")]
    assert attached
    assert [arn for arn in attached if re.search("FullAccess|Administrator|PowerUser", arn)] == []


def test_services_borrow_roles_for_this_account_only(graph: Graph) -> None:
    trusts = [json.loads(each.inputs["assumeRolePolicy"])["Statement"] for each in graph.of_type("Role")]
    assert len(trusts) >= 4
    for (statement,) in trusts:
        # An instance profile is borrowed by the instance itself, so EC2 gives no source. Nor does Lambda.
        if statement["Principal"]["Service"] not in ("ec2.amazonaws.com", "lambda.amazonaws.com"):
            assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
            assert statement["Condition"]["ArnLike"]["aws:SourceArn"].split(":")[4] == ACCOUNT


def test_services_deliver_for_this_account_only(graph: Graph) -> None:
    for name, statement in statements(graph):
        principal = statement.get("Principal", {})
        if (
            statement["Effect"] == "Allow"
            and "Service" in principal
            and "sts:" not in str(statement["Action"])
        ):
            if ("kms/key:Key" in name and principal["Service"] == "events.amazonaws.com") or (
                many(statement["Action"]) == ["logs:CreateLogStream"]
            ):
                # EventBridge names no source to KMS, nor where it opens a log stream.
                continue
            conditions = json.dumps(statement.get("Condition", {}))
            assert "aws:SourceArn" in conditions or "aws:SourceAccount" in conditions, (name, statement)


def test_nothing_is_public(graph: Graph) -> None:
    for _name, statement in statements(graph):
        if statement["Effect"] == "Allow":
            assert statement.get("Principal") not in ("*", {"AWS": "*"})
    buckets = {each.name for each in graph.of_type("Bucket")}
    assert len(buckets) == 3
    for kind, setting in (
        ("BucketPublicAccessBlock", "blockPublicAcls"),
        ("BucketPublicAccessBlock", "restrictPublicBuckets"),
        ("BucketPublicAccessBlock", "blockPublicPolicy"),
        ("BucketPublicAccessBlock", "ignorePublicAcls"),
    ):
        assert {each.name for each in graph.of_type(kind) if each.inputs[setting] is True} == buckets
    assert {each.name for each in graph.of_type("BucketOwnershipControls")} == buckets


def test_every_bucket_wants_tls_and_gives_up_unfinished_uploads(graph: Graph) -> None:
    buckets = {each.name for each in graph.of_type("Bucket")}
    policies = {each.name: each.inputs["policy"] for each in graph.of_type("BucketPolicy")}
    assert {name for name, policy in policies.items() if "aws:SecureTransport" in policy} == buckets
    lifecycles = {
        each.name: json.dumps(each.inputs) for each in graph.of_type("BucketLifecycleConfiguration")
    }
    assert {name for name, rules in lifecycles.items() if "daysAfterInitiation" in rules} == buckets


def test_everything_that_is_stored_is_encrypted(graph: Graph) -> None:
    buckets = {each.name for each in graph.of_type("Bucket")}
    assert {each.name for each in graph.of_type("BucketServerSideEncryptionConfiguration")} == buckets
    disks = [
        mapping["ebs"]["encrypted"]
        for template in graph.of_type("LaunchTemplate")
        for mapping in template.inputs["blockDeviceMappings"]
    ]
    assert disks == ["true"]
    for queue in graph.of_type("sqs/queue:Queue"):
        assert queue.inputs.get("sqsManagedSseEnabled") or queue.inputs.get("kmsMasterKeyId")
    for repository in graph.of_type("Repository"):
        assert repository.inputs["encryptionConfigurations"]


def test_everything_that_takes_tags_has_those_of_the_stack(graph: Graph) -> None:
    untagged = {
        each.type.split(":")[-1]
        for each in graph.resources
        if each.type.startswith("aws:") and not {"Project", "Stack"} <= set(each.inputs.get("tags") or {})
    }
    assert untagged <= NOT_TAGGABLE


def test_jobs_may_not_more_than_they_need(graph: Graph) -> None:
    role = json.loads(graph.one("RolePolicy", "transcribe-job")["policy"])
    actions = {action for statement in role["Statement"] for action in statement["Action"]}
    assert actions - {"kms:Decrypt", "kms:GenerateDataKey"} == {
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucket",
    }
    (deletes,) = (each for each in role["Statement"] if "s3:DeleteObject" in each["Action"])
    assert [resource.partition("/")[2] for resource in many(deletes["Resource"])] == ["failures/*"]
    writes = [each for each in role["Statement"] if "s3:PutObject" in each["Action"]]
    assert all("audio-output" in resource for each in writes for resource in many(each["Resource"]))


def test_a_key_encrypts_recordings_and_transcripts_and_jobs_use_it_by_way_of_s3() -> None:
    graph = run_program({"kmsKeyArn": KEY})
    for label in ("audio-input", "audio-output"):
        (rule,) = graph.one("BucketServerSideEncryptionConfiguration", label)["rules"]
        assert rule["applyServerSideEncryptionByDefault"] == {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": KEY,
        }
        assert rule["bucketKeyEnabled"] is True
    (logs,) = graph.one("BucketServerSideEncryptionConfiguration", "audio-access-logs")["rules"]
    assert logs["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    role = json.loads(graph.one("RolePolicy", "transcribe-job")["policy"])
    (use,) = (each for each in role["Statement"] if each["Sid"] == "UseKey")
    assert use["Resource"] == KEY
    assert "kms:ViaService" in json.dumps(use["Condition"])


def test_retention_is_as_configured() -> None:
    graph = run_program(CONFIGURATIONS["everything"])

    def rules(label: str) -> dict[str, Any]:
        return {each["id"]: each for each in graph.one("BucketLifecycleConfiguration", label)["rules"]}

    recordings, transcripts = rules("audio-input"), rules("audio-output")
    assert recordings["archive"]["transitions"] == [{"days": 30, "storageClass": "GLACIER_IR"}]
    assert recordings["expire"]["expiration"] == {"days": 365}
    assert transcripts["expire"]["expiration"] == {"days": 730}
    assert "archive" not in transcripts
    assert recordings["expire-old-versions"]["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert {each.name for each in graph.of_type("BucketVersioning")} == {"audio-input", "audio-output"}
    assert [
        each["id"] for each in run_program().one("BucketLifecycleConfiguration", "audio-input")["rules"]
    ] == ["abort-unfinished-uploads"]


def test_the_instance_role_is_of_no_use_in_another_network(graph: Graph) -> None:
    (statement,) = json.loads(graph.one("RolePolicy", "gpu-instance")["policy"])["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
    # Only where the key is there: a request without it is not refused.
    assert statement["Condition"] == {
        "StringNotEquals": {"aws:EC2InstanceSourceVPC": "vpc-default"},
        "Null": {"aws:EC2InstanceSourceVPC": "false"},
    }


def test_with_an_s3_endpoint_the_job_s_role_is_of_no_use_outside_the_network(graph: Graph) -> None:
    policy = json.loads(graph.one("RolePolicy", "transcribe-job")["policy"])
    on_s3 = [each for each in policy["Statement"] if "s3:" in str(each["Action"])]
    inside = {"StringEquals": {"aws:SourceVpc": "vpc-default"}}
    assert {json.dumps(each.get("Condition")) for each in on_s3} == {
        json.dumps(inside if graph.of_type("VpcEndpoint") else None)
    }
    if graph.of_type("VpcEndpoint"):
        (role_policy,) = (
            each for each in graph.resources if each.name == "transcribe-job" and "Policy" in each.type
        )
        assert "network-s3" in role_policy.comes_after


@pytest.mark.parametrize(
    ("partition", "region", "suffix"),
    [("aws-cn", "cn-north-1", "amazonaws.com.cn"), ("aws-us-gov", "us-gov-west-1", "amazonaws.com")],
)
def test_no_partition_is_taken_for_granted(
    partition: str, region: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        FUNCTIONS,
        "aws:index/getPartition:getPartition",
        {"partition": partition, "dnsSuffix": suffix},
    )
    monkeypatch.setitem(FUNCTIONS, "aws:index/getRegion:getRegion", {"region": region, "name": region})
    monkeypatch.setattr("tests.components.graph.PARTITION", partition)
    monkeypatch.setattr("tests.components.graph.REGION", region)
    configuration = CONFIGURATIONS["everything"] | {"kmsKeyArn": ""}
    graph = run_program(configuration)
    inputs = [(each.name, json.dumps(each.inputs, default=str)) for each in graph.resources]
    assert [name for name, text in inputs if "arn:aws:" in text] == []
    assert [name for name, text in inputs if REGION in text] == []
    trust = json.loads(graph.one("Role", "gpu-instance")["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": f"ec2.{suffix}"}


LIMITS = {"Dashboard": 255, "MetricAlarm": 255, "Parameter": 1011, "QueryDefinition": 255, "Topic": 256}


def test_names_stay_within_the_limits_of_aws_for_long_stack_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.components.graph.STACK", "s" * 100)
    graph = run_program({"alarmEmail": "team@example.org"})
    for each in graph.resources:
        kind = each.type.split(":")[-1]
        for key in ("name", "dashboardName"):
            if key in each.inputs:
                assert len(each.inputs[key]) <= LIMITS.get(kind, 64), (each.type, each.inputs[key])
        assert len(str(each.inputs.get("displayName", ""))) <= 100
        for tag in (each.inputs.get("tags") or {}).values():
            assert len(tag) <= 256
