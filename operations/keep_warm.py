"""``python -m operations.keep_warm``: let instances stay for a while after their last job.

AWS Batch usually stops an instance soon after its last job. With this command the next job within so many
minutes finds an instance that has the image already, and starts minutes earlier. An idle instance costs as
much as a busy one. It is off unless you ask for it. The Pulumi provider does not know the setting
(minScaleDownDelayMinutes), so `pulumi up` leaves it as it is. Run this command again after `pulumi up` has
replaced an environment.

It reads the stack's outputs as `pulumi stack output --json` prints them. It needs batch:Describe*,
batch:UpdateComputeEnvironment and iam:PassRole for the instance role.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from components.monitoring.prices import ON_DEMAND_USD_PER_HOUR
from operations.clients import client
from operations.command_line import command_parser
from operations.errors import OperationError
from operations.machine_images import VALID, find_environments
from operations.program import start
from operations.stack import Stack
from operations.terminal import printable

COMMAND = "operations.keep_warm"
LEAST_MINUTES, MOST_MINUTES = 20, 10_080
"""What Batch accepts. 0 switches it off."""


def keep_warm(batch: Any, stack: Stack, minutes: int | None, *, say: Callable[[str], object] = print) -> None:
    """Set how long all environments of the stack keep idle instances, or tell it if ``minutes`` is None.

    Args:
        batch: a client.
        stack: its queue leads to the environments.
        minutes: 0 for no time beyond what Batch takes.
        say: called with a line for each environment.

    Raises:
        OperationError: the stack does not exist any more, or an environment cannot be changed now. All others
            have been changed.
    """
    stuck = []
    for each in find_environments(batch, stack.job_queue):
        described = batch.describe_compute_environments(computeEnvironments=[each.name])
        resources = described["computeEnvironments"][0]["computeResources"]
        kept = resources.get("scalingPolicy", {}).get("minScaleDownDelayMinutes", 0)
        if minutes is not None and minutes != kept:
            if each.status != VALID:
                stuck.append(f"{each.name} is {each.status} ({each.status_reason or 'no reason given'})")
                continue
            policy = {"updatePolicy": dict(each.update_policy)} if each.update_policy else {}
            batch.update_compute_environment(
                computeEnvironment=each.name,
                computeResources={"scalingPolicy": {"minScaleDownDelayMinutes": minutes}},
                **policy,
            )
            kept = minutes
        say(printable(f"{each.name}: {_told(kept, resources['instanceTypes'][0])}"))
    if stuck:
        raise OperationError(f"Not changed: {'; '.join(stuck)}. Run this again when that is over.")


def _told(minutes: int, instance_type: str) -> str:
    if not minutes:
        return "idle instances are stopped soon"
    price = ON_DEMAND_USD_PER_HOUR.get(instance_type)
    cost = f"; {instance_type} costs ${price * minutes / 60:.2f} for that time on demand" if price else ""
    return f"idle instances stay for {minutes} minutes{cost}"


def _minutes(text: str) -> int:
    if not text.isdecimal() or not (int(text) == 0 or LEAST_MINUTES <= int(text) <= MOST_MINUTES):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither 0 nor a whole number from {LEAST_MINUTES} to {MOST_MINUTES}"
        )
    return int(text)


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    parser = command_parser(COMMAND, __doc__)
    parser.add_argument(
        "minutes",
        nargs="?",
        type=_minutes,
        metavar="MINUTES",
        help=f"0 or {LEAST_MINUTES} to {MOST_MINUTES}; without it, the command tells what is set",
    )
    options = parser.parse_args(arguments)
    stack = Stack.read(COMMAND)
    keep_warm(client("batch", stack.region), stack, options.minutes)
    return 0


if __name__ == "__main__":
    start(main)
