"""The steps of a recording: look for its transcript, open it, recognise it, write its results."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from transcriber.command_line import Command
from transcriber.errors import UnusableInputError, UsageError
from transcriber.manifest import ListedRecording
from transcriber.options import SPLIT
from transcriber.outcomes import FAILURES_FOLDER, failure_report_name, result_name
from transcriber.recognition.decoding import Decoding, OpenRecording
from transcriber.recognition.loading import Loader
from transcriber.recognition.pipeline import recognise
from transcriber.reporting import log
from transcriber.reporting.stopwatch import JobStopwatches
from transcriber.reporting.summary import TranscriptSummary
from transcriber.results.conditional_write import SupersededError
from transcriber.results.failure_report import remove_failure_report
from transcriber.results.formats import TranscriptFormat, formats_named
from transcriber.results.write import write_results
from transcriber.settings import Settings
from transcriber.storage import Destination, Source, SourceVersion, Storage
from transcriber.storage.scratch import scratch_file
from transcriber.transcript.document import TranscriptHead
from transcriber.transcript.segment_spool import SegmentSpool
from transcriber.transcript_head import describe


class Once:
    """Calls a function once, whichever thread comes first. The others wait for it."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self._lock = threading.Lock()
        self._done = False

    def __call__(self) -> None:
        """Call the function, unless it was called and raised nothing."""
        with self._lock:
            if not self._done:
                self._action()
                self._done = True


@dataclass(frozen=True)
class Job:
    """What all recordings of a job share: the folders of their results, and the settings."""

    destination: Destination
    prepare: Once
    """Checks the destination."""

    report_folder: Destination
    """The folder of failure reports."""

    formats: list[TranscriptFormat]
    settings: Settings

    def transcript_uri(self, source: Source) -> str:
        """Return the URI of the JSON transcript."""
        return self.destination.uri(result_name(source.name))


@dataclass
class Task:
    """One recording of a job, and what is known of it so far."""

    uri: str
    """As it was asked for."""

    source: Source
    report_name: str
    etag: str | None
    """The version that is asked for; None for the version that is stored now."""

    version: SourceVersion | None = None
    """What is stored, once somebody looked."""

    decoding: Decoding | None = None
    """Once it is opened."""


@dataclass(frozen=True)
class Recognised:
    """A transcript that is not written yet."""

    head: TranscriptHead
    spool: SegmentSpool
    resources: ExitStack
    """Closes the scratch file of the spool."""


def open_job(command: Command, storage: Storage) -> Job:
    """Return the job of ``command``; nothing is read or written yet.

    Raises:
        UsageError: a URI is wrong.
    """
    settings = command.settings
    destination = storage.destination(command.destination)
    return Job(
        destination=destination,
        prepare=Once(destination.prepare),
        report_folder=storage.destination(
            settings.failures or f"{command.destination.rstrip('/')}/{FAILURES_FOLDER}"
        ),
        formats=formats_named(settings.formats, settings.csv_for_excel),
        settings=settings,
    )


def create_task(job: Job, listed: ListedRecording, storage: Storage) -> Task:
    """Return the task for a recording; nothing is read yet.

    Raises:
        UsageError: a URI is wrong, or a result could have the name of another recording's failure report.
    """
    source = storage.source(listed.uri)
    task = Task(listed.uri, source, failure_report_name(source.name, job.report_folder.fits), listed.etag)
    _require_separate_folders(job, task)
    return task


def open_if_due(job: Job, task: Task, loader: Loader) -> OpenRecording | None:
    """Open a recording, unless there is a transcript of it. The first one to be opened starts ``loader``.

    Returns:
        The open recording, or None if there is nothing to do for it.

    Raises:
        SupersededError: the recording was replaced by another version than the one asked for.
        UsageError: the destination can't be used.
        TranscriberError: the recording can't be opened, or the destination can't be read.
    """
    with log.about(task.uri):
        version = task.version = task.source.version()
        if task.etag is not None and task.etag != version.etag:
            raise SupersededError
        _check_result_names(job, task.source)
        job.prepare()
        if not job.settings.force and _is_transcribed(job, task.source, version):
            log.event("transcript exists", uri=job.transcript_uri(task.source), etag=version.etag)
            # The job that wrote it may have been killed before it removed the report of an older upload.
            _remove_report(job, task, version)
            return None
        if version.size_bytes == 0:
            raise UnusableInputError(f"{task.source.uri}: empty, it has no bytes.")
        loader.start()
        task.decoding = Decoding(task.source, version, job.settings.channels == SPLIT, JobStopwatches())
        return task.decoding.open()


def recognise_task(job: Job, task: Task, opened: OpenRecording, loader: Loader, since: float) -> Recognised:
    """Recognise an open recording, which is closed afterwards.

    Args:
        job: the job.
        task: the recording.
        opened: the same, open.
        loader: has loaded the model.
        since: when the job was done with the recording before this one, by ``time.monotonic``.

    Raises:
        TranscriberError: as `recognise` does.
    """
    assert task.decoding
    assert task.version
    with ExitStack() as stack:
        spool = SegmentSpool(stack.enter_context(scratch_file()))
        recognition = recognise(task.decoding, opened, loader.model(), loader.detector(), job.settings, spool)
        head = describe(
            recognition,
            task.source,
            task.version,
            job.settings,
            load_seconds=loader.take_seconds(),
            total_seconds=time.monotonic() - since,
        )
        return Recognised(head, spool, stack.pop_all())


def finish(job: Job, task: Task, recognised: Recognised) -> None:
    """Write the results, remove the failure report of an older upload, and log it.

    Raises:
        SupersededError: the recording was replaced.
        TranscriberError: not all formats are written.
    """
    assert task.version
    head, spool, source = recognised.head, recognised.spool, task.source
    with log.about(task.uri), recognised.resources:
        write_results(head, spool, job.formats, source, task.version, job.destination)
        remove_failure_report(task.report_name, source, task.version, job.report_folder)
        summary = TranscriptSummary(head, job.transcript_uri(source), spool.segment_count, spool.word_count)
        summary.log(job.settings.stack)


def _remove_report(job: Job, task: Task, version: SourceVersion) -> None:
    if job.report_folder.look(task.report_name).etag is not None:
        remove_failure_report(task.report_name, task.source, version, job.report_folder)


def _is_transcribed(job: Job, source: Source, version: SourceVersion) -> bool:
    """Whether there is a transcript of these bytes."""
    return job.destination.look(result_name(source.name)).source_etag == version.etag


def _check_result_names(job: Job, source: Source) -> None:
    """Refuse a recording whose name is too long for the names of its results."""
    for each in job.formats:
        if not job.destination.fits(source.name + each.suffix):
            raise UnusableInputError(
                f"{source.uri}: the name is too long for its result {each.suffix};"
                " allowed: 1,024 bytes with prefix and suffix in S3, 255 for a file name."
            )


def _require_separate_folders(job: Job, task: Task) -> None:
    """Refuse a recording whose result could have the name of a failure report, or the other way round."""
    results, reports = job.destination.canonical_uri(""), job.report_folder.canonical_uri("")
    result = job.destination.canonical_uri(task.source.name)
    report = job.report_folder.canonical_uri(task.report_name)
    result_among_reports = reports.startswith(results) and result.startswith(reports)
    report_among_results = results.startswith(reports) and report.startswith(results)
    if result_among_reports or report_among_results:
        raise UsageError(
            f"{task.source.uri}: its results in {results} could overwrite failure reports in {reports};"
            " allowed: --failures outside the destination."
        )
