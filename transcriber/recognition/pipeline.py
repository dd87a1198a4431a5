"""Recognise a recording: decode it, choose a mode, and step down to a cheaper mode if one can't go on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from transcriber.errors import FaultError
from transcriber.options import SPLIT
from transcriber.recognition.decoding import Decoding
from transcriber.recognition.language import LanguageDetector
from transcriber.recognition.mode_run import ModeRun, Recognition, geometry_of
from transcriber.recognition.modes import ModeLimitError, SpeechModel
from transcriber.recognition.modes.selection import Choice, choose_mode, step_down
from transcriber.reporting import log
from transcriber.reporting.stopwatch import JobStopwatches, Stopwatch
from transcriber.settings import Settings
from transcriber.storage import Source, SourceVersion
from transcriber.transcript.segment_spool import SegmentSpool

LoadModel = Callable[[Settings], SpeechModel]


def recognise(
    source: Source, version: SourceVersion, settings: Settings, load: LoadModel, spool: SegmentSpool
) -> Recognition:
    """Recognise the speech of a recording. The recording is decoded while the model loads.

    Segments go to ``spool`` as they are recognised. If memory runs out, or if the file is much longer than it
    declares, recognition starts again in a mode that needs less memory, even if the settings ask for another.

    Raises:
        UnusableInputError: not audio or video, no audio track, damaged.
        TranscriberError: the recording can't be read, or the model can't be loaded or run.
    """
    stopwatches = JobStopwatches()
    decoding = Decoding(source, version, settings.channels == SPLIT, stopwatches)
    detector = LanguageDetector()
    choice: Choice | None = None
    log.event("loading model", model=settings.model)
    with ThreadPoolExecutor(1, thread_name_prefix="load") as loader:
        loading = loader.submit(_load, load, settings, stopwatches.loading)
        while True:
            with decoding.start() as (audio, blocks):
                if choice is None:
                    log.event("audio opened", uri=source.uri, **vars(audio.properties))
                    choice = choose_mode(
                        settings.mode,
                        audio.properties.duration_seconds,
                        geometry_of(settings),
                        split=decoding.split,
                    )
                model = loading.result()
                run = ModeRun(choice, decoding, audio, model, settings, detector, spool)
                try:
                    return run.recognise(blocks)
                except ModeLimitError as error:
                    cause = str(error)
            choice = step_down(choice, cause)
            if choice is None:
                raise FaultError(
                    f"{source.uri}: {model.device} has too little memory even for"
                    f" {settings.chunk_seconds:g} s of audio at a time; --chunk-seconds can be less."
                )
            log.warn("stepping down to a mode that needs less memory", mode=choice.mode, reason=choice.reason)
            spool.clear()


def _load(load: LoadModel, settings: Settings, stopwatch: Stopwatch) -> SpeechModel:
    with stopwatch.running():
        return load(settings)
