"""Recognise audio window by window at constant memory, whatever its duration."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from transcriber.audio import Block
from transcriber.modes.base import Geometry, SpeechModel
from transcriber.modes.windows import WindowSamples, windows
from transcriber.words import Token, Word, words_from_tokens


class BufferedStreaming:
    """Overlapping windows, each encoded with context on both sides; the decoder goes on where it was.

    After NeMo's ``speech_to_text_streaming_infer_rnnt.py``.
    """

    name: ClassVar[str] = "streaming"
    by_pieces: ClassVar[bool] = True

    def recognise(self, blocks: Iterable[Block], model: SpeechModel, geometry: Geometry, /) -> Iterator[Word]:
        """Yield each word as soon as the window with its end is recognised."""
        model.attend_fully()
        samples = WindowSamples.from_seconds(geometry, model.frame_samples)
        yield from words_from_tokens(_tokens(blocks, model, samples), model.frame_seconds)


def _tokens(blocks: Iterable[Block], model: SpeechModel, geometry: WindowSamples) -> Iterator[Token]:
    state = None
    for window in windows(blocks, geometry):
        encoded = model.encode(window.samples)
        first = window.left // geometry.frame
        end = None if window.is_last else first + window.chunk // geometry.frame
        tokens, state = model.decode(encoded[:, first:end], state)
        yield from tokens
