"""Recognise each channel of a recording separately: in one pass, in shared batches, without silence."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from heapq import merge
from itertools import tee

from transcriber.audio.channel_outputs import Sound
from transcriber.audio.resampling import SAMPLE_RATE, Block
from transcriber.recognition.loudness import raised
from transcriber.recognition.modes import Geometry, SpeechModel
from transcriber.recognition.modes.batches import batches, compute_in_halves
from transcriber.recognition.pauses import Cut, Cutting
from transcriber.recognition.speech_detection import cut_speech
from transcriber.storage.scratch import scratch_file
from transcriber.transcript.segments import segments_from_words
from transcriber.transcript.word_spool import WordSpool
from transcriber.transcript.word_times import in_sequence
from transcriber.transcript.words import Word, words_from_tokens


@dataclass(frozen=True)
class ChannelCut:
    """A segment of a channel."""

    channel: int
    cut: Cut


def recognise_channels(
    blocks: Iterable[Sound], channels: int, model: SpeechModel, geometry: Geometry
) -> Iterator[tuple[int, Word]]:
    """Yield pairs of channel and word. The words of one channel come in order.

    Args:
        blocks: consecutive blocks of sound at 16 kHz, shape [samples, channels].
        channels: the number of channels.
        model: the model.
        geometry: how long a segment may be.

    Raises:
        DeviceMemoryError: the device has too little memory.
    """
    model.attend_fully()
    most_samples = int(model.batch_seconds() * SAMPLE_RATE)
    cutting = Cutting(geometry.max_speech_segment_seconds)
    streams = tee(blocks, channels)
    cuts = merge(
        *(_cuts(stream, channel, cutting) for channel, stream in enumerate(streams)),
        key=lambda each: each.cut.start,
    )
    spoken = (each for each in cuts if len(each.cut.samples))
    for group in batches(spoken, lambda each: len(each.cut.samples), most_samples):
        encoded = compute_in_halves(model.encode_batch, [raised(each.cut.samples) for each in group])
        for each, tokens in zip(group, compute_in_halves(model.decode_batch, encoded), strict=True):
            start = each.cut.start / SAMPLE_RATE
            for word in words_from_tokens(tokens, model.frame_seconds):
                yield each.channel, word.shifted(start)


def channel_segments(
    words: Iterable[tuple[int, Word]],
    channels: int,
    audio_seconds: Callable[[], float],
    stack: ExitStack,
) -> Iterator[tuple[int | None, list[Word]]]:
    """Yield the channel and the words of each segment, by time. This reads all ``words`` first.

    Args:
        words: pairs of channel and word; the words of one channel come in order.
        channels: the number of channels.
        audio_seconds: returns the duration of the recording, after the last word.
        stack: closes the scratch files that hold the words.
    """
    spools = [WordSpool(stack.enter_context(scratch_file())) for _ in range(channels)]
    for channel, word in words:
        spools[channel].append(word)
    seconds = audio_seconds()
    yield from merge(
        *(_segments(spool, channel, seconds) for channel, spool in enumerate(spools)),
        key=lambda each: (each[1][0].start, each[0]),
    )


def _segments(words: Iterable[Word], channel: int, seconds: float) -> Iterator[tuple[int, list[Word]]]:
    inside = (word.within(seconds) for word in words)
    for group in segments_from_words(in_sequence(inside, lambda: seconds)):
        yield channel, group


def _cuts(blocks: Iterable[Sound], channel: int, cutting: Cutting) -> Iterator[ChannelCut]:
    column: Iterator[Block] = (block[:, channel] for block in blocks)
    for cut in cut_speech(column, cutting):
        yield ChannelCut(channel, cut)
