"""One job: look, recognise, write. What can fail before the model is loaded does."""

import time
from datetime import UTC, datetime
from itertools import zip_longest

from transcriber.command_line import Command
from transcriber.errors import UnusableInputError, UsageError
from transcriber.outcomes import FAILURES_FOLDER, failure_report_name
from transcriber.recognition.pipeline import LoadModel, Recognition, load_model, recognise
from transcriber.reporting import log, metrics
from transcriber.reporting.machine import instance_type
from transcriber.results.conditional_write import Placing, SupersededError
from transcriber.results.failure_report import Failure
from transcriber.results.formats import JSON, TranscriptFormat, formats_named
from transcriber.results.write import write_results
from transcriber.settings import Settings
from transcriber.storage import Destination, Source, SourceVersion, open_destination, open_source
from transcriber.storage.scratch import scratch_file
from transcriber.transcript.document import (
    ChannelInfo,
    LostPart,
    ModelInfo,
    Processing,
    SourceInfo,
    TrackInfo,
    TranscriptHead,
)
from transcriber.transcript.segment_spool import SegmentSpool


def run(command: Command, load: LoadModel = load_model) -> None:
    """Transcribe what ``command`` names, unless the transcript of these very bytes is there.

    A recording that can never be transcribed leaves an entry among the failures; a transcript takes away what
    an older upload left there. Of a recording that is replaced meanwhile nothing is written.

    Args:
        command: source, destination and settings.
        load: gives the model; called once the recording is known to be usable.

    Raises:
        UsageError: the entry of another recording could be at the place of a result.
        TranscriberError: why there is no transcript, or not all formats of it.
    """
    started = time.monotonic()
    settings = command.settings
    log.event("started", source=command.source, destination=command.destination)
    source = open_source(command.source)
    destination = open_destination(command.destination)
    failures = open_destination(settings.failures or f"{command.destination.rstrip('/')}/{FAILURES_FOLDER}")
    version = None
    entry = failure_report_name(source.name, failures.fits)
    _require_apart(source, destination, failures, entry)
    try:
        version = source.version()
        if not _is_due(source, version, destination, settings):
            # An attempt that was killed between transcript and failure left the older one's behind.
            Placing(source, version, failures, [entry]).remove(entry)
            return
        with scratch_file() as scratch:
            spool = SegmentSpool(scratch)
            recognition = recognise(source, version, settings, load, spool)
            head = _describe(recognition, source, version, settings, started)
            formats = _formats(settings)
            places = [source.name + each.suffix for each in formats]
            placing = Placing(source, version, destination, places)
            write_results(head, spool, formats, source.name, placing)
            Placing(source, version, failures, [entry]).remove(entry)
            _log_result(head, spool, destination.uri(source.name + JSON.suffix))
            if settings.stack:
                log.event("transcript counted", **metrics.transcribed(settings.stack, head))
    except UnusableInputError as error:
        log.warn("unusable input", reason=str(error))
        failure = Failure(
            source_uri=source.uri,
            source_etag=version.etag if version else None,
            reason=str(error),
            exit_code=error.exit_code,
            job_id=settings.job_id,
            attempt=settings.attempt,
            time=datetime.now(UTC),
        )
        try:
            failure.write(entry, Placing(source, version, failures, [entry]))
        except SupersededError:
            _log_superseded(source)
            return
        log.event("reason written", uri=failures.uri(entry))
        raise
    except SupersededError:
        _log_superseded(source)


def _require_apart(source: Source, destination: Destination, failures: Destination, entry: str) -> None:
    """Refuse a name under which results and entries of failures meet, where one place is in the other.

    Raises:
        UsageError: they meet.
    """
    results, entries = destination.place(""), failures.place("")
    meet = entries.startswith(results) and destination.place(source.name).startswith(entries)
    meet = meet or (results.startswith(entries) and failures.place(entry).startswith(results))
    if meet:
        raise UsageError(
            f"{source.uri}: its results in {results} could overwrite reasons of failures in {entries};"
            " allowed: --failures outside the destination."
        )


def _is_due(source: Source, version: SourceVersion, destination: Destination, settings: Settings) -> bool:
    """Whether there is work to do, after a look at all that can be seen without decoding.

    Raises:
        UnusableInputError: no bytes, or a name too long for its results.
        TranscriberError: the destination can't be used.
    """
    for each in _formats(settings):
        if not destination.fits(source.name + each.suffix):
            raise UnusableInputError(
                f"{source.uri}: the name is too long for its result {each.suffix};"
                " allowed: 1,024 bytes with prefix and suffix in S3, 255 for a file name."
            )
    destination.prepare()
    result = source.name + JSON.suffix
    if not settings.force and destination.look(result).source_etag == version.etag:
        log.event("transcript exists", uri=destination.uri(result), etag=version.etag)
        return False
    if version.size_bytes == 0:
        raise UnusableInputError(f"{source.uri}: empty, it has no bytes.")
    return True


def _log_superseded(source: Source) -> None:
    log.event(
        "superseded: the recording was replaced, and the newer one has a job of its own", uri=source.uri
    )


def _formats(settings: Settings) -> list[TranscriptFormat]:
    return formats_named(settings.formats, settings.csv_for_excel)


def _describe(
    recognition: Recognition, source: Source, version: SourceVersion, settings: Settings, started: float
) -> TranscriptHead:
    audio = recognition.audio
    total_seconds = time.monotonic() - started
    return TranscriptHead(
        source=SourceInfo(
            uri=source.uri,
            etag=version.etag,
            size_bytes=version.size_bytes,
            duration_seconds=round(recognition.audio_seconds, 3),
            container=audio.container,
            codec=audio.codec,
            sample_rate=audio.sample_rate,
            channels=audio.channels,
            damage=[LostPart(**vars(part)) for part in recognition.damage],
            tracks=[TrackInfo(**vars(track)) for track in recognition.tracks],
            split_channels=[
                ChannelInfo(index=index, name=name, copied_seconds=round(seconds, 3))
                for index, (name, seconds) in enumerate(
                    zip_longest(settings.channel_names, recognition.copied_seconds or ())
                )
                if seconds is not None
            ],
        ),
        left_out=recognition.left_out,
        model=ModelInfo(
            name=settings.model_label,
            revision=settings.pinned_revision,
            mode=recognition.mode,
            precision=recognition.model.precision,
            licence=settings.licence,
        ),
        language=recognition.language,
        processing=Processing(
            load_seconds=round(recognition.load_seconds, 3),
            decode_seconds=round(recognition.decode_seconds, 3),
            inference_seconds=round(recognition.inference_seconds, 3),
            total_seconds=round(total_seconds, 3),
            real_time_factor=round(total_seconds / recognition.audio_seconds, 6),
            device=recognition.model.device,
            instance_type=instance_type(),
            job_id=settings.job_id,
            attempt=settings.attempt,
        ),
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
