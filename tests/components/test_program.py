"""The whole program: what is deployed for each choice a user has."""

import itertools
import json
from typing import Any

import pytest

from components.storage import private_bucket_policy
from tests.components.graph import ACCOUNT, PARTITION, REGION, Graph, run_program
from transcriber.options import AUTO, STREAMING, TranscriptionOptions

CHOICES = list(itertools.product(("false", "true"), ("false", "true")))


@pytest.fixture(scope="module", params=CHOICES, ids=["plain", "streaming", "spot", "spot-streaming"])
def choice(request: pytest.FixtureRequest) -> tuple[bool, bool, Graph]:
    use_spot, enable_streaming = request.param
    graph = run_program({"useSpot": use_spot, "enableStreaming": enable_streaming})
    return use_spot == "true", enable_streaming == "true", graph


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run_program()


def container(graph: Graph) -> dict[str, Any]:
    return dict(json.loads(graph.one("JobDefinition")["containerProperties"]))


def environment(graph: Graph) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container(graph)["environment"]}


def test_spot_is_the_choice_of_the_queue_between_two_idle_environments(
    choice: tuple[bool, bool, Graph],
) -> None:
    use_spot, _, graph = choice
    chosen = graph.one("JobQueue")["computeEnvironmentOrders"]
    environment = f"gpu-{'spot' if use_spot else 'on-demand'}"
    assert [each["computeEnvironment"].rpartition(":")[2] for each in chosen] == [environment]
    expected = {
        "gpu-on-demand": ("EC2", "BEST_FIT_PROGRESSIVE", None, ["g6.xlarge", "g5.xlarge"]),
        "gpu-spot": ("SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED", 100, ["g6.xlarge", "g6.2xlarge", "g5.xlarge"]),
    }
    for name, bought in expected.items():
        inputs = graph.one("ComputeEnvironment", name)
        resources = inputs["computeResources"]
        keys = ("type", "allocationStrategy", "bidPercentage", "instanceTypes")
        assert tuple(resources.get(key) for key in keys) == bought
        assert (resources["minVcpus"], resources["maxVcpus"]) == (0, 64)
        # Without a service role and a name of its own it changes in place.
        assert not {"serviceRole", "name"} & inputs.keys()


def test_a_new_account_gets_one_environment_after_the_other(graph: Graph) -> None:
    (spot,) = (each for each in graph.resources if each.name == "gpu-spot")
    assert "gpu-on-demand" in spot.comes_after


def test_a_queue_has_an_hour_to_lose_its_jobs_by_the_provider_s_own_timeouts(graph: Graph) -> None:
    assert graph.one("JobQueue")["timeouts"] == {"update": "60m", "delete": "60m"}


@pytest.mark.parametrize(("minutes", "granted"), [("30", 30), ("120", 120), ("1440", 360)])
def test_an_update_of_the_instances_gives_jobs_the_time_that_they_may_take(
    minutes: str, granted: int
) -> None:
    graph = run_program({"jobTimeoutMinutes": minutes})
    policies = [each.inputs["updatePolicy"] for each in graph.of_type("ComputeEnvironment")]
    assert policies == [{"jobExecutionTimeoutMinutes": granted, "terminateJobsOnUpdate": False}] * 2


def test_streaming_reaches_the_worker(choice: tuple[bool, bool, Graph]) -> None:
    _, enable_streaming, graph = choice
    mode = STREAMING if enable_streaming else AUTO
    assert environment(graph) == {
        "AWS_DEFAULT_REGION": REGION,
        "TRANSCRIBER_STACK": "parakeet-transcription-test",
        "TRANSCRIBER_FAILURES": "s3://audio-output-1234567/failures/",
        **TranscriptionOptions(mode=mode).environment(),
    }


def test_options_are_passed_on_as_the_worker_reads_them(choice: tuple[bool, bool, Graph]) -> None:
    _, enable_streaming, graph = choice
    written = {
        "TRANSCRIBER_MODE": "streaming" if enable_streaming else "auto",
        "TRANSCRIBER_CHUNK_SECONDS": "20",
        "TRANSCRIBER_FORMATS": "json,srt,vtt,txt",
        "TRANSCRIBER_CSV_FOR_EXCEL": "false",
        "TRANSCRIBER_MIN_CONFIDENCE": "0.2",
        "TRANSCRIBER_CHANNELS": "mix",
        "TRANSCRIBER_CHANNEL_NAMES": "",
    }
    assert written.items() <= environment(graph).items()


def test_every_choice_exports_what_users_need(choice: tuple[bool, bool, Graph]) -> None:
    exports = choice[2].exports
    assert set(exports) == {
        *("inputBucket", "inputPrefix", "mediaSuffixes", "extraInputBuckets", "outputBucket"),
        *(
            "jobQueue",
            "jobDefinition",
            "imageUri",
            "logGroup",
            "deadLetterQueue",
            "modelName",
            "modelRevision",
        ),
        *("notificationTopic", "dashboardUrl", "uploadCommand", "afterDestroy"),
    }
    assert exports["uploadCommand"] == f"aws s3 cp RECORDING s3://{exports['inputBucket']}/"
    assert f"https://{REGION}.console.aws.amazon.com/cloudwatch" in exports["dashboardUrl"]


def test_every_resource_that_takes_tags_has_the_default_ones(choice: tuple[bool, bool, Graph]) -> None:
    untagged = {
        each.type.split(":")[-1]
        for each in choice[2].resources
        if each.type.startswith("aws:") and each.inputs.get("tags", {}).get("Stack") != "test"
    }
    assert untagged == {
        *("BucketPublicAccessBlock", "BucketOwnershipControls", "BucketServerSideEncryptionConfiguration"),
        *("BucketLifecycleConfiguration", "BucketPolicy", "BucketLogging", "BucketNotification"),
        *("RolePolicy", "RolePolicyAttachment", "LifecyclePolicy", "EventTarget", "QueuePolicy"),
        *("TopicPolicy", "LogResourcePolicy", "Dashboard"),
    }


def test_the_job_asks_for_one_gpu_and_runs_the_worker_by_digest(graph: Graph) -> None:
    properties = container(graph)
    assert properties["image"].startswith(f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/worker@sha256:")
    assert properties["resourceRequirements"] == [
        {"type": "GPU", "value": "1"},
        {"type": "VCPU", "value": "4"},
        {"type": "MEMORY", "value": "15000"},
    ]
    assert properties["command"] == [
        *("python", "-m", "transcriber", "--object", "Ref::bucket", "Ref::key"),
        "s3://audio-output-1234567/transcripts/",
    ]


def test_a_job_is_nobody_special_and_writes_to_memory_only(graph: Graph) -> None:
    properties = container(graph)
    assert properties["user"] == "1000:1000"
    assert properties["readonlyRootFilesystem"] is True
    assert properties["linuxParameters"] == {
        "initProcessEnabled": True,
        "tmpfs": [{"containerPath": "/tmp", "size": 1024, "mountOptions": ["nodev", "noexec", "nosuid"]}],
    }
    assert properties["ulimits"] == [{"name": "core", "softLimit": 0, "hardLimit": 0}]
    assert "volumes" not in properties


def test_unusable_input_ends_a_job_and_a_lost_instance_repeats_it(graph: Graph) -> None:
    definition = graph.one("JobDefinition")
    # Uploads meet the old revision until their rule has the new one.
    assert definition["deregisterOnNewRevision"] is False
    assert definition["timeout"] == {"attemptDurationSeconds": 3600}
    assert definition["retryStrategy"] == {
        "attempts": 3,
        "evaluateOnExits": [
            {"action": "retry", "onStatusReason": "Host EC2*"},
            {"action": "exit", "onExitCode": "2"},
            {"action": "exit", "onExitCode": "65"},
        ],
    }


def test_the_image_is_built_for_the_instances_and_pushed_under_its_content(graph: Graph) -> None:
    image, repository = graph.one("Image"), graph.one("Repository")
    assert image["build"]["platform"] == "linux/amd64"
    assert image["build"]["args"]["MODEL_NAME"] == "nvidia/parakeet-tdt-0.6b-v3"
    assert len(image["build"]["args"]["MODEL_REVISION"]) == 40
    assert "MODEL_SHA256" not in image["build"]["args"]
    pinned = run_program({"modelSha256": "0a" * 32}).one("Image")
    assert pinned["build"]["args"]["MODEL_SHA256"] == "0a" * 32
    tag = image["imageName"].rpartition(":")[2]
    assert len(tag) == 16
    assert repository["imageTagMutability"] == "MUTABLE"
    assert repository["forceDelete"] is True
    # The same from every checkout.
    assert (image["build"]["context"], image["build"]["dockerfile"]) == (".", "image/Dockerfile")
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}


@pytest.mark.parametrize(
    ("uri", "pulls"),
    [
        ("docker.io/acme/worker:1", None),
        (
            f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/worker@sha256:{'a' * 64}",
            f"arn:{PARTITION}:ecr:{REGION}:{ACCOUNT}:repository/team/worker",
        ),
    ],
)
def test_a_given_image_is_used_and_nothing_is_built(uri: str, pulls: str | None) -> None:
    graph = run_program({"imageUri": uri})
    assert container(graph)["image"] == graph.exports["imageUri"] == uri
    assert not graph.of_type("Repository")
    assert not graph.of_type("Image")
    policy = json.loads(graph.one("RolePolicy", "transcribe-execution")["policy"])
    resources = [each["Resource"] for each in policy["Statement"] if "ecr:BatchGetImage" in each["Action"]]
    assert resources == ([pulls] if pulls else [])


def test_buckets_are_private_encrypted_and_tls_only(graph: Graph) -> None:
    buckets = {each.name for each in graph.of_type("Bucket")}
    assert buckets == {"audio-input", "audio-output", "audio-access-logs"}
    for name in buckets:
        assert set(graph.one("BucketPublicAccessBlock", name).values()) == {True, f"{name}-id"}
        assert graph.one("BucketOwnershipControls", name)["rule"] == {
            "objectOwnership": "BucketOwnerEnforced"
        }
        encryption = graph.one("BucketServerSideEncryptionConfiguration", name)["rules"]
        assert encryption == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
        policy = json.loads(graph.one("BucketPolicy", name)["policy"])
        denials = ["TlsOnly"] if name == "audio-access-logs" else ["TlsOnly", "NoCustomerKeys"]
        assert [each["Sid"] for each in policy["Statement"] if each["Effect"] == "Deny"] == denials
    assert graph.one("BucketNotification")["eventbridge"] is True
    assert graph.one("BucketNotification")["bucket"] == "audio-input-id"


def test_nobody_uploads_what_only_they_can_decrypt() -> None:
    _tls, customer_keys = private_bucket_policy("arn:aws:s3:::recordings")["Statement"]
    assert customer_keys == {
        "Sid": "NoCustomerKeys",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::recordings/*",
        "Condition": {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}},
    }


def test_instances_have_an_encrypted_disk_and_no_old_metadata_service(graph: Graph) -> None:
    template = graph.one("LaunchTemplate")
    disk = template["blockDeviceMappings"][0]["ebs"]
    assert (disk["volumeType"], disk["volumeSize"], disk["encrypted"]) == ("gp3", 100, "true")
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    launch = graph.one("ComputeEnvironment", "gpu-on-demand")["computeResources"]["launchTemplate"]
    assert launch == {"launchTemplateId": "gpu-id", "version": "3"}


def test_no_way_into_the_instances_and_one_out(graph: Graph) -> None:
    assert not graph.of_type("SecurityGroupIngressRule")
    assert "ingress" not in graph.one("SecurityGroup")
    egress = graph.one("SecurityGroupEgressRule")
    assert (egress["ipProtocol"], egress["fromPort"], egress["toPort"]) == ("tcp", 443, 443)


def test_a_given_network_is_used_as_it_is() -> None:
    graph = run_program({"vpcId": "vpc-0a1b", "subnetIds": "subnet-0a,subnet-0b", "createS3Endpoint": "true"})
    assert graph.one("SecurityGroup")["vpcId"] == "vpc-0a1b"
    assert graph.one("ComputeEnvironment", "gpu-on-demand")["computeResources"]["subnets"] == [
        "subnet-0a",
        "subnet-0b",
    ]
    endpoint = graph.one("VpcEndpoint")
    assert (endpoint["serviceName"], endpoint["routeTableIds"]) == (f"com.amazonaws.{REGION}.s3", ["rtb-a"])


def test_an_upload_submits_the_job_and_what_fails_is_kept(graph: Graph) -> None:
    target = graph.one("EventTarget", "uploads")
    assert target["arn"] == f"arn:{PARTITION}:batch:{REGION}:{ACCOUNT}:gpu"
    assert target["batchTarget"]["jobDefinition"] == f"arn:{PARTITION}:batch:{REGION}:{ACCOUNT}:transcribe"
    template = '{"Parameters": {"bucket": <bucket>, "key": <key>, "etag": <etag>}}'
    assert target["inputTransformer"]["inputTemplate"] == template
    assert target["deadLetterConfig"]["arn"].endswith(":uploads-dead-letters")
    assert {each.inputs["sqsManagedSseEnabled"] for each in graph.of_type("sqs/queue:Queue")} == {True}


def submitting(graph: Graph) -> dict[str, dict[str, Any]]:
    """The rules whose targets are jobs, by name."""
    names = {each.name for each in graph.of_type("EventTarget") if "batchTarget" in each.inputs}
    return {each.name: each.inputs for each in graph.of_type("EventRule") if each.name in names}


@pytest.mark.parametrize("prefix", ["", "team calls/"])
def test_every_rule_of_uploads_submits_the_job_and_is_watched(prefix: str) -> None:
    graph = run_program({"inputPrefix": prefix})
    rules = submitting(graph)
    targets = [each for each in graph.of_type("EventTarget") if "batchTarget" in each.inputs]
    assert len(rules) > 1
    assert [each.inputs["rule"] for each in targets] == [
        f"{name}-{'1234567' if prefix else 'id'}" for name in rules
    ]
    assert len({json.dumps(each.inputs["batchTarget"]) for each in targets}) == 1
    letters = json.loads(graph.one("QueuePolicy", "uploads-dead-letters")["policy"])["Statement"][0]
    assert len(letters["Condition"]["ArnEquals"]["aws:SourceArn"]) == len(rules) + bool(prefix)
    assert all(f"{name}-1234567" in graph.one("Dashboard")["dashboardBody"] for name in rules)


def test_without_a_prefix_there_is_no_event_bus() -> None:
    graph = run_program()
    assert not graph.of_type("EventBus")
    assert not [each for each in graph.of_type("EventRule") if each.inputs.get("eventBusName")]


def test_a_prefix_is_matched_before_the_suffixes_by_a_rule_that_forwards() -> None:
    graph = run_program({"inputPrefix": "team calls/", "alarmEmail": "team@example.org"})
    bus = graph.one("EventBus")
    assert "tags" in bus
    forward = graph.one("EventRule", "uploads-forward")
    assert json.loads(forward["eventPattern"])["detail"]["object"]["key"] == [{"prefix": "team calls/"}]
    assert "eventBusName" not in forward
    target = graph.one("EventTarget", "uploads-forward")
    assert target["arn"].endswith(":uploads")
    assert target["deadLetterConfig"]["arn"].endswith(":uploads-dead-letters")
    policy = json.loads(graph.one("RolePolicy", "uploads-forward")["policy"])
    assert [(each["Action"], each["Resource"]) for each in policy["Statement"]] == [
        (["events:PutEvents"], target["arn"])
    ]
    assert {rule["eventBusName"] for rule in submitting(graph).values()} == {"uploads-1234567"}
    # CloudWatch names the rules of another bus by both.
    body = graph.one("Dashboard")["dashboardBody"]
    assert '"EventBusName", "uploads-1234567", "RuleName", "uploads-2-1234567"' in body
    assert graph.exports["uploadCommand"].endswith("/team calls/'")


def test_the_suffixes_of_the_configuration_are_those_of_the_rules_and_of_the_outputs() -> None:
    graph = run_program({"mediaSuffixes": ".DAT,.wav"})
    (rule,) = submitting(graph).values()
    keys = json.loads(rule["eventPattern"])["detail"]["object"]["key"]
    assert keys == [{"suffix": {"equals-ignore-case": suffix}} for suffix in (".dat", ".wav")]
    assert graph.exports["mediaSuffixes"] == ".dat,.wav"
    assert run_program().exports["mediaSuffixes"] == ""


def listed(element: str | list[str]) -> list[str]:
    return [element] if isinstance(element, str) else element


@pytest.mark.parametrize("config", [{}, {"alarmEmail": "team@example.org", "inputPrefix": "calls/"}])
def test_no_policy_allows_more_than_it_names(config: dict[str, str]) -> None:
    for name, policy in run_program(config).policies():
        for statement in policy["Statement"]:
            if statement["Effect"] != "Allow":
                continue
            actions = listed(statement["Action"])
            assert not [action for action in actions if "*" in action], name
            # AWS defines these two without a resource; a key's policy knows only the key itself.
            without_resource = {"ecr:GetAuthorizationToken", "batch:DescribeJobs"}
            if not set(actions) <= without_resource and "kms/key:Key" not in name:
                assert "*" not in listed(statement.get("Resource", [])), name


def test_the_job_reads_recordings_and_writes_results_and_nothing_else(graph: Graph) -> None:
    policy = json.loads(graph.one("RolePolicy", "transcribe-job")["policy"])
    allowed = {
        (action, resource)
        for statement in policy["Statement"]
        for action in statement["Action"]
        for resource in listed(statement["Resource"])
    }
    buckets = {name: f"arn:{PARTITION}:s3:{REGION}:{ACCOUNT}:audio-{name}" for name in ("input", "output")}
    assert allowed == {
        ("s3:GetObject", f"{buckets['input']}/*"),
        ("s3:DeleteObject", f"{buckets['output']}/failures/*"),
        ("s3:ListBucket", buckets["input"]),
        ("s3:ListBucket", buckets["output"]),
        *(
            (action, f"{buckets['output']}/{prefix}*")
            for action in ("s3:GetObject", "s3:PutObject")
            for prefix in ("transcripts/", "failures/")
        ),
    }
