"""One job: a recording becomes a transcript, or a failure report that says why it can't.

What can fail without the model fails before the model is used.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from transcriber.command_line import Command
from transcriber.errors import UnusableInputError, UsageError
from transcriber.model.load import load_model
from transcriber.outcomes import FAILURES_FOLDER, failure_report_name, result_name
from transcriber.recognition.pipeline import LoadModel, recognise
from transcriber.reporting import log
from transcriber.reporting.summary import TranscriptSummary
from transcriber.results.conditional_write import SupersededError
from transcriber.results.failure_report import FailureReport, remove_failure_report, write_failure_report
from transcriber.results.formats import TranscriptFormat, formats_named
from transcriber.results.write import write_results
from transcriber.settings import Settings
from transcriber.storage import Destination, Source, SourceVersion, open_destination, open_source
from transcriber.storage.scratch import scratch_file
from transcriber.transcript.segment_spool import SegmentSpool
from transcriber.transcript_head import describe


@dataclass(frozen=True)
class Job:
    """A recording, the folders of its results, and the settings."""

    source: Source
    destination: Destination
    reports: Destination
    """The folder of failure reports."""

    report_name: str
    formats: list[TranscriptFormat]
    settings: Settings


def run(command: Command, load: LoadModel = load_model) -> None:
    """Transcribe the recording that ``command`` names, unless there is a transcript of the same bytes.

    A recording that can never be transcribed gets a failure report. A transcript removes the failure report
    of an older upload. If the recording is replaced meanwhile, the job stops. No newer result is overwritten.

    Args:
        command: source, destination and settings.
        load: loads the model.

    Raises:
        UsageError: a result could have the name of another recording's failure report.
        TranscriberError: why there is no transcript, or not all formats of it.
    """
    started = time.monotonic()
    log.event("started", source=command.source, destination=command.destination)
    job = open_job(command)
    try:
        transcribe_or_report(job, load, started)
    except SupersededError:
        log.event(
            "superseded: the recording was replaced, and the newer one has a job of its own",
            uri=job.source.uri,
        )


def open_job(command: Command) -> Job:
    """Return the job of ``command``; nothing is read or written yet.

    Raises:
        UsageError: a URI is wrong, or a result could have the name of another recording's failure report.
    """
    settings = command.settings
    source = open_source(command.source)
    destination = open_destination(command.destination)
    reports = open_destination(settings.failures or f"{command.destination.rstrip('/')}/{FAILURES_FOLDER}")
    job = Job(
        source=source,
        destination=destination,
        reports=reports,
        report_name=failure_report_name(source.name, reports.fits),
        formats=formats_named(settings.formats, settings.csv_for_excel),
        settings=settings,
    )
    _require_separate_folders(job)
    return job


def transcribe_or_report(job: Job, load: LoadModel, started: float) -> None:
    """Write the transcript, or the failure report.

    Raises:
        SupersededError: the recording was replaced.
        TranscriberError: why there is no transcript, or not all formats of it.
    """
    version = None
    try:
        version = job.source.version()
        _check_result_names(job)
        job.destination.prepare()
        summary = None
        if job.settings.force or not _is_transcribed(job, version):
            _check_not_empty(job, version)
            summary = _transcribe(job, version, load, started)
        else:
            log.event("transcript exists", uri=_transcript_uri(job), etag=version.etag)
        # Where the transcript exists too: its job may have been killed before it removed the older report.
        remove_failure_report(job.report_name, job.source, version, job.reports)
        if summary:
            summary.log(job.settings.stack)
    except UnusableInputError as error:
        log.warn("unusable input", reason=str(error))
        report = FailureReport(
            source_uri=job.source.uri,
            source_etag=version.etag if version else None,
            reason=str(error),
            exit_code=error.exit_code,
            job_id=job.settings.job_id,
            attempt=job.settings.attempt,
            time=datetime.now(UTC),
        )
        write_failure_report(report, job.report_name, job.source, version, job.reports)
        log.event("reason written", uri=job.reports.uri(job.report_name))
        raise


def _transcribe(job: Job, version: SourceVersion, load: LoadModel, started: float) -> TranscriptSummary:
    """Recognise the recording and write its results."""
    source, settings = job.source, job.settings
    with scratch_file() as scratch:
        spool = SegmentSpool(scratch)
        recognition = recognise(source, version, settings, load, spool)
        head = describe(recognition, source, version, settings, time.monotonic() - started)
        write_results(head, spool, job.formats, source, version, job.destination)
    return TranscriptSummary(head, _transcript_uri(job), spool.segment_count, spool.word_count)


def _transcript_uri(job: Job) -> str:
    return job.destination.uri(result_name(job.source.name))


def _is_transcribed(job: Job, version: SourceVersion) -> bool:
    """Whether there is a transcript of these bytes."""
    return job.destination.look(result_name(job.source.name)).source_etag == version.etag


def _check_result_names(job: Job) -> None:
    """Refuse a recording whose name is too long for the names of its results."""
    for each in job.formats:
        if not job.destination.fits(job.source.name + each.suffix):
            raise UnusableInputError(
                f"{job.source.uri}: the name is too long for its result {each.suffix};"
                " allowed: 1,024 bytes with prefix and suffix in S3, 255 for a file name."
            )


def _check_not_empty(job: Job, version: SourceVersion) -> None:
    if version.size_bytes == 0:
        raise UnusableInputError(f"{job.source.uri}: empty, it has no bytes.")


def _require_separate_folders(job: Job) -> None:
    """Refuse a recording whose result could have the name of a failure report, or the other way round."""
    results, reports = job.destination.canonical_uri(""), job.reports.canonical_uri("")
    result, report = (
        job.destination.canonical_uri(job.source.name),
        job.reports.canonical_uri(job.report_name),
    )
    result_among_reports = reports.startswith(results) and result.startswith(reports)
    report_among_results = results.startswith(reports) and report.startswith(results)
    if result_among_reports or report_among_results:
        raise UsageError(
            f"{job.source.uri}: its results in {results} could overwrite failure reports in {reports};"
            " allowed: --failures outside the destination."
        )
