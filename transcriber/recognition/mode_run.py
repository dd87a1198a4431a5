"""Recognise a recording in one mode: blocks of audio -> words -> segments in the spool."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from transcriber.audio.damage import Damage
from transcriber.audio.duplicate_channels import CopyFilter
from transcriber.audio.reader import SAMPLE_RATE, AudioProperties, AudioReader, Block
from transcriber.audio.tracks import Track
from transcriber.recognition.decoding import Decoding
from transcriber.recognition.language import LanguageCensus, LanguageDetector
from transcriber.recognition.modes import MODES, Geometry, SpeechModel, UndeclaredAudioError
from transcriber.recognition.modes.segmented import Segmented
from transcriber.recognition.modes.selection import Choice
from transcriber.recognition.split_channels import channel_segments, recognise_channels
from transcriber.reporting import log
from transcriber.reporting.progress import Stage, open_progress, report_progress
from transcriber.settings import Settings
from transcriber.transcript.document import Language, LeftOutSegment, Segment, mean_confidence, text_of
from transcriber.transcript.segment_spool import SegmentSpool
from transcriber.transcript.segments import segments_from_words
from transcriber.transcript.word_times import in_sequence
from transcriber.transcript.words import Word

SegmentWords = tuple[int | None, list[Word]]
"""The words of a segment, with the number of its channel; None for a mix of all channels."""


@dataclass(frozen=True)
class Recognition:
    """What was found out about a recording besides its segments, and how long it took."""

    language: Language
    audio: AudioProperties
    damage: list[Damage]
    tracks: list[Track]
    left_out: list[LeftOutSegment]
    copied_seconds: list[float] | None
    """How much of each channel repeats another one; None if the channels were mixed."""

    audio_seconds: float
    mode: str
    model: SpeechModel
    load_seconds: float
    decode_seconds: float
    inference_seconds: float


def geometry_of(settings: Settings) -> Geometry:
    """Return how much audio the modes see at once, by the settings."""
    return Geometry(
        chunk_seconds=settings.chunk_seconds,
        left_context_seconds=settings.left_context_seconds,
        right_context_seconds=settings.right_context_seconds,
        attention_frames=settings.attention_frames,
        max_speech_segment_seconds=settings.max_speech_segment_seconds,
    )


@dataclass(frozen=True)
class ModeRun:
    """One run over a recording, in the mode of ``choice``."""

    choice: Choice
    decoding: Decoding
    audio: AudioReader
    model: SpeechModel
    settings: Settings
    detector: LanguageDetector
    spool: SegmentSpool

    def recognise(self, blocks: Iterable[Block]) -> Recognition:
        """Recognise all of the audio and append its segments to the spool.

        Args:
            blocks: all blocks of the audio at 16 kHz, shape [samples], or [samples, channels] if split.

        Raises:
            UndeclaredAudioError: there is more audio than the mode was chosen for.
            DeviceMemoryError: the device has too little memory.
        """
        choice, model, audio, stopwatches = self.choice, self.model, self.audio, self.decoding.stopwatches
        log.event(
            "recognising",
            mode=choice.mode,
            reason=choice.reason,
            device=model.device,
            precision=model.precision,
        )
        # A mode that reads all audio first recognises nothing while it reads.
        stage: Stage = "recognising" if MODES[choice.mode].by_pieces else "decoding"
        copies = CopyFilter(audio.channel_count) if self.decoding.split else None
        census = LanguageCensus(self.detector)
        with (
            stopwatches.recognising.running(),
            open_progress(audio.properties.duration_seconds, stage) as progress,
            ExitStack() as scratch_files,
        ):
            decoded = report_progress(self._log_end(self._limit(blocks)), progress)
            if copies is not None:
                segments = self._split_segments(copies, decoded, scratch_files)
            else:
                segments = self._mixed_segments(decoded)
            left_out = self._keep(segments, census)
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
            load_seconds=stopwatches.loading.seconds,
            decode_seconds=stopwatches.decoding.seconds,
            inference_seconds=stopwatches.recognising.seconds - stopwatches.waiting.seconds,
        )

    def _limit(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield ``blocks`` as long as they are not more than the mode was chosen for.

        Raises:
            UndeclaredAudioError: they are more; the file declares a wrong duration.
        """
        limit_seconds = self.choice.limit_seconds
        read_seconds = 0.0
        for block in blocks:
            read_seconds += len(block) / SAMPLE_RATE
            if limit_seconds is not None and read_seconds > limit_seconds:
                raise UndeclaredAudioError(f"the file is longer than it declares, over {limit_seconds:.0f} s")
            yield block

    def _log_end(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield ``blocks`` and log that all audio is decoded."""
        yield from blocks
        log.event(
            "decoded",
            audio_seconds=round(self.audio.read_seconds, 3),
            decode_seconds=round(self.decoding.stopwatches.decoding.seconds, 3),
        )

    def _mixed_segments(self, blocks: Iterable[Block]) -> Iterator[SegmentWords]:
        """Yield the segments of a mix."""
        words = (word.within(self.audio.read_seconds) for word in self._words(blocks))
        for group in segments_from_words(in_sequence(words, lambda: self.audio.read_seconds)):
            yield None, group

    def _split_segments(
        self, copies: CopyFilter, blocks: Iterable[Block], scratch_files: ExitStack
    ) -> Iterator[SegmentWords]:
        """Yield the segments of all channels by time, without the audio that repeats another channel."""
        words = self._channel_words(copies.filtered(blocks))
        channels = self.audio.channel_count
        return channel_segments(words, channels, lambda: self.audio.read_seconds, scratch_files)

    def _channel_words(self, blocks: Iterable[Block]) -> Iterator[tuple[int, Word]]:
        """Yield the words of each channel.

        Segments of all channels are recognised in one pass. The other modes need a pass for each channel.
        """
        channels = self.audio.channel_count
        if self.choice.mode == Segmented.name:
            yield from recognise_channels(blocks, channels, self.model, geometry_of(self.settings))
            return
        for channel in range(channels):
            with ExitStack() as stack:
                if channel:
                    _audio, decoded_again = stack.enter_context(self.decoding.start())
                    blocks = CopyFilter(channels).filtered(decoded_again)
                for word in self._words(block[:, channel] for block in blocks):
                    yield channel, word

    def _words(self, blocks: Iterable[Block]) -> Iterator[Word]:
        """Yield the words of one channel or of a mix, in the order of their times."""
        return MODES[self.choice.mode].recognise(blocks, self.model, geometry_of(self.settings))

    def _keep(self, segments: Iterable[SegmentWords], census: LanguageCensus) -> list[LeftOutSegment]:
        """Append the segments to the spool; return those with less confidence than the settings ask for."""
        left_out = []
        for channel, words in segments:
            if mean_confidence(words) < self.settings.min_confidence:
                left_out.append(LeftOutSegment.from_words(words, channel))
                continue
            language = census.add(text_of(words))
            self.spool.append(Segment.from_words(self.spool.segment_count, words, language, channel))
        return left_out
