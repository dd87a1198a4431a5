"""One job: each of its recordings becomes a transcript, or has a reason why it can't.

While one recording is recognised, the next ones are looked up, opened and decoded, and the results of those
before it are written. What can fail without the model fails before the model is used.
"""

import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from transcriber.command_line import Command
from transcriber.errors import UsageError
from transcriber.job_outcome import JobOutcome, OutcomeOfList, OutcomeOfOne, noted
from transcriber.manifest import ListedRecording, read_manifest
from transcriber.model.load import load_model
from transcriber.read_ahead import opened_ahead
from transcriber.recognition.loading import Loader, LoadModel
from transcriber.reporting import log
from transcriber.steps import Job, Task, create_task, finish, open_if_due, open_job, recognise_task
from transcriber.storage import Storage

OPENERS = 8
"""Each recording takes three requests and more before it is recognised. An answer takes 25 ms."""

FINISHERS = 8
"""Each recording takes eleven requests to finish."""

MOST_UNFINISHED = 16
"""Transcripts that wait to be written, in scratch files."""


def run(command: Command, load: LoadModel = load_model) -> None:
    """Transcribe the recordings that ``command`` names, unless there are transcripts of the same bytes.

    A transcript removes the failure report of an older upload. No newer result is overwritten if a recording
    is replaced meanwhile. A job of one recording that can never be transcribed writes a failure report; a
    list of recordings leaves such recordings over.

    Args:
        command: sources, destination and settings.
        load: loads the model.

    Raises:
        UsageError: a result could have the name of another one, or of a failure report.
        LeftOverError: the list went through, and some of it needs jobs of its own.
        TranscriberError: why there is no transcript, or not all formats of it, or what ended the list.
    """
    started = time.monotonic()
    if command.is_list:
        log.event("started", destination=command.destination)
    else:
        log.event("started", source=command.sources[0], destination=command.destination)
    storage = Storage()
    job = open_job(command, storage)
    tasks = [create_task(job, each, storage) for each in _listed(command, storage)]
    if command.is_list:
        log.event("list read", recordings=len(tasks))
        _require_different_results(tasks)
        job.prepare()
    outcome: JobOutcome = OutcomeOfList() if command.is_list else OutcomeOfOne(job)
    with closing(Loader(load, job.settings)) as loader:
        _transcribe(job, tasks, loader, outcome, started)
    outcome.end()


def _transcribe(job: Job, tasks: Sequence[Task], loader: Loader, outcome: JobOutcome, started: float) -> None:
    """Transcribe ``tasks`` in their order, and give the outcome of each to ``outcome``."""
    openers = ThreadPoolExecutor(OPENERS, thread_name_prefix="open")
    finishers = ThreadPoolExecutor(FINISHERS, thread_name_prefix="finish")
    unfinished: deque[tuple[Task, Future[None]]] = deque()
    try:
        with opened_ahead(tasks, lambda task: openers.submit(open_if_due, job, task, loader)) as ahead:
            for task, opening in ahead:
                opened = None
                with noted(outcome, task):
                    opened = opening.result()
                    if opened is None:
                        outcome.done()
                if opened is None:
                    continue
                with log.about(task.uri), closing(opened):
                    log.event("audio opened", uri=task.source.uri, **vars(opened.audio.properties))
                    # An error of the model is one of the job, not of this recording.
                    loader.model()
                    with noted(outcome, task):
                        recognised = recognise_task(job, task, opened, loader, started)
                        started = time.monotonic()
                        unfinished.append((task, finishers.submit(finish, job, task, recognised)))
                _note_finished(unfinished, outcome, MOST_UNFINISHED)
        _note_finished(unfinished, outcome, 0)
    finally:
        # Each result is written in one step. After an error, nobody waits for those that are not written.
        openers.shutdown(wait=False, cancel_futures=True)
        finishers.shutdown(wait=False, cancel_futures=True)


def _note_finished(unfinished: deque[tuple[Task, Future[None]]], outcome: JobOutcome, most: int) -> None:
    """Give the outcome of finished tasks to ``outcome``; wait until at most ``most`` are unfinished."""
    while unfinished and (len(unfinished) > most or unfinished[0][1].done()):
        task, finishing = unfinished.popleft()
        with noted(outcome, task):
            finishing.result()
            outcome.done()


def _listed(command: Command, storage: Storage) -> list[ListedRecording]:
    """Return what is asked for.

    Raises:
        TranscriberError: the manifest can't be read.
    """
    if command.manifest is not None:
        return read_manifest(command.manifest, storage)
    return [ListedRecording(uri) for uri in dict.fromkeys(command.sources)]


def _require_different_results(tasks: Sequence[Task]) -> None:
    """Refuse recordings of one name in different folders, as their results would have one name too."""
    known: dict[str, str] = {}
    for task in tasks:
        other = known.setdefault(task.source.name, task.source.uri)
        if other != task.source.uri:
            raise UsageError(
                f"{other} and {task.source.uri}: their results would have the same names; allowed: each name"
                " once."
            )
