"""Recognise a recording: choose a mode, and step down to a cheaper mode if one can't go on."""

from contextlib import closing

from transcriber.errors import FaultError
from transcriber.recognition.decoding import Decoding, OpenRecording
from transcriber.recognition.language import LanguageDetector
from transcriber.recognition.mode_run import ModeRun, Recognition, geometry_of
from transcriber.recognition.modes import ModeLimitError, SpeechModel
from transcriber.recognition.modes.selection import choose_mode, step_down
from transcriber.reporting import log
from transcriber.settings import Settings
from transcriber.transcript.segment_spool import SegmentSpool


def recognise(
    decoding: Decoding,
    opened: OpenRecording,
    model: SpeechModel,
    detector: LanguageDetector,
    settings: Settings,
    spool: SegmentSpool,
) -> Recognition:
    """Recognise the speech of a recording.

    Segments go to ``spool`` as they are recognised. If memory runs out, or if the file is much longer than it
    declares, recognition starts again in a mode that needs less memory, even if the settings ask for another.

    Args:
        decoding: the recording.
        opened: the same, open. It is closed when this returns.
        model: the speech model.
        detector: tells languages.
        settings: what the job was told.
        spool: takes the segments.

    Raises:
        UnusableInputError: damaged.
        TranscriberError: the recording can't be read, or the model can't be run.
    """
    duration_seconds = opened.audio.properties.duration_seconds
    choice = choose_mode(settings.mode, duration_seconds, geometry_of(settings), split=decoding.split)
    while True:
        with closing(opened):
            run = ModeRun(choice, decoding, opened.audio, model, settings, detector, spool)
            try:
                return run.recognise(opened.blocks)
            except ModeLimitError as error:
                cause = str(error)
        cheaper = step_down(choice, cause)
        if cheaper is None:
            raise FaultError(
                f"{decoding.source.uri}: {model.device} has too little memory even for"
                f" {settings.chunk_seconds:g} s of audio at a time; --chunk-seconds can be less."
            )
        choice = cheaper
        log.warn("stepping down to a mode that needs less memory", mode=choice.mode, reason=choice.reason)
        spool.clear()
        opened = decoding.open()
