"""``python -m operations.reconcile``: list uploads without transcript or failure report, and submit them.

It reads the stack's outputs as `pulumi stack output --json` prints them. You can run it at any time and
repeatedly: a job ends at once if its transcript exists, and no older result overwrites a newer one. It needs
s3:ListBucket and s3:GetObject on both buckets, batch:DescribeJobDefinitions, batch:ListJobs and
batch:DescribeJobs, and batch:SubmitJob to submit.
"""

import argparse
import functools
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.clients import worker_pool
from operations.command_line import run_on_stack, whole_number
from operations.ignored import IgnoredUploads
from operations.jobs import submit
from operations.outcomes import Jobs, Results, State, list_uploads, state_of
from operations.program import start
from operations.stack import Stack
from operations.terminal import printable
from operations.worker import Worker

COMMAND = "operations.reconcile"
GRACE_MINUTES = 15


def reconcile(
    s3: Any,
    batch: Any,
    stack: Stack,
    *,
    prefix: str = "",
    grace: timedelta = timedelta(minutes=GRACE_MINUTES),
    resubmit: bool = False,
    say: Callable[[str], object] = print,
    ignored: IgnoredUploads | None = None,
) -> Counter[State]:
    """List the uploads without an outcome, with the reasons that Batch knows, and count all uploads by state.

    It needs constant memory, however many uploads there are.

    Args:
        s3: a client for the buckets.
        batch: a client for the queue.
        stack: where to look.
        prefix: only uploads whose keys begin with it.
        grace: uploads that are younger than this and have no job count as under way.
        resubmit: whether to submit the uploads without an outcome.
        say: called with each line.
        ignored: counts the uploads that start no job.

    Raises:
        OperationError: the stack does not exist any more.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS refused or did not answer.
    """
    results = Results.of_worker(Worker.of_job_definition(batch, stack.job_definition))
    jobs = Jobs.of_queue(batch, s3, stack.job_queue)
    look = functools.partial(state_of, s3, results=results, jobs=jobs, now=datetime.now(UTC), grace=grace)
    counts: Counter[State] = Counter()
    with worker_pool() as pool:
        for uploads in list_uploads(s3, stack, prefix, ignored):
            states = list(pool.map(look, uploads))
            counts.update(states)
            for upload, state in zip(uploads, states, strict=True):
                if state is not State.LOST:
                    continue
                reason = jobs.failed.get(upload.recording)
                why = f"its job failed: {reason}" if reason else "Batch knows no job of it that failed"
                again = f"; now {submit(batch, stack, upload.recording)}" if resubmit else ""
                say(printable(f"{upload.recording}: {why}{again}"))
    return counts


def report(counts: Counter[State], ignored: IgnoredUploads, *, resubmitted: bool) -> str:
    """Return a line for each state and for each suffix of ignored uploads."""
    rows = [("uploads", counts.total()), *((state.value, counts[state]) for state in State)]
    if resubmitted:
        rows.append(("submitted again", counts[State.LOST]))
    rows.append(("ignored", ignored.counts.total()))
    return "\n".join([*(f"{label:<16}{count:>10,}" for label, count in rows), *ignored.lines()])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options, which are the same for a stack in AWS and on this machine."""
    parser.add_argument("--resubmit", action="store_true", help="submit a job for each without an outcome")
    parser.add_argument("--prefix", default="", help="only uploads whose keys begin so, such as calls/2026/")
    parser.add_argument(
        "--grace-minutes",
        type=whole_number(0),
        default=GRACE_MINUTES,
        metavar="N",
        help=f"younger uploads without a job count as under way (default: {GRACE_MINUTES})",
    )


def run(options: argparse.Namespace, s3: Any, batch: Any, stack: Stack) -> int:
    """Reconcile according to ``options`` and print the counts. Return 1 if any upload has no outcome."""
    ignored = IgnoredUploads(stack.input_prefix)
    counts = reconcile(
        s3,
        batch,
        stack,
        prefix=options.prefix,
        grace=timedelta(minutes=options.grace_minutes),
        resubmit=options.resubmit,
        ignored=ignored,
    )
    print(report(counts, ignored, resubmitted=options.resubmit))
    return 1 if counts[State.LOST] and not options.resubmit else 0


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    return run_on_stack(COMMAND, __doc__, add_options, run, arguments)


if __name__ == "__main__":
    start(main)
