"""Job definitions over the Batch API."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.batch_account import BatchAccount, python, unique


def test_each_registration_is_a_new_revision(batch: BatchAccount) -> None:
    name = unique("definition")
    first, second = (batch.definition(python("pass"), name=name) for _ in range(2))
    assert (first.rsplit(":", 1)[-1], second.rsplit(":", 1)[-1]) == ("1", "2")
    batch.client.deregister_job_definition(jobDefinition=second)
    assert batch.definition(python("pass"), name=name).endswith(":3")


def test_definitions_are_described_by_name_revision_arn_and_status(batch: BatchAccount) -> None:
    name = unique("definition")
    arns = [batch.definition(python("pass"), name=name) for _ in range(2)]
    batch.client.deregister_job_definition(jobDefinition=f"{name}:1")

    def revisions(**query: Any) -> list[tuple[int, str]]:
        answer = batch.client.describe_job_definitions(**query)
        return [(item["revision"], item["status"]) for item in answer["jobDefinitions"]]

    assert revisions(jobDefinitionName=name) == [(1, "INACTIVE"), (2, "ACTIVE")]
    assert revisions(jobDefinitionName=name, status="ACTIVE") == [(2, "ACTIVE")]
    assert revisions(jobDefinitions=[arns[0]]) == [(1, "INACTIVE")]
    assert revisions(jobDefinitions=[f"{name}:2"]) == [(2, "ACTIVE")]


def test_a_job_runs_the_latest_active_revision_of_a_name(batch: BatchAccount, queue: str) -> None:
    name = unique("definition")
    for text in ("one", "two", "three"):
        batch.definition(python(f"print('{text}')"), name=name)
    batch.client.deregister_job_definition(jobDefinition=f"{name}:3")
    assert batch.log(batch.finished(batch.submit(queue, name))) == ["two"]
    assert batch.log(batch.finished(batch.submit(queue, f"{name}:1"))) == ["one"]
    with pytest.raises(ClientError, match=f"{name}:3 is not ACTIVE"):
        batch.submit(queue, f"{name}:3")


def test_deregistering_needs_a_revision(batch: BatchAccount) -> None:
    name = unique("definition")
    batch.definition(python("pass"), name=name)
    with pytest.raises(ClientError, match="does not name a revision"):
        batch.client.deregister_job_definition(jobDefinition=name)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"timeout": {"attemptDurationSeconds": 0}}, "attemptDurationSeconds 0 is below 1"),
        ({"retryStrategy": {"attempts": 11}}, "attempts 11 is not between 1 and 10"),
        ({"container": {"image": ""}}, "image must be given"),
        ({"container": {"resourceRequirements": []}}, "resourceRequirements needs VCPU"),
        ({"container": {"secrets": [{"name": "a", "valueFrom": "b"}]}}, "secrets are not available here"),
        ({"container": {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}}, "are reserved"),
        ({"container": {"logConfiguration": {"logDriver": "syslog"}}}, "Only the log driver awslogs"),
        ({"name": "no spaces please"}, "is not valid"),
    ],
)
def test_a_definition_that_can_not_run_is_refused(
    batch: BatchAccount, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        batch.definition(python("pass"), **fields)


def test_other_kinds_of_job_are_refused_rather_than_ignored(batch: BatchAccount) -> None:
    with pytest.raises(ClientError, match="Only job definitions of type container"):
        batch.client.register_job_definition(
            jobDefinitionName=unique("d"),
            type="multinode",
            nodeProperties={"numNodes": 1, "mainNode": 0, "nodeRangeProperties": []},
        )
