"""From a recording to its words, with what the transcript tells about both."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from transcriber.audio.damage import Damage
from transcriber.audio.duplicate_channels import CopyFilter
from transcriber.audio.prefetch import taken_ahead
from transcriber.audio.reader import SAMPLE_RATE, AudioProperties, AudioReader, Block
from transcriber.audio.tracks import Track
from transcriber.errors import FaultError
from transcriber.memory_limit import memory_limit
from transcriber.model.directory import read_weights_ahead
from transcriber.recognition.language import LanguageCensus, LanguageDetector
from transcriber.recognition.modes import MODES, DeviceMemoryError, Geometry, RecognitionMode, SpeechModel
from transcriber.recognition.modes.segmented import Segmented
from transcriber.recognition.modes.selection import Choice, choose_mode, step_down
from transcriber.recognition.split_channels import channel_segments, recognise_channels
from transcriber.reporting import log
from transcriber.reporting.progress import Stage, shown_progress, watched
from transcriber.reporting.stopwatch import Stopwatch
from transcriber.settings import SPLIT, Settings
from transcriber.storage import Source, SourceVersion
from transcriber.transcript.document import Language, LeftOutSegment, Segment, mean_confidence, text_of
from transcriber.transcript.segment_spool import SegmentSpool
from transcriber.transcript.segments import segments_from_words
from transcriber.transcript.word_times import in_sequence
from transcriber.transcript.words import Word

MOST_BLOCKS_AHEAD = 300
"""Five minutes of audio, 19 MB: what the decoder makes while the model loads or the device is busy."""

LoadModel = Callable[[Settings], SpeechModel]


@dataclass(frozen=True)
class Recognition:
    """In which language something was said, how that was found out and what it took."""

    language: Language
    audio: AudioProperties
    damage: list[Damage]
    tracks: list[Track]
    left_out: list[LeftOutSegment]
    copied_seconds: list[float] | None
    """How much of each channel repeats another one; None where they are mixed."""

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
    if path.is_dir():
        read_weights_ahead(path)
    else:
        from transcriber.model.hub import find_model_file

        path = find_model_file(settings.model, settings.pinned_revision)

    from transcriber.model.nemo_model import NemoModel

    with memory_limit:
        return NemoModel.load(path, settings.device, settings.precision)


def recognise(
    source: Source, version: SourceVersion, settings: Settings, load: LoadModel, spool: SegmentSpool
) -> Recognition:
    """Recognise the speech of a recording, which is opened and decoded while the model is loaded.

    What was said goes to ``spool``, segment by segment as it is recognised. Where memory runs out, a
    mode that needs less begins anew, also where another one was asked for.

    Raises:
        UnusableInputError: not audio or video, no audio track, damaged.
        TranscriberError: reading it, loading the model or running it failed.
    """
    watches = _Watches()
    job = _Job(source, version, settings, LanguageDetector(), spool, watches)
    log.event("loading model", model=settings.model)
    with ThreadPoolExecutor(1, thread_name_prefix="load") as loader:
        loading = loader.submit(_load, load, settings, watches)
        with job.decoding() as (audio, blocks):
            log.event("audio opened", uri=source.uri, **vars(audio.properties))
            split = settings.channels == SPLIT
            choice = choose_mode(settings.mode, audio.properties.duration_seconds, split=split)
            model = loading.result()
            try:
                return job.recognise(choice, audio, blocks, model)
            except DeviceMemoryError as error:
                cause = str(error)
    while lower := step_down(choice, cause):
        choice = lower
        log.warn("stepping down to a mode that needs less memory", mode=choice.mode, reason=choice.reason)
        spool.clear()
        with job.decoding() as (audio, blocks):
            try:
                return job.recognise(choice, audio, blocks, model)
            except DeviceMemoryError as error:
                cause = str(error)
    raise FaultError(
        f"{source.uri}: {model.device} has too little memory even for {settings.chunk_seconds:g} s of audio"
        " at a time; --chunk-seconds can be less."
    )


@dataclass(frozen=True)
class _Watches:
    loading: Stopwatch = field(default_factory=Stopwatch)
    decoding: Stopwatch = field(default_factory=Stopwatch)
    waiting: Stopwatch = field(default_factory=Stopwatch)
    recognising: Stopwatch = field(default_factory=Stopwatch)


def _load(load: LoadModel, settings: Settings, watches: _Watches) -> SpeechModel:
    with watches.loading.running():
        return load(settings)


@dataclass(frozen=True)
class _Job:
    """What stays the same whatever the mode."""

    source: Source
    version: SourceVersion
    settings: Settings
    detector: LanguageDetector
    spool: SegmentSpool
    watches: _Watches

    @contextmanager
    def decoding(self) -> Iterator[tuple[AudioReader, Iterator[Block]]]:
        """Give the opened recording and its blocks, which are decoded ahead of whoever asks for them."""
        watches = self.watches
        with (
            self.source.open(self.version) as file,
            AudioReader(file, self.source.uri, split=self.settings.channels == SPLIT) as audio,
            taken_ahead(watches.decoding.within(audio.blocks()), MOST_BLOCKS_AHEAD) as blocks,
        ):
            yield audio, watches.waiting.within(blocks)

    def recognise(
        self, choice: Choice, audio: AudioReader, blocks: Iterator[Block], model: SpeechModel
    ) -> Recognition:
        """Recognise all of ``audio``, which is in ``blocks``, in the mode of ``choice``.

        Raises:
            DeviceMemoryError: there is more audio than the choice is good for, or too little memory.
        """
        log.event(
            "recognising",
            mode=choice.mode,
            reason=choice.reason,
            device=model.device,
            precision=model.precision,
        )
        census = LanguageCensus(self.detector)
        mode = MODES[choice.mode]
        # Where all is read before any is recognised, reading tells nothing about how far recognition is.
        stage: Stage = "recognising" if mode.by_pieces else "decoding"
        watches = self.watches
        with (
            watches.recognising.running(),
            shown_progress(audio.properties.duration_seconds, stage) as progress,
            ExitStack() as stack,
        ):
            limited = _limited(blocks, choice.limit_seconds)
            shown = watched(_logged(limited, audio, watches.decoding), progress)
            groups: Iterator[tuple[int | None, list[Word]]]
            if self.settings.channels == SPLIT:
                copies = CopyFilter(audio.channel_count)
                words = self._channel_words(mode, audio, copies.filtered(shown), model)
                groups = channel_segments(words, audio.channel_count, lambda: audio.read_seconds, stack)
            else:
                copies = None
                groups = _groups(mode.recognise(shown, model, _geometry(self.settings)), audio)
            left_out = _keep(groups, self.spool, census, self.settings.min_confidence)
        damage = audio.damage.entries
        if damage:
            log.warn(
                "parts of the recording are lost", parts=len(damage), lost_seconds=audio.damage.lost_seconds
            )
        if left_out:
            log.event("segments of little confidence left out", segments=len(left_out))
        return Recognition(
            language=census.result(),
            audio=audio.properties,
            damage=damage,
            tracks=audio.tracks,
            left_out=left_out,
            copied_seconds=None if copies is None else copies.copied_seconds,
            audio_seconds=audio.read_seconds,
            mode=choice.mode,
            model=model,
            load_seconds=watches.loading.seconds,
            decode_seconds=watches.decoding.seconds,
            inference_seconds=watches.recognising.seconds - watches.waiting.seconds,
        )

    def _channel_words(
        self, mode: RecognitionMode, audio: AudioReader, blocks: Iterable[Block], model: SpeechModel
    ) -> Iterator[tuple[int, Word]]:
        """Yield the words of each channel: segments of all in one pass, in other modes in a pass for each."""
        channels = audio.channel_count
        if mode.name == Segmented.name:
            yield from recognise_channels(blocks, channels, model)
            return
        for channel in range(channels):
            with ExitStack() as stack:
                if channel:
                    _audio, again = stack.enter_context(self.decoding())
                    blocks = CopyFilter(channels).filtered(again)
                column = (block[:, channel] for block in blocks)
                for word in mode.recognise(column, model, _geometry(self.settings)):
                    yield channel, word


def _groups(words: Iterable[Word], audio: AudioReader) -> Iterator[tuple[int | None, list[Word]]]:
    """Yield the words of each segment of a mix."""
    inside = (word.within(audio.read_seconds) for word in words)
    for group in segments_from_words(in_sequence(inside, lambda: audio.read_seconds)):
        yield None, group


def _limited(blocks: Iterable[Block], limit_seconds: float | None) -> Iterator[Block]:
    """Yield ``blocks`` as long as they are no more than the file said.

    Raises:
        DeviceMemoryError: they are, and so more than the mode was chosen for.
    """
    read_seconds = 0.0
    for block in blocks:
        read_seconds += len(block) / SAMPLE_RATE
        if limit_seconds is not None and read_seconds > limit_seconds:
            raise DeviceMemoryError(f"the file is longer than it says, over {limit_seconds:.0f} s")
        yield block


def _logged(blocks: Iterable[Block], audio: AudioReader, decoding: Stopwatch) -> Iterator[Block]:
    """Yield ``blocks`` and log the end of them."""
    yield from blocks
    log.event(
        "decoded", audio_seconds=round(audio.read_seconds, 3), decode_seconds=round(decoding.seconds, 3)
    )


def _geometry(settings: Settings) -> Geometry:
    return Geometry(
        settings.chunk_seconds,
        settings.left_context_seconds,
        settings.right_context_seconds,
        settings.attention_frames,
    )


def _keep(
    groups: Iterable[tuple[int | None, list[Word]]],
    spool: SegmentSpool,
    census: LanguageCensus,
    min_confidence: float,
) -> list[LeftOutSegment]:
    """Put segments into ``spool`` and return those that are less certain than ``min_confidence``."""
    left_out = []
    for channel, group in groups:
        if mean_confidence(group) < min_confidence:
            left_out.append(LeftOutSegment.from_words(group, channel))
            continue
        language = census.add(text_of(group))
        spool.append(Segment.from_words(spool.segment_count, group, language, channel))
    return left_out
