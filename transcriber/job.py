"""One job: a recording becomes a transcript, or a failure report that says why it can't.

What can fail without the model fails before the model is used.
"""

import io
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from transcriber.command_line import Command
from transcriber.errors import UnusableInputError, UsageError
from transcriber.model.load import LoadModel, load_model
from transcriber.outcomes import FAILURES_FOLDER, failure_report_name, result_name
from transcriber.recognition.pipeline import recognise
from transcriber.reporting import log, metrics
from transcriber.results.conditional_write import SupersededError, claim_results
from transcriber.results.failure_report import CONTENT_TYPE, FailureReport
from transcriber.results.formats import TranscriptFormat, formats_named
from transcriber.results.write import write_results
from transcriber.settings import Settings
from transcriber.storage import Destination, Source, SourceVersion, open_destination, open_source
from transcriber.storage.scratch import scratch_file
from transcriber.transcript.document import TranscriptHead
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
    of an older upload. If the recording is replaced meanwhile, nothing is written.

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
        if not job.settings.force and _is_transcribed(job, version):
            uri = job.destination.uri(_transcript_name(job))
            log.event("transcript exists", uri=uri, etag=version.etag)
            # An attempt may have been killed after it wrote the transcript and before it did this.
            _remove_report(job, version)
            return
        _check_not_empty(job, version)
        _transcribe(job, version, load, started)
    except UnusableInputError as error:
        log.warn("unusable input", reason=str(error))
        _write_report(job, version, error)
        raise


def _transcribe(job: Job, version: SourceVersion, load: LoadModel, started: float) -> None:
    """Recognise the recording and write its results."""
    source, settings = job.source, job.settings
    with scratch_file() as scratch:
        spool = SegmentSpool(scratch)
        recognition = recognise(source, version, settings, load, spool)
        head = describe(recognition, source, version, settings, time.monotonic() - started)
        names = [source.name + each.suffix for each in job.formats]
        claim = claim_results(source, version, job.destination, names)
        write_results(head, spool, job.formats, source.name, claim)
    _remove_report(job, version)
    _log_result(head, spool, job.destination.uri(_transcript_name(job)))
    if settings.stack:
        log.event("transcript counted", **metrics.transcribed(settings.stack, head))


def _write_report(job: Job, version: SourceVersion | None, error: UnusableInputError) -> None:
    report = FailureReport(
        source_uri=job.source.uri,
        source_etag=version.etag if version else None,
        reason=str(error),
        exit_code=error.exit_code,
        job_id=job.settings.job_id,
        attempt=job.settings.attempt,
        time=datetime.now(UTC),
    )
    claim = claim_results(job.source, version, job.reports, [job.report_name])
    claim.write_while_current(job.report_name, io.BytesIO(report.to_json()), CONTENT_TYPE)
    log.event("reason written", uri=job.reports.uri(job.report_name))


def _remove_report(job: Job, version: SourceVersion) -> None:
    """Remove the failure report of an older upload, if there is one."""
    claim_results(job.source, version, job.reports, [job.report_name]).remove(job.report_name)


def _transcript_name(job: Job) -> str:
    return result_name(job.source.name)


def _is_transcribed(job: Job, version: SourceVersion) -> bool:
    """Whether there is a transcript of these bytes."""
    return job.destination.look(_transcript_name(job)).source_etag == version.etag


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
    results, reports = job.destination.place(""), job.reports.place("")
    result_is_report = reports.startswith(results) and job.destination.place(job.source.name).startswith(
        reports
    )
    report_is_result = results.startswith(reports) and job.reports.place(job.report_name).startswith(results)
    if result_is_report or report_is_result:
        raise UsageError(
            f"{job.source.uri}: its results in {results} could overwrite failure reports in {reports};"
            " allowed: --failures outside the destination."
        )


def _log_result(head: TranscriptHead, spool: SegmentSpool, uri: str) -> None:
    log.event(
        "transcript written" if spool.segment_count else "no speech: empty transcript written",
        uri=uri,
        words=spool.word_count,
        language=head.language.code,
        audio_seconds=head.source.duration_seconds,
        **head.processing.model_dump(exclude={"job_id", "attempt"}),
    )
