"""``python -m operations.backfill``: submit recordings that exist already.

They are in the stack's own bucket, or in one of `extraInputBuckets`. Nothing is copied. Recordings that have
a transcript, a failure report or a job are left out. Many recordings become one job if the stack has a job
definition for lists. The command first says how many recordings there are and what they would cost. If it
is stopped, the same command goes on where it was.

It reads the stack's outputs as `pulumi stack output --json` prints them. It needs s3:ListBucket and
s3:GetObject on the buckets, s3:PutObject and s3:DeleteObject on backfill/ and s3:PutObject on manifests/ of
the output bucket, batch:Describe*, batch:ListJobs and batch:SubmitJob.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from typing import Any

from operations.backfill.capacity import Capacity
from operations.backfill.estimate import Estimate, report
from operations.backfill.inventory import Inventory
from operations.backfill.pace import Pace, count_waiting
from operations.backfill.progress import Progress, Task
from operations.backfill.run import Counts, measure, preview, submit_all
from operations.backfill.sources import BucketListing, Selection, Source
from operations.backfill.submitters import ListJobs, SingleJobs, Submitter
from operations.backfill.verdicts import Looker, Verdict
from operations.clients import worker_pool
from operations.command_line import run_on_stack, time_from, whole_number
from operations.errors import WrongUseError
from operations.jobs import list_unfinished
from operations.outcomes import Results
from operations.program import start
from operations.service_times import SUBMITTED_PER_SECOND
from operations.stack import Stack
from operations.terminal import printable
from operations.worker import Worker

COMMAND = "operations.backfill"
DEFAULT_RATE = SUBMITTED_PER_SECOND / 2
"""Uploads need the other half."""

LEAST_WAITING = 200
"""So many jobs may wait for an instance, or as many as can run at once if these are more."""


def run(options: argparse.Namespace, s3: Any, batch: Any, stack: Stack) -> int:
    """Submit the recordings that ``options`` choose, print the counts and return 0.

    Raises:
        WrongUseError: jobs may not read the bucket, or the file is not an inventory.
        OperationError: the stack does not exist any more.
    """
    source = _source(options, s3, stack)
    prefix = _prefix(options, stack)
    capacity = Capacity.of_queue(batch, stack.job_queue)
    results = Results.of_worker(Worker.of_job_definition(batch, stack.job_definition))
    submitter = _submitter(s3, batch, stack, results.transcripts.bucket)
    selection = Selection(prefix, stack.media_suffixes, options.newer_than)
    newer_than = options.newer_than.isoformat() if options.newer_than else None
    progress = Progress(s3, results.transcripts.bucket, Task(source.name, prefix, newer_than))
    after = "" if options.restart else progress.read()
    if after:
        print(printable(f"{source.name}: goes on after {after}"))
    amounts = measure(source, selection, after, options.limit)
    print(
        printable_lines(report(amounts, Estimate.of(amounts, submitter.most_files), capacity, options.rate))
    )
    print("This is the most: recordings that have a transcript are left out.", flush=True)
    with worker_pool() as pool:
        under_way = list_unfinished(batch, s3, stack.job_queue)
        looker = Looker(s3, results, under_way, stack.input_bucket, pool)
        if options.dry_run:
            counts = preview(source, selection, looker, after, options.limit)
        else:
            depth = options.depth or max(LEAST_WAITING, capacity.instances_at_once)
            counts = submit_all(
                source,
                selection,
                looker,
                submitter,
                Pace(options.rate, depth, partial(count_waiting, batch, stack.job_queue)),
                progress,
                after=after,
                limit=options.limit,
                say=partial(print, flush=True),
            )
    print(summary(counts, dry_run=options.dry_run))
    return 0


def summary(counts: Counts, *, dry_run: bool) -> str:
    """Return the counts, one on each line."""
    labels = {verdict: str(verdict) for verdict in Verdict}
    labels[Verdict.DUE] = "to submit" if dry_run else "submitted"
    rows = [("recordings", counts.verdicts.total())]
    rows += [(label, counts.verdicts[verdict]) for verdict, label in labels.items()]
    if not dry_run:
        rows.append(("jobs", counts.jobs))
    rows.append(("ignored", counts.ignored))
    lines = [f"{label:<16}{count:>12,}" for label, count in rows]
    if not counts.is_complete:
        lines.append(
            "There may be more behind --limit."
            if dry_run
            else "Stopped at --limit; the same command goes on."
        )
    return "\n".join(lines)


def printable_lines(text: str) -> str:
    """Return ``text`` with each line safe for a terminal."""
    return "\n".join(map(printable, text.splitlines()))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--prefix", help="only recordings whose keys begin so, such as calls/2024/; else inputPrefix"
    )
    parser.add_argument("--bucket", help="another bucket, one of extraInputBuckets")
    parser.add_argument(
        "--inventory",
        metavar="URI",
        help="the manifest.json of an S3 Inventory in CSV, to read in place of listing the bucket",
    )
    parser.add_argument(
        "--newer-than",
        type=time_from,
        metavar="DATE",
        help="only recordings uploaded then or later, such as 2026-01-31 or 2026-01-31T12:00+01:00; else UTC",
    )
    parser.add_argument(
        "--limit", type=whole_number(1), metavar="N", help="submit at most this many recordings"
    )
    parser.add_argument(
        "--rate",
        type=_rate,
        default=DEFAULT_RATE,
        metavar="N",
        help=f"jobs a second, up to {SUBMITTED_PER_SECOND} (default: {DEFAULT_RATE:g})",
    )
    parser.add_argument(
        "--depth",
        type=whole_number(1),
        metavar="N",
        help="at most this many jobs of the queue may wait for an instance"
        f" (default: as many as can run at once, at least {LEAST_WAITING})",
    )
    parser.add_argument("--restart", action="store_true", help="begin anew where an earlier run was stopped")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be submitted")


def _source(options: argparse.Namespace, s3: Any, stack: Stack) -> Source:
    source: Source
    if options.inventory:
        source = Inventory.open(s3, options.inventory)
        if options.bucket and options.bucket != source.bucket:
            raise WrongUseError(f"{source.name} lists s3://{source.bucket}, not s3://{options.bucket}.")
    else:
        source = BucketListing(s3, options.bucket or stack.input_bucket, _prefix(options, stack))
    if source.bucket not in (stack.input_bucket, *stack.extra_input_buckets):
        raise WrongUseError(
            f"Jobs may not read s3://{source.bucket};"
            f" `pulumi config set extraInputBuckets {source.bucket} && pulumi up` allows it."
        )
    return source


def _prefix(options: argparse.Namespace, stack: Stack) -> str:
    if options.prefix is not None:
        return str(options.prefix)
    is_own = options.bucket in (None, stack.input_bucket) and not options.inventory
    return stack.input_prefix if is_own else ""


def _submitter(s3: Any, batch: Any, stack: Stack, output_bucket: str) -> Submitter:
    if stack.list_job_definition is None:
        return SingleJobs(batch, stack)
    return ListJobs(s3, batch, stack, stack.list_job_definition, output_bucket)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= SUBMITTED_PER_SECOND:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and up to {SUBMITTED_PER_SECOND}")
    return rate


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    return run_on_stack(COMMAND, __doc__, add_options, run, arguments)


if __name__ == "__main__":
    start(main)
