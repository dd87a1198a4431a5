"""``python -m operations.patch``: move the stack's instances to AWS's newest machine image.

A compute environment keeps the machine image with which it began, with its driver and kernel, until somebody
updates it. After that, new instances start with the newest image. Running jobs finish where they are, within
the time of the environment's update policy.

The command reads the stack's outputs as `pulumi stack output --json` prints them. It needs batch:Describe*,
batch:UpdateComputeEnvironment, iam:PassRole for the instance role, ec2:DescribeInstances, ec2:DescribeImages
and ssm:GetParameter.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from operations.clients import client
from operations.command_line import command_parser
from operations.errors import OperationError
from operations.machine_images import (
    LATEST,
    UPDATE_AVAILABLE,
    UPDATING,
    VALID,
    Environment,
    find_environments,
    find_images_in_use,
    find_newest_image,
)
from operations.program import start
from operations.stack import Stack
from operations.terminal import printable

COMMAND = "operations.patch"
IMAGE_STATUS = {
    LATEST: "has the newest machine image",
    UPDATE_AVAILABLE: "has an old machine image; `python -m operations.patch` moves it to the newer one",
    None: "has not had an instance yet, so AWS Batch does not tell how old its machine image is",
}


def tell(ec2: Any, ssm: Any, environments: Sequence[Environment]) -> list[str]:
    """Return lines about the machine images of the environments of a stack."""
    now = datetime.now(UTC)
    lines = [f"{each.name}: {_state(each)}" for each in environments]
    tags = environments[0].stack_tags if environments else {}
    in_use = find_images_in_use(ec2, tags) if tags else {}
    lines += [
        f"in use: {image.describe(now)}, on {count} instance{'s' if count > 1 else ''}"
        for image, count in in_use.items()
    ]
    if not in_use:
        lines.append("in use: none, no instance runs now")
    newest = find_newest_image(ssm, ec2)
    lines.append(f"newest of Amazon ECS: {newest.describe(now) if newest else 'not told in this region'}")
    return lines


def patch(
    batch: Any,
    environments: Sequence[Environment],
    *,
    dry_run: bool,
    say: Callable[[str], object] = print,
) -> int:
    """Move all environments that may have an old image to the newest one. Return how many.

    Args:
        batch: a client.
        environments: those of the stack.
        dry_run: whether to report only.
        say: called with each line.

    Raises:
        OperationError: some cannot be moved now. All others have been moved.
    """
    count, stuck = 0, []
    for each in environments:
        if each.status != VALID:
            stuck.append(f"{each.name} is {each.status} ({each.status_reason or 'no reason given'})")
        elif each.image_status != LATEST:
            count += 1
            if not dry_run:
                _update(batch, each)
            minutes = each.update_policy.get("jobExecutionTimeoutMinutes", 30)
            verb = "would move" if dry_run else "moves"
            say(printable(f"{each.name}: {verb} to the newest machine image; jobs get {minutes} minutes"))
    if stuck:
        raise OperationError(f"Not moved: {'; '.join(stuck)}. Run this again when that is over.")
    return count


def _state(environment: Environment) -> str:
    if environment.status == UPDATING:
        return "is being updated"
    return IMAGE_STATUS[environment.image_status]


def _update(batch: Any, environment: Environment) -> None:
    kept = {"updatePolicy": dict(environment.update_policy)} if environment.update_policy else {}
    batch.update_compute_environment(
        computeEnvironment=environment.name,
        computeResources={"updateToLatestImageVersion": True},
        **kept,
    )


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    parser = command_parser(COMMAND, __doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--check", action="store_true", help="tell which images run and how old they are; exit code 1 for old"
    )
    choice.add_argument("--dry-run", action="store_true", help="tell what would be moved")
    options = parser.parse_args(arguments)
    stack = Stack.read(COMMAND)
    batch = client("batch", stack.region)
    environments = find_environments(batch, stack.job_queue)
    if options.check:
        for line in tell(client("ec2", stack.region), client("ssm", stack.region), environments):
            print(printable(line))
        return 1 if any(each.image_status == UPDATE_AVAILABLE for each in environments) else 0
    count = patch(batch, environments, dry_run=options.dry_run)
    print(f"{count} {'to move' if options.dry_run else 'moving; --check tells when that is done'}")
    return 0


if __name__ == "__main__":
    start(main)
