"""Instances move to the newest machine image, and how old theirs is can be told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.cloud import LocalCloud
from operations.errors import OperationError
from operations.machine_images import Environment, MachineImage
from operations.patch import patch
from tests.emulator.batch_account import BatchAccount, python, unique
from tests.operations.commands import run_command

POLICY = {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 90}


class Account:
    """A stack with two environments, of which its queue uses one; and another stack's."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, self.account = cloud, BatchAccount(cloud)
        self.tags = {"Project": "transcription", "Stack": unique("stack")}
        self.on_demand = self.environment("LATEST", self.tags)
        self.spot = self.environment("UPDATE_AVAILABLE", self.tags)
        self.new = self.environment(None, self.tags)
        self.stranger = self.environment("UPDATE_AVAILABLE", {**self.tags, "Stack": "other"})
        self.outputs: Mapping[str, str] = {
            "deadLetterQueue": "none",
            "inputBucket": "none",
            "jobQueue": self.account.queue(self.on_demand),
            "jobDefinition": self.account.definition(python("pass")),
        }

    def environment(self, image_status: str | None, tags: Mapping[str, str]) -> str:
        name = self.account.environment(
            ec2Configuration=[
                {
                    "imageType": "ECS_AL2023_NVIDIA",
                    **({"batchImageStatus": image_status} if image_status else {}),
                }
            ]
        )
        batch = self.account.client
        (described,) = batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
        batch.tag_resource(resourceArn=described["computeEnvironmentArn"], tags=tags)
        batch.update_compute_environment(computeEnvironment=name, updatePolicy=POLICY)
        return name

    def described(self, name: str) -> dict[str, Any]:
        answer = self.account.client.describe_compute_environments(computeEnvironments=[name])
        return dict(answer["computeEnvironments"][0])

    def image_status(self, name: str) -> str | None:
        configuration = self.described(name)["computeResources"]["ec2Configuration"][0]
        return configuration.get("batchImageStatus")

    def patch(self, *options: str, exit_code: int = 0) -> str:
        ended = run_command(
            "operations.patch", *options, given=self.outputs, environment=self.cloud.client_environment()
        )
        assert ended.returncode == exit_code, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr


@pytest.fixture
def account(cloud: LocalCloud) -> Account:
    return Account(cloud)


def test_all_environments_of_the_stack_move_and_no_other_does(account: Account) -> None:
    printed = account.patch("--dry-run")
    assert f"{account.spot}: would move to the newest machine image; jobs get 90 minutes\n" in printed
    assert printed.endswith("2 to move\n")
    assert account.image_status(account.spot) == "UPDATE_AVAILABLE"

    printed = account.patch()
    assert f"{account.spot}: moves to the newest machine image" in printed
    assert f"{account.new}: moves to the newest machine image" in printed
    assert account.on_demand not in printed
    assert account.image_status(account.spot) == "LATEST"
    assert account.described(account.spot)["updatePolicy"] == POLICY
    assert account.image_status(account.stranger) == "UPDATE_AVAILABLE"


def test_the_check_tells_what_runs_and_fails_while_it_is_old(account: Account) -> None:
    printed = account.patch("--check", exit_code=1)
    assert f"{account.on_demand}: has the newest machine image\n" in printed
    assert f"{account.spot}: has an old machine image; there is a newer one\n" in printed
    assert f"{account.new}: has not had an instance yet" in printed
    assert "in use: none, no instance runs now\n" in printed

    ec2 = account.cloud.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    tags = [{"Key": key, "Value": value} for key, value in account.tags.items()]
    ec2.run_instances(
        ImageId=image,
        InstanceType="g6.xlarge",
        MinCount=2,
        MaxCount=2,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    assert f"in use: {image}" in account.patch("--check", exit_code=1)
    account.account.client.update_compute_environment(
        computeEnvironment=account.spot, computeResources={"updateToLatestImageVersion": True}
    )
    account.patch("--check", exit_code=0)


def test_without_tags_only_the_environment_of_the_queue_moves(account: Account) -> None:
    environment = account.account.environment()
    account.outputs = {**account.outputs, "jobQueue": account.account.queue(environment)}
    assert account.patch().endswith("1 moving; --check tells when that is done\n")
    account.outputs = {**account.outputs, "jobQueue": "gone"}
    assert account.patch(exit_code=1) == "gone: there is no such job queue; is the stack destroyed?\n"


def test_an_environment_that_is_being_changed_is_left_and_told() -> None:
    busy = Environment("busy", "UPDATING", "", "UPDATE_AVAILABLE", {}, {})
    newest = Environment("newest", "VALID", "", "LATEST", {}, {})
    with pytest.raises(OperationError, match=r"^Not moved: busy is UPDATING \(no reason given\)\."):
        patch(None, [busy, newest], dry_run=False)


def test_the_age_of_an_image_is_told_in_days() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    image = MachineImage("ami-1", datetime(2026, 1, 30, tzinfo=UTC))
    assert image.describe(now) == "ami-1 of 2026-01-30, 30 days old"
    assert MachineImage("ami-2").describe(now) == "ami-2, of unknown age"
