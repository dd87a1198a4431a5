"""Work through a source: look for outcomes, submit what is due, keep the position."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from operations.backfill.estimate import Amounts
from operations.backfill.pace import Pace
from operations.backfill.progress import Progress
from operations.backfill.sources import Found, Selection, Source
from operations.backfill.submitters import Submitter, has_room
from operations.backfill.verdicts import Looker, Verdict
from operations.terminal import printable

KEEP_EVERY = 500
"""The position is written down after this many submitted recordings. A run that is killed repeats fewer."""


@dataclass
class Counts:
    """What a run has done."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    ignored: int = 0
    """Objects that are not recordings, or not selected."""

    jobs: int = 0
    is_complete: bool = False
    """Whether the run came to the end of its source."""


def measure(source: Source, selection: Selection, after: str, limit: int | None) -> Amounts:
    """Count the selected recordings behind a position by suffix, up to ``limit``, in constant memory."""
    amounts = Amounts()
    for page in source.pages(after):
        for found in filter(selection.takes, page):
            if limit is not None and amounts.files.total() >= limit:
                return amounts
            amounts.add(found.recording.key, found.size)
    return amounts


def preview(source: Source, selection: Selection, looker: Looker, after: str, limit: int | None) -> Counts:
    """Count the recordings by verdict, and submit nothing."""
    counts = Counts()
    for _found, _position in _due(source, selection, looker, after, counts):
        if limit is not None and counts.verdicts[Verdict.DUE] >= limit:
            return counts
    counts.is_complete = True
    return counts


def submit_all(
    source: Source,
    selection: Selection,
    looker: Looker,
    submitter: Submitter,
    pace: Pace,
    progress: Progress,
    *,
    after: str,
    limit: int | None,
    say: Callable[[str], object],
) -> Counts:
    """Submit the recordings that are due, in groups, and keep the position. It needs constant memory.

    The kept position is always that of recordings that have a job or need none. So a run that is stopped at
    any time leaves none out.

    Args:
        source: lists the objects.
        selection: which of them are recordings to transcribe.
        looker: tells which of these are due.
        submitter: makes jobs of groups.
        pace: waits before each job.
        progress: keeps the position.
        after: the position to begin at.
        limit: how many recordings are submitted at most.
        say: called with a line after each job of several recordings.

    Raises:
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS refused or did not answer.
    """
    counts = Counts()
    group: list[Found] = []
    done, kept, since_kept = after, after, 0

    def submit_group() -> None:
        nonlocal done, since_kept
        pace.wait()
        job = submitter.submit(group)
        counts.jobs += 1
        done, since_kept = group[-1].position, since_kept + len(group)
        if len(group) > 1:
            say(printable(f"{len(group)} recordings up to {group[-1].recording}: {job}"))
        group.clear()

    def keep() -> None:
        nonlocal kept, since_kept
        if done != kept:
            progress.keep(done)
            kept, since_kept = done, 0

    try:
        for found, position in _due(source, selection, looker, after, counts):
            if found is None:
                # The end of a page. Nothing before it waits for a job, unless the group is not empty.
                done = done if group else position
                continue
            if not has_room(group, found, submitter):
                submit_group()
            group.append(found)
            if limit is not None and counts.verdicts[Verdict.DUE] >= limit:
                submit_group()
                return counts
            if since_kept >= KEEP_EVERY:
                keep()
        if group:
            submit_group()
        counts.is_complete = True
    finally:
        keep()
    progress.remove()
    return counts


def _due(
    source: Source, selection: Selection, looker: Looker, after: str, counts: Counts
) -> Iterator[tuple[Found | None, str]]:
    """Yield each recording that is due with its position, and None with the position at the end of a page."""
    for page in source.pages(after):
        selected = [each for each in page if selection.takes(each)]
        counts.ignored += len(page) - len(selected)
        for found, verdict in zip(selected, looker.look(selected), strict=True):
            counts.verdicts[verdict] += 1
            if verdict is Verdict.DUE:
                yield found, found.position
        yield None, page[-1].position
