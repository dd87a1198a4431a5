"""Jobs that died: which, what is started for them, and what that may do."""

import json
from typing import Any

import pytest

from components.failures.failure_reports import died_pattern, failed_execution_pattern
from components.failures.runbook import SCRIPT
from components.script_bundle import bundle
from emulator.events.patterns import matches_plainly
from tests.components.graph import Graph, run_program


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run_program({})


def test_the_rule_takes_failed_jobs_but_those_whose_worker_wrote_the_reason() -> None:
    pattern = died_pattern("arn:queue")
    assert pattern["detail"]["status"] == ["FAILED"]
    assert pattern["detail"]["jobQueue"] == ["arn:queue"]
    assert pattern["detail"]["container"]["exitCode"] == [{"anything-but": [65]}, {"exists": False}]


def test_the_runbook_is_told_nothing_that_an_uploader_chose(graph: Graph) -> None:
    target = graph.one("EventTarget", "failures")
    assert target["inputTransformer"] == {
        "inputPaths": {"job": "$.detail.jobId"},
        "inputTemplate": '{"jobId": [<job>]}',
    }
    assert target["arn"].endswith(":automation-definition/failures-1234567:$DEFAULT")
    assert target["deadLetterConfig"]["arn"].endswith(":failures-dead-letters")
    document = json.loads(graph.one("Document", "failures")["content"])
    assert list(document["parameters"]) == ["jobId"]


def test_the_step_runs_the_script_with_all_that_it_imports(graph: Graph) -> None:
    document = json.loads(graph.one("Document", "failures")["content"])
    assert document["mainSteps"][0]["inputs"]["Script"] == bundle(SCRIPT)
    assert "def failure_report_key(" in bundle(SCRIPT)


def test_a_failed_execution_goes_to_the_dead_letters() -> None:
    def event(status: str, name: str = "failures") -> dict[str, Any]:
        return {
            "source": "aws.ssm",
            "detail-type": "EC2 Automation Execution Status-change Notification",
            "detail": {"Definition": name, "Status": status},
        }

    pattern = failed_execution_pattern("failures")
    assert matches_plainly(pattern, event("Failed"))
    assert matches_plainly(pattern, event("TimedOut"))
    assert not matches_plainly(pattern, event("Success"))
    assert not matches_plainly(pattern, event("Failed", "another"))


def test_only_the_stack_s_rules_leave_anything_in_the_dead_letter_queue(graph: Graph) -> None:
    policy = json.loads(graph.one("QueuePolicy", "failures-dead-letters")["policy"])
    (statement,) = (each for each in policy["Statement"] if each["Effect"] == "Allow")
    sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert [arn.rsplit(":", 1)[-1] for arn in sources] == ["failures", "failures-unrecorded"]


def test_the_runbook_writes_entries_and_nothing_else(graph: Graph) -> None:
    policy = json.loads(graph.one("RolePolicy", "failures-runbook")["policy"])
    writes = {
        action: statement["Resource"]
        for statement in policy["Statement"]
        for action in statement["Action"]
        if not action.split(":")[1].startswith(("Get", "List", "Describe"))
    }
    assert writes.keys() == {"s3:PutObject", "s3:DeleteObject"}
    assert all(resource.endswith(":audio-output/failures/*") for resource in writes.values())


def test_eventbridge_starts_this_runbook_under_its_role_only(graph: Graph) -> None:
    policy = json.loads(graph.one("RolePolicy", "failures-rule")["policy"])
    start, hand_on = policy["Statement"]
    assert start["Action"] == ["ssm:StartAutomationExecution"]
    assert [arn.split(":", 5)[5] for arn in start["Resource"]] == [
        "automation-definition/failures-1234567:*",
        "document/failures-1234567",
        "automation-execution/*",
    ]
    assert hand_on["Action"] == ["iam:PassRole"]
    assert hand_on["Condition"] == {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}
