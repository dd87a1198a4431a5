"""What is written down of each job."""

import json

import pytest

from tests.components.graph import ACCOUNT, PARTITION, REGION, Graph, run_program

RULES = ("history-waiting", "history-running", "history-ended")
LOG_GROUP = f"arn:{PARTITION}:cloudwatch:{REGION}:{ACCOUNT}:transcribe"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run_program()


def test_what_waits_runs_and_ends_is_written_beside_the_jobs_own_log(graph: Graph) -> None:
    statuses = {}
    for name in RULES:
        pattern = json.loads(graph.one("EventRule", name)["eventPattern"])
        statuses[name] = pattern["detail"]["status"]
        assert pattern["detail"]["jobQueue"] == [f"arn:{PARTITION}:batch:{REGION}:{ACCOUNT}:gpu"]
        assert graph.one("EventTarget", name)["arn"] == LOG_GROUP
    assert list(statuses.values()) == [["RUNNABLE"], ["RUNNING"], ["SUCCEEDED", "FAILED"]]


def test_only_these_rules_write_and_only_into_this_log(graph: Graph) -> None:
    policy = graph.one("LogResourcePolicy")
    assert policy["policyName"] == "parakeet-transcription-test-history"
    streams, events = json.loads(policy["policyDocument"])["Statement"]
    assert streams["Resource"] == events["Resource"] == f"{LOG_GROUP}:*"
    sources = events["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert [source.rpartition(":")[2] for source in sources] == list(RULES)
