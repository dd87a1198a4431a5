"""Compute environments over the Batch API."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.batch_account import COMPUTE_RESOURCES, BatchAccount, unique


def described(batch: BatchAccount, name: str) -> dict[str, Any]:
    answer = batch.client.describe_compute_environments(computeEnvironments=[name])
    return dict(answer["computeEnvironments"][0])


def test_a_new_environment_is_valid_and_enabled(batch: BatchAccount) -> None:
    name = batch.environment()
    detail = described(batch, name)
    assert detail["computeEnvironmentArn"].endswith(f":compute-environment/{name}")
    assert (detail["state"], detail["status"]) == ("ENABLED", "VALID")
    assert detail["serviceRole"].endswith("AWSServiceRoleForBatch")
    assert detail["computeResources"]["instanceTypes"] == ["g6.xlarge"]


def test_an_environment_is_found_by_name_and_arn_and_a_missing_one_is_left_out(batch: BatchAccount) -> None:
    name = batch.environment()
    arn = described(batch, name)["computeEnvironmentArn"]
    answer = batch.client.describe_compute_environments(computeEnvironments=[arn, "missing"])
    assert [item["computeEnvironmentName"] for item in answer["computeEnvironments"]] == [name]


def test_a_name_is_taken_only_once(batch: BatchAccount) -> None:
    name = batch.environment()
    with pytest.raises(ClientError, match=r"ClientException.*Object already exists"):
        batch.client.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", computeResources=COMPUTE_RESOURCES
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"minvCpus": 9}, "0 <= minvCpus <= maxvCpus"),
        ({"subnets": []}, "subnets must not be empty"),
        ({"allocationStrategy": "SPOT_CAPACITY_OPTIMIZED"}, "is for type SPOT, not EC2"),
        ({"type": "SPOT", "allocationStrategy": "BEST_FIT"}, "spotIamFleetRole must be given"),
        ({"type": "SPOT", "bidPercentage": 101}, "bidPercentage must be between 1 and 100"),
        ({"instanceTypes": []}, "instanceTypes must be given"),
        ({"type": "GPU"}, "'GPU' is not one of EC2, SPOT"),
    ],
)
def test_resources_that_contradict_themselves_are_refused(
    batch: BatchAccount, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        batch.environment(**changes)


def test_a_name_with_other_characters_is_refused(batch: BatchAccount) -> None:
    with pytest.raises(ClientError, match="is not valid: use up to 128 letters"):
        batch.client.create_compute_environment(
            computeEnvironmentName="a b", type="MANAGED", computeResources=COMPUTE_RESOURCES
        )


def test_on_demand_becomes_spot_in_place(batch: BatchAccount) -> None:
    name = batch.environment()
    batch.client.update_compute_environment(
        computeEnvironment=name,
        computeResources={
            "type": "SPOT",
            "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
            "updateToLatestImageVersion": True,
        },
    )
    resources = described(batch, name)["computeResources"]
    assert (resources["type"], resources["subnets"]) == ("SPOT", ["subnet-1"])
    assert "updateToLatestImageVersion" not in resources


def test_an_empty_service_role_is_the_one_that_batch_brings(batch: BatchAccount) -> None:
    name, template = unique("environment"), {"launchTemplateId": "lt-1", "version": "2"}
    batch.client.create_compute_environment(
        computeEnvironmentName=name, type="MANAGED", serviceRole="", computeResources=COMPUTE_RESOURCES
    )
    assert "/aws-service-role/batch.amazonaws.com/" in described(batch, name)["serviceRole"]
    batch.client.update_compute_environment(
        computeEnvironment=name, computeResources={"launchTemplate": template}
    )
    assert described(batch, name)["computeResources"]["launchTemplate"] == template


def test_only_the_size_of_a_best_fit_environment_can_change(batch: BatchAccount) -> None:
    name = batch.environment(allocationStrategy="BEST_FIT")
    batch.client.update_compute_environment(computeEnvironment=name, computeResources={"maxvCpus": 16})
    with pytest.raises(ClientError, match="Cannot update instanceTypes"):
        batch.client.update_compute_environment(
            computeEnvironment=name, computeResources={"instanceTypes": ["g5.xlarge"]}
        )
    assert described(batch, name)["computeResources"]["maxvCpus"] == 16


def test_an_environment_is_deleted_only_when_disabled_and_without_queue(batch: BatchAccount) -> None:
    name = batch.environment()
    queue = batch.queue(name)
    with pytest.raises(ClientError, match="must be in DISABLED state"):
        batch.client.delete_compute_environment(computeEnvironment=name)
    batch.client.update_compute_environment(computeEnvironment=name, state="DISABLED")
    with pytest.raises(ClientError, match="found existing JobQueue relationship"):
        batch.client.delete_compute_environment(computeEnvironment=name)
    batch.client.update_job_queue(jobQueue=queue, state="DISABLED")
    batch.client.delete_job_queue(jobQueue=queue)
    batch.client.delete_compute_environment(computeEnvironment=name)
    answer = batch.client.describe_compute_environments(computeEnvironments=[name])
    assert answer["computeEnvironments"] == []


def test_a_missing_environment_can_not_be_updated(batch: BatchAccount) -> None:
    with pytest.raises(ClientError, match="missing does not exist"):
        batch.client.update_compute_environment(computeEnvironment="missing", state="DISABLED")


def test_descriptions_come_in_pages(batch: BatchAccount) -> None:
    names = {batch.environment() for _ in range(3)}
    pages = batch.client.get_paginator("describe_compute_environments").paginate(
        PaginationConfig={"PageSize": 2}
    )
    seen = [[item["computeEnvironmentName"] for item in page["computeEnvironments"]] for page in pages]
    assert max(map(len, seen)) <= 2
    assert names <= {name for page in seen for name in page}
    with pytest.raises(ClientError, match="did not come from a previous answer"):
        batch.client.describe_compute_environments(nextToken="nonsense")
    with pytest.raises(ClientError, match="maxResults 101 is not between 1 and 100"):
        batch.client.describe_compute_environments(maxResults=101)


def test_resources_are_tagged_by_arn(batch: BatchAccount) -> None:
    name = unique("tagged")
    arn = batch.client.create_compute_environment(
        computeEnvironmentName=name, type="UNMANAGED", tags={"a": "1", "b": "2"}
    )["computeEnvironmentArn"]
    batch.client.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    batch.client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert batch.client.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}
    assert described(batch, name)["tags"] == {"b": "3", "c": "4"}
    with pytest.raises(ClientError, match="not found"):
        batch.client.list_tags_for_resource(resourceArn=f"{arn}-other")
