"""``python -m operations.redo``: transcribe recordings again, after a change of settings or model.

It reads the stack's outputs as `pulumi stack output --json` prints them. It skips recordings without a
transcript, because operations.reconcile takes care of those. It needs s3:ListBucket and s3:GetObject on
both buckets, batch:DescribeJobDefinitions, batch:ListJobs, batch:DescribeJobs and batch:SubmitJob.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from operations.clients import worker_pool
from operations.command_line import run_on_stack, time_from
from operations.errors import WrongUseError
from operations.jobs import Recording, list_unfinished, submit
from operations.outcomes import Results, Upload, etag_of, list_uploads
from operations.program import start
from operations.stack import Stack
from operations.terminal import printable
from operations.transcripts import Present, differences
from operations.worker import Worker
from transcriber.outcomes import result_name

COMMAND = "operations.redo"


class Verdict(StrEnum):
    """What the command does with a recording."""

    NO_TRANSCRIPT = "no transcript"
    UNDER_WAY = "under way"
    UNCHANGED = "unchanged"
    DUE = "due"


@dataclass(frozen=True)
class Look:
    """A recording, what the command does with it, and why."""

    recording: Recording
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class Selection:
    """The recordings to transcribe again."""

    prefix: str = ""
    newer_than: datetime | None = None
    """Only recordings that were uploaded at this time or later."""

    changed: bool = False
    """Only recordings whose results differ from what the stack would make now."""

    def takes(self, upload: Upload) -> bool:
        """Tell whether an upload is new enough."""
        return self.newer_than is None or upload.time >= self.newer_than


def redo(
    s3: Any,
    batch: Any,
    stack: Stack,
    selection: Selection,
    *,
    dry_run: bool,
    say: Callable[[str], object] = print,
) -> Counter[Verdict]:
    """Submit a job for each selected recording that has a transcript. Count all recordings by verdict.

    It needs constant memory, however many there are. Old transcripts stay until new ones replace them.

    Args:
        s3: a client for the buckets.
        batch: a client for the queue.
        stack: where to look.
        selection: the recordings.
        dry_run: whether to report only.
        say: called with each line.

    Raises:
        OperationError: the stack does not exist any more.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS refused or did not answer.
    """
    worker = Worker.of_job_definition(batch, stack.job_definition)
    place, present = Results.of_worker(worker).transcripts, Present.of(stack, worker)
    unfinished = list_unfinished(batch, s3, stack.job_queue)

    def look(upload: Upload) -> Look:
        recording = upload.recording
        if etag_of(s3, place, result_name(recording.key)) != recording.etag:
            return Look(recording, Verdict.NO_TRANSCRIPT)
        if recording in unfinished:
            return Look(recording, Verdict.UNDER_WAY)
        if not selection.changed:
            return Look(recording, Verdict.DUE, "has its transcript")
        found = differences(s3, place, recording, present)
        return Look(recording, Verdict.DUE if found else Verdict.UNCHANGED, "; ".join(found))

    counts: Counter[Verdict] = Counter()
    with worker_pool() as pool:
        for page in list_uploads(s3, stack, selection.prefix):
            for each in list(pool.map(look, filter(selection.takes, page))):
                counts[each.verdict] += 1
                if each.verdict is Verdict.DUE:
                    job = "" if dry_run else f": {submit(batch, stack, each.recording, force=True)}"
                    say(printable(f"{each.recording}{job}: {each.why}"))
    return counts


def report(counts: Counter[Verdict], *, dry_run: bool) -> str:
    """Return the counts, one on each line."""
    labels = {verdict: str(verdict) for verdict in Verdict}
    labels[Verdict.DUE] = "to submit" if dry_run else "submitted"
    rows = [("uploads", counts.total()), *((label, counts[verdict]) for verdict, label in labels.items())]
    return "\n".join(f"{label:<16}{count:>10,}" for label, count in rows)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options, which are the same for a stack in AWS and on this machine."""
    parser.add_argument(
        "prefix", nargs="?", metavar="PREFIX", help="only recordings whose keys begin so, such as calls/2026/"
    )
    parser.add_argument(
        "--newer-than",
        type=time_from,
        metavar="DATE",
        help="only recordings uploaded then or later, such as 2026-01-31 or 2026-01-31T12:00+01:00; else UTC",
    )
    parser.add_argument(
        "--changed",
        action="store_true",
        help="only where model, mode or formats differ from the stack's now",
    )
    parser.add_argument("--all", action="store_true", help="every recording that has its transcript")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be submitted")


def run(options: argparse.Namespace, s3: Any, batch: Any, stack: Stack) -> int:
    """Submit the recordings that ``options`` choose, print the counts and return 0.

    Raises:
        WrongUseError: nothing was chosen.
    """
    if not (options.prefix or options.newer_than or options.changed or options.all):
        raise WrongUseError("Choose what to transcribe again: PREFIX, --newer-than, --changed or --all.")
    selection = Selection(options.prefix or "", options.newer_than, options.changed)
    counts = redo(s3, batch, stack, selection, dry_run=options.dry_run)
    print(report(counts, dry_run=options.dry_run))
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    return run_on_stack(COMMAND, __doc__, add_options, run, arguments)


if __name__ == "__main__":
    start(main)
