"""The collector: which uploads share jobs, what the function may do, and who hears of what."""

import json
import re
from typing import Any

import pulumi
import pytest

from components.collector.collector import SCRIPT
from components.script_bundle import bundle
from tests.components.graph import Graph, run_program
from transcriber.outcomes import MANIFESTS_FOLDER

SETTINGS = {"collectSeconds": "120", "collectMaxMegabytes": "5", "alarmEmail": "a@example.org"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run_program(SETTINGS)


@pytest.fixture(scope="module")
def plain() -> Graph:
    return run_program({"alarmEmail": "a@example.org"})


def sizes(graph: Graph) -> dict[str, Any]:
    """The pattern of the size in each rule on uploads."""
    patterns = {each.name: json.loads(each.inputs["eventPattern"]) for each in graph.of_type("EventRule")}
    return {
        name: pattern["detail"]["object"].get("size")
        for name, pattern in patterns.items()
        if pattern["source"] == ["aws.s3"]
    }


def statements(graph: Graph, name: str) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in json.loads(graph.one("RolePolicy", name)["policy"])["Statement"]}


def test_without_the_key_there_is_no_trace_of_it(plain: Graph) -> None:
    assert set(sizes(plain).values()) == {None}
    assert [name for name in plain.names() if re.search("collect|list|Function|Schedule", name)] == []
    assert "listJobDefinition" not in plain.exports
    assert MANIFESTS_FOLDER not in json.dumps([each.inputs for each in plain.of_type("Bucket")])
    lifecycle = plain.one("BucketLifecycleConfiguration", "audio-output")
    assert [rule["id"] for rule in lifecycle["rules"]] == ["abort-unfinished-uploads"]


def test_an_upload_of_each_size_is_for_one_rule(graph: Graph) -> None:
    small, large = [{"numeric": ["<=", 5_000_000]}], [{"numeric": [">", 5_000_000]}]
    assert {
        name: size for name, size in sizes(graph).items() if name.startswith("uploads-collected")
    } == dict.fromkeys([name for name in sizes(graph) if name.startswith("uploads-collected")], small)
    others = {name: size for name, size in sizes(graph).items() if not name.startswith("uploads-collected")}
    assert list(others.values()) == [large] * len(others)
    assert len(others) == len(sizes(graph)) - len(others) >= 4
    for rule in graph.of_type("EventRule"):
        assert len(rule.inputs.get("eventPattern", "")) <= 2048


def test_what_the_queue_gets_is_what_the_rules_match(graph: Graph) -> None:
    targets = {each.name: each.inputs for each in graph.of_type("EventTarget")}
    for name, target in targets.items():
        if name.startswith("uploads-collected"):
            assert target["arn"].endswith(":uploads-collected")
            assert target["deadLetterConfig"]["arn"].endswith(":uploads-dead-letters")
            assert "inputTransformer" not in target
    (allowed, _) = json.loads(graph.one("QueuePolicy", "uploads-collected")["policy"])["Statement"]
    sources = allowed["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert {arn.rsplit(":", 1)[1] for arn in sources} == {
        name for name in targets if name.startswith("uploads-collected")
    }
    queue = graph.one("sqs/queue:Queue", "uploads-collected")
    assert json.loads(queue["redrivePolicy"])["deadLetterTargetArn"].endswith(":uploads-dead-letters")
    assert queue["visibilityTimeoutSeconds"] > graph.one("lambda/function:Function")["timeout"]


def test_failed_lists_come_back_and_only_single_jobs_are_reported(graph: Graph) -> None:
    rules = {
        each.name: json.loads(each.inputs.get("eventPattern", "{}")) for each in graph.of_type("EventRule")
    }
    ended = rules["uploads-collected-ended"]["detail"]
    assert (ended["status"], ended["parameters"]) == (["FAILED"], {"manifest": [{"exists": True}]})
    for name in ("failures", "watch-failed"):
        assert rules[name]["detail"]["parameters"] == {"key": [{"exists": True}]}
    assert "parameters" not in rules["history-ended"]["detail"]


def test_the_function_may_do_its_work_and_nothing_else(graph: Graph) -> None:
    allowed = statements(graph, "collector")
    rights = {sid: (set(each["Action"]), each["Resource"]) for sid, each in allowed.items()}
    queue, manifests, transcripts, bucket, jobs, log = rights.values()
    assert queue[0] == {"sqs:ReceiveMessage", "sqs:DeleteMessage"}
    assert queue[1].endswith(":uploads-collected")
    assert manifests[0] == {"s3:GetObject", "s3:PutObject"}
    assert manifests[1].endswith(":audio-output/manifests/*")
    assert transcripts[0] == {"s3:GetObject"}
    assert transcripts[1].endswith(":audio-output/transcripts/*")
    assert bucket[0] == {"s3:ListBucket"}
    assert bucket[1].endswith(":audio-output")
    assert jobs[0] == {"batch:SubmitJob"}
    assert [arn.split(":", 5)[5] for arn in jobs[1]] == [
        "gpu",
        "job-definition/transcribe",
        "job-definition/transcribe:*",
        "job-definition/transcribe-list",
        "job-definition/transcribe-list:*",
    ]
    assert log[0] == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert log[1].endswith(":collector:*")


def test_a_customer_s_key_is_used_through_s3_only() -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    allowed = statements(run_program({**SETTINGS, "kmsKeyArn": key}), "collector")
    assert allowed["UseKey"]["Resource"] == key
    assert "kms:ViaService" in json.dumps(allowed["UseKey"]["Condition"])


def test_the_schedule_starts_the_function_and_may_do_no_more(graph: Graph) -> None:
    schedule = graph.one("scheduler/schedule:Schedule")
    assert schedule["scheduleExpression"] == "rate(2 minutes)"
    assert schedule["target"]["arn"].endswith(":collector")
    (statement,) = statements(graph, "collector-schedule").values()
    assert statement["Action"] == ["lambda:InvokeFunction"]
    assert statement["Resource"].endswith(":collector")


def test_the_function_is_one_file_with_all_that_it_imports(graph: Graph) -> None:
    code = graph.one("lambda/function:Function")["code"]
    assert isinstance(code, pulumi.AssetArchive)
    (asset,) = code.assets.values()
    assert isinstance(asset, pulumi.StringAsset)
    assert asset.text == bundle(SCRIPT)
    assert "class CollectorSettings" in str(asset.text)
    assert len(SCRIPT.read_text().splitlines()) < 150


def test_list_jobs_run_the_same_container_with_rules_of_their_own(graph: Graph) -> None:
    single, listed = (graph.one("JobDefinition", name) for name in ("transcribe", "transcribe-list"))
    containers = [json.loads(each["containerProperties"]) for each in (single, listed)]
    commands = [each.pop("command") for each in containers]
    assert containers[0] == containers[1]
    assert commands[1][:5] == ["python", "-m", "transcriber", "--manifest", "Ref::manifest"]
    assert commands[1][-1] == commands[0][-1]
    assert listed["retryStrategy"]["evaluateOnExits"] == [
        {"action": "retry", "onStatusReason": "Host EC2*"},
        {"action": "retry", "onExitCode": "75"},
        {"action": "retry", "onExitCode": "143"},
        {"action": "exit", "onExitCode": "*"},
    ]
    assert statements(graph, "transcribe-job")["ReadManifests"]["Action"] == ["s3:GetObject"]


def test_manifests_expire(graph: Graph) -> None:
    rules = graph.one("BucketLifecycleConfiguration", "audio-output")["rules"]
    (rule,) = (each for each in rules if each["id"] == "expire-manifests")
    assert (rule["filter"], rule["expiration"]) == ({"prefix": "manifests/"}, {"days": 30})


def test_operators_see_recordings_apart_from_jobs(graph: Graph) -> None:
    alarm = graph.one("MetricAlarm", "watch-not-collected")
    assert "FILL(age, 0) > 900" in json.dumps(alarm["metricQueries"])
    body = json.loads(graph.one("Dashboard")["dashboardBody"])
    titles = [each["properties"].get("title", "") for each in body["widgets"]]
    assert "Recordings so far: the gap between uploads and outcomes waits or runs" in titles
    assert "Jobs so far" in titles
    (recordings,) = (
        each for each in body["widgets"] if "Recordings so far" in each["properties"].get("title", "")
    )
    text = json.dumps(recordings)
    assert "uploads-collected-1234567" in text
    assert "uploads-1234567" in text
    assert {"listJobDefinition", "collectionQueue"} <= graph.exports.keys()


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({"collectSeconds": "90"}, "allowed are 0 and whole minutes"),
        ({"collectSeconds": "660"}, "600"),
        ({"collectSeconds": "60", "collectMaxFiles": "1"}, "2"),
        ({"collectMaxMegabytes": "0"}, "1"),
        ({"outputPrefix": "manifests/x/"}, "manifests/"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_made(settings: dict[str, str], allowed: str) -> None:
    graph = Graph()
    with pytest.raises(pulumi.RunError, match=allowed):
        run_program(settings, graph)
    assert graph.resources == []
