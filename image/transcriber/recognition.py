"""From a recording to its words, with what the transcript tells about both."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from transcriber import log
from transcriber.audio import AudioProperties, AudioReader
from transcriber.language import LanguageCensus, LanguageDetector
from transcriber.modes import MODES, SpeechModel, WindowSeconds
from transcriber.modes.selection import choose_mode
from transcriber.segments import segments_from_words
from transcriber.settings import Settings
from transcriber.spool import SegmentSpool
from transcriber.stopwatch import Stopwatch
from transcriber.storage import Source, SourceVersion
from transcriber.transcript import Language, Segment, text_of
from transcriber.words import Word

LoadModel = Callable[[Settings], SpeechModel]


@dataclass(frozen=True)
class Recognition:
    """In which language something was said, how that was found out and what it took."""

    language: Language
    audio: AudioProperties
    audio_seconds: float
    mode: str
    model: SpeechModel
    load_seconds: float
    decode_seconds: float
    inference_seconds: float


def load_model(settings: Settings) -> SpeechModel:
    """Import what infers and load the model of ``settings``.

    Raises:
        TranscriberError: there is no such model, or it can't be had now.
    """
    path = Path(settings.model)
    if not path.is_dir():
        from transcriber.hub import find_model_file

        path = find_model_file(settings.model, settings.pinned_revision)

    from transcriber.model import NemoModel

    return NemoModel.load(path, settings.device, settings.precision)


def recognise(
    source: Source, version: SourceVersion, settings: Settings, load: LoadModel, spool: SegmentSpool
) -> Recognition:
    """Recognise the speech of a recording; it is opened and found usable before the model is loaded.

    What was said goes to ``spool``, segment by segment as it is recognised.

    Raises:
        UnusableInputError: not audio or video, no audio track, damaged.
        TranscriberError: reading it, loading the model or running it failed.
    """
    loading, decoding, recognising = Stopwatch(), Stopwatch(), Stopwatch()
    with source.open(version) as file, AudioReader(file, source.uri) as audio:
        log.event("audio opened", uri=source.uri, **vars(audio.properties))
        mode = MODES[choose_mode(settings.mode, audio.properties.duration_seconds)]
        log.event("loading model", model=settings.model)
        with loading.running():
            model = load(settings)
            census = LanguageCensus(LanguageDetector())
        log.event("recognising", mode=mode.name, device=model.device, precision=model.precision)
        window = WindowSeconds(
            settings.chunk_seconds, settings.left_context_seconds, settings.right_context_seconds
        )
        with recognising.running():
            words = mode.recognise(decoding.within(audio.blocks()), model, window)
            _keep((word.within(audio.read_seconds) for word in words), spool, census)
    if audio.damaged_packets:
        log.warn("damaged packets were passed over", packets=audio.damaged_packets)
    return Recognition(
        language=census.result(),
        audio=audio.properties,
        audio_seconds=audio.read_seconds,
        mode=mode.name,
        model=model,
        load_seconds=loading.seconds,
        decode_seconds=decoding.seconds,
        inference_seconds=recognising.seconds - decoding.seconds,
    )


def _keep(words: Iterable[Word], spool: SegmentSpool, census: LanguageCensus) -> None:
    for number, group in enumerate(segments_from_words(words)):
        language = census.add(text_of(group))
        spool.append(Segment.from_words(number, group, language))
