"""Recordings that carry a number as tones, and the stand-in recogniser that hears it as words.

So a transcript can be held against the very upload that it belongs to, at no cost for a speech model.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.model.precision import Precision
from transcriber.settings import Settings
from transcriber.transcript.words import WORD_START, Token

Samples = NDArray[np.float32]

WORDS = (
    *("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"),
    *("india", "juliett", "kilo", "lima", "mike", "november", "oscar", "papa"),
)
DIGITS = 6
"""Words a recording says, so that 16 ** 6 of them can be told apart."""

FRAME_SAMPLES = 1280
DIGIT_FRAMES = 4
DIGIT_SAMPLES = DIGIT_FRAMES * FRAME_SAMPLES
LOWEST_HERTZ = 500.0
STEP_HERTZ = 125.0
"""Between 500 and 2,375 Hz every codec keeps tones apart, whatever its bit rate."""

HEARD_SAMPLES = 1600
"""The middle of a tone: codecs may shift it by some hundred samples."""

QUIET_POWER = 1e-4
FREE_MEMORY_BYTES = 16_000_000_000
BATCH_SECONDS = 120.0


def sentence(number: int) -> str:
    """Return what a recording of ``number`` says."""
    return " ".join(WORDS[digit] for digit in _digits(number))


def sound(number: int, seconds: float) -> Samples:
    """Return ``number`` as tones, then silence up to ``seconds``; at least as long as its tones are."""
    times = np.arange(DIGIT_SAMPLES) / SAMPLE_RATE
    tones = [
        0.5 * np.sin(2 * np.pi * (LOWEST_HERTZ + STEP_HERTZ * digit) * times) for digit in _digits(number)
    ]
    silence = max(0, round(seconds * SAMPLE_RATE) - DIGITS * DIGIT_SAMPLES)
    return np.concatenate([*tones, np.zeros(silence)]).astype(np.float32)


def hear(samples: Block) -> list[int | None]:
    """Return the digit of each slot of ``samples``, None where it is quiet."""
    return [_digit(samples[start:]) for start in range(0, len(samples) - HEARD_SAMPLES, DIGIT_SAMPLES)]


class ToneModel:
    """Takes tones for words. What it calls encoded audio is the digit of each slot."""

    frame_samples = FRAME_SAMPLES
    frame_seconds = FRAME_SAMPLES / SAMPLE_RATE
    device = "cpu"
    precision: Precision = "fp32"

    def free_memory_bytes(self) -> int:
        """Return enough for any recording of a campaign."""
        return FREE_MEMORY_BYTES

    def within_free_memory(self) -> AbstractContextManager[None]:
        """Do nothing: what it takes is not worth counting."""
        return nullcontext()

    def attend_fully(self) -> None:
        """Do nothing: there is no attention."""

    def attend_locally(self, frames: int, /) -> None:
        """Do nothing: there is no attention."""

    def encode(self, samples: Block) -> list[int | None]:
        """Return the digit of each slot."""
        return hear(samples)

    def batch_seconds(self) -> float:
        """Return a few segments' worth."""
        return BATCH_SECONDS

    def encode_batch(self, pieces: Sequence[Block], /) -> list[list[int | None]]:
        """Return the digits of each piece."""
        return [hear(samples) for samples in pieces]

    def decode_batch(self, encoded: Sequence[list[int | None]], /) -> list[list[Token]]:
        """Return a token for each tone of each piece."""
        return [self.decode([piece])[0] for piece in encoded]

    def decode(self, encoded: Sequence[list[int | None]], state: Any = None, /) -> tuple[list[Token], Any]:
        """Return a token for each tone."""
        tokens = [
            Token(WORD_START + WORDS[digit], slot * DIGIT_FRAMES, DIGIT_FRAMES, 1.0)
            for slot, digit in enumerate(chain.from_iterable(encoded))
            if digit is not None
        ]
        return tokens, state


def load_tone_model(_settings: Settings) -> ToneModel:
    """Give the stand-in where a job asks for its model."""
    return ToneModel()


def _digits(number: int) -> list[int]:
    return [number >> 4 * place & 15 for place in reversed(range(DIGITS))]


def _digit(samples: Block) -> int | None:
    middle = samples[(DIGIT_SAMPLES - HEARD_SAMPLES) // 2 :][:HEARD_SAMPLES]
    if len(middle) < HEARD_SAMPLES or np.mean(middle**2) < QUIET_POWER:
        return None
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(HEARD_SAMPLES)))
    hertz = np.argmax(spectrum) * SAMPLE_RATE / HEARD_SAMPLES
    digit = round((hertz - LOWEST_HERTZ) / STEP_HERTZ)
    return digit if 0 <= digit < len(WORDS) else None
