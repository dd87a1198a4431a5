"""Recordings in other buckets: jobs may read them, and nothing else may be done there."""

import json
from collections.abc import Iterator

import pulumi
import pytest

from tests.components.graph import PARTITION, Graph, run_program

OLD, ARCHIVE = (f"arn:{PARTITION}:s3:::{name}" for name in ("old-calls", "archive"))
READING = {("s3:GetObject", f"{arn}/*") for arn in (OLD, ARCHIVE)} | {
    ("s3:ListBucket", arn) for arn in (OLD, ARCHIVE)
}


def rights(graph: Graph, role: str) -> Iterator[tuple[str, str]]:
    """The rights of a role on objects and buckets, each with its resource."""
    for statement in json.loads(graph.one("RolePolicy", role)["policy"])["Statement"]:
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            yield from ((action, resource) for action in statement["Action"] if ":s3:::" in resource)


@pytest.mark.parametrize("role", ["transcribe-job", "failures-runbook"])
def test_jobs_and_failure_reports_may_read_other_buckets(role: str) -> None:
    graph = run_program({"extraInputBuckets": "old-calls,archive"})
    before = set(rights(run_program(), role))
    assert set(rights(graph, role)) - before == READING
    assert graph.exports["extraInputBuckets"] == "old-calls,archive"


def test_other_buckets_raise_no_events_and_are_not_changed() -> None:
    graph = run_program({"extraInputBuckets": "old-calls"})
    assert sorted(graph.names()) == sorted(run_program().names())
    changed = [each.name for each in graph.resources if "old-calls" in json.dumps(each.inputs)]
    assert sorted(changed) == ["failures-runbook", "transcribe-job"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Old Calls", "names of buckets, such as old-calls,archive"),
        ("found", "other buckets than those of the stack, and found is one"),
    ],
)
def test_names_that_cannot_be_are_refused(value: str, message: str) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        run_program({"extraInputBuckets": value, "existingInputBucket": "found"})
