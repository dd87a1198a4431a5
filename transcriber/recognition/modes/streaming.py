"""Recognise audio window by window, in constant memory for any duration."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.recognition.loudness import raised
from transcriber.recognition.modes.base import Geometry, SpeechModel
from transcriber.recognition.modes.batches import batches, compute_in_halves
from transcriber.recognition.modes.windows import Window, WindowSamples, windows
from transcriber.transcript.words import Token, Word, words_from_tokens


class BufferedStreaming:
    """Encodes overlapping windows with context on both sides. The decoder keeps its state between windows.

    This follows NeMo's ``speech_to_text_streaming_infer_rnnt.py``. Several windows are encoded in a batch and
    decoded in one run. This changes no token, because each window is normalised separately.
    """

    name: ClassVar[str] = "streaming"
    by_pieces: ClassVar[bool] = True

    def recognise(self, blocks: Iterable[Block], model: SpeechModel, geometry: Geometry, /) -> Iterator[Word]:
        """Yield each word as soon as the batch with its end is recognised."""
        model.attend_fully()
        samples = WindowSamples.from_seconds(geometry, model.frame_samples)
        yield from words_from_tokens(_tokens(blocks, model, samples), model.frame_seconds)


def _tokens(blocks: Iterable[Block], model: SpeechModel, geometry: WindowSamples) -> Iterator[Token]:
    state = None
    most_samples = int(model.batch_seconds() * SAMPLE_RATE)
    for group in batches(windows(blocks, geometry), lambda window: len(window.samples), most_samples):
        encoded = compute_in_halves(model.encode_batch, [raised(window.samples) for window in group])
        own = [_own_frames(*each, geometry) for each in zip(group, encoded, strict=True)]
        tokens, state = model.decode(own, state)
        yield from tokens


def _own_frames(window: Window, encoded: Any, geometry: WindowSamples) -> Any:
    """Return the frames of the window's chunk."""
    first = window.left // geometry.frame
    end = None if window.is_last else first + window.chunk // geometry.frame
    return encoded[:, first:end]
