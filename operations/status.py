"""``python -m operations.status``: show how a stack is doing now. It changes nothing.

It shows the jobs by state, undelivered events, uploads that start no job, and the age of the machine images.
Batch keeps ended jobs for at least seven days. The exit code is 1 if events are undelivered or a machine
image is old. operations.reconcile lists uploads without an outcome; it asks S3 about each upload.

It reads the stack's outputs as `pulumi stack output --json` prints them. It needs batch:ListJobs,
batch:Describe*, sqs:GetQueueAttributes, s3:ListBucket on the input bucket, ec2:DescribeInstances,
ec2:DescribeImages and ssm:GetParameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from operations.clients import client
from operations.command_line import command_parser
from operations.dead_letters import count_messages
from operations.ignored import IgnoredUploads
from operations.jobs import FINISHED, UNFINISHED, count_jobs
from operations.machine_images import UPDATE_AVAILABLE, find_environments
from operations.outcomes import count_ignored
from operations.patch import tell
from operations.program import start
from operations.stack import Stack
from operations.terminal import printable

COMMAND = "operations.status"


@dataclass(frozen=True)
class Status:
    """The state of a stack at one time."""

    jobs: Mapping[str, int]
    """How many jobs are in each state of Batch. States without jobs may be missing."""

    undelivered: int
    """How many events wait in the dead-letter queue."""

    collected: int | None
    """How many uploads wait to share a job. None if recordings don't share jobs."""

    ignored: IgnoredUploads
    images: Sequence[str]
    """Lines about the machine images of the compute environments."""

    has_old_image: bool

    @staticmethod
    def of_stack(stack: Stack) -> "Status":
        """Ask AWS, with one request for each hundred jobs and each thousand uploads, and a few more.

        Raises:
            OperationError: the stack does not exist any more.
            botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS refused or did not answer.
        """
        batch = client("batch", stack.region)
        sqs = client("sqs", stack.region)
        environments = find_environments(batch, stack.job_queue)
        return Status(
            jobs=count_jobs(batch, stack.job_queue),
            undelivered=count_messages(sqs, stack.dead_letter_queue),
            collected=count_messages(sqs, stack.collection_queue) if stack.collection_queue else None,
            ignored=count_ignored(client("s3", stack.region), stack),
            images=tell(client("ec2", stack.region), client("ssm", stack.region), environments),
            has_old_image=any(each.image_status == UPDATE_AVAILABLE for each in environments),
        )

    @property
    def exit_code(self) -> int:
        """1 if an operator has something to do, else 0."""
        return 1 if self.undelivered or self.has_old_image else 0


def report(status: Status) -> list[str]:
    """Return the lines to print. After a count that needs work comes the command for it."""
    lines = [_row("jobs", sum(status.jobs.values()))]
    lines += [_row(f"  {state.lower()}", status.jobs.get(state, 0)) for state in (*UNFINISHED, *FINISHED)]
    if status.collected is not None:
        lines.append(_row("waiting to share", status.collected))
    lines.append(_row("undelivered", status.undelivered))
    if status.undelivered:
        lines.append("  `python -m operations.redrive --dry-run` tells why")
    lines += [_row("ignored", status.ignored.counts.total()), *status.ignored.lines()]
    return [*lines, *map(printable, status.images)]


def _row(label: str, count: int) -> str:
    return f"{label:<16}{count:>10,}"


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    parser = command_parser(COMMAND, __doc__)
    parser.parse_args(arguments)
    status = Status.of_stack(Stack.read(COMMAND))
    print("\n".join(report(status)))
    return status.exit_code


if __name__ == "__main__":
    start(main)
