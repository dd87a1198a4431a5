"""Describe a transcript: its recording, its model and what the job took."""

from itertools import zip_longest

from transcriber.recognition.mode_run import Recognition
from transcriber.reporting.machine import instance_type
from transcriber.settings import Settings
from transcriber.storage import Source, SourceVersion
from transcriber.transcript.document import (
    ChannelInfo,
    LostPart,
    ModelInfo,
    Processing,
    SourceInfo,
    TrackInfo,
    TranscriptHead,
)


def describe(
    recognition: Recognition, source: Source, version: SourceVersion, settings: Settings, total_seconds: float
) -> TranscriptHead:
    """Return everything that stands in a transcript besides its segments.

    Args:
        recognition: what was found out about the recording.
        source: the recording.
        version: the version of it that was transcribed.
        settings: what the job was told.
        total_seconds: what the job took until now.
    """
    audio = recognition.audio
    channels = enumerate(zip_longest(settings.channel_names, recognition.copied_seconds or ()))
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
                for index, (name, seconds) in channels
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
