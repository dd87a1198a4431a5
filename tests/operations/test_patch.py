"""Instances move to the newest machine image, and how old theirs is can be told."""

from datetime import UTC, datetime

import pytest

from operations.errors import OperationError
from operations.machine_images import Environment, MachineImage
from operations.patch import patch
from tests.operations.account import POLICY, Account


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
    assert f"{account.spot}: has an old machine image; `python -m operations.patch` moves it" in printed
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
