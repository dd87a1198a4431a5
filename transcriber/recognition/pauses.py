"""Find pauses in speech, and cut audio into segments there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.resampling import SAMPLE_RATE, Block, gathered

FRAME_SAMPLES = SAMPLE_RATE // 50
"""20 ms, which is shorter than any sound of speech."""

QUIETEST_DECIBELS = -60.0
"""The lowest noise floor, below full scale.

Without it, a faint echo next to digital silence would be speech.
"""

QUIETEST_BELOW_LOUDEST = 40.0
"""If the whole recording is quiet, the noise floor may be this many decibels below its loudest frame."""

LEAST_POWER = 1e-16
"""Of full scale, for the logarithm: below the last bit of 24."""

Scores = NDArray[np.float64]
"""For each frame of `FRAME_SAMPLES`, how much it resembles speech. A frame above 0 counts as speech."""


class PauseDetector(Protocol):
    """Says which frames of the audio are speech."""

    def scores(self, samples: Block, /) -> Scores:
        """Return the scores of the complete frames of ``samples``."""
        ...


@dataclass(frozen=True)
class EnergyDetector:
    """Detects speech by its energy: speech is louder than the noise floor around it.

    If no frame is ``threshold_decibels`` above the floor, as in a tone or in steady noise, all frames count
    as speech, because energy can't show a pause there.
    """

    floor_percentile: float = 2.0
    threshold_decibels: float = 8.0

    def scores(self, samples: Block) -> Scores:
        """Return the scores of the complete frames of ``samples``, which have some seconds at least."""
        frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / FRAME_SAMPLES
        decibels: Scores = 10 * np.log10(power + LEAST_POWER)
        if not len(decibels):
            return decibels
        quietest = min(QUIETEST_DECIBELS, float(decibels.max()) - QUIETEST_BELOW_LOUDEST)
        floor = max(float(np.percentile(decibels, self.floor_percentile)), quietest)
        scores: Scores = decibels - (floor + self.threshold_decibels)
        return scores if scores.max() > 0 else decibels - decibels.min() + 1.0


@dataclass(frozen=True)
class Cutting:
    """How long segments may be and what counts as a pause, in seconds."""

    longest_segment: float
    shortest_pause: float = 0.2
    surroundings: float = 120.0
    """How many seconds of audio the detector gets at once."""


@dataclass(frozen=True)
class Cut:
    """A segment of the audio, and its start in samples from the start of the audio."""

    start: int
    samples: Block


def cut_at_pauses(blocks: Iterable[Block], detector: PauseDetector, cutting: Cutting) -> Iterator[Cut]:
    """Yield segments that follow each other without a gap, none longer than ``cutting.longest_segment``.

    A segment ends in the middle of the last pause within the allowed length. If there is no pause, it ends in
    its second half, at the frames that resemble speech least. This holds ``cutting.surroundings`` of audio.
    """
    judged = _whole_frames(cutting.surroundings)
    longest = _whole_frames(cutting.longest_segment)
    start = 0
    rest = np.empty(0, dtype=np.float32)
    for held in gathered(blocks, judged - longest):
        rest = np.concatenate([rest, held])
        for length in _lengths(detector.scores(rest), len(rest), longest, cutting):
            yield Cut(start, rest[:length].copy())
            rest, start = rest[length:], start + length
    if len(rest):
        yield Cut(start, rest)


def _whole_frames(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE) // FRAME_SAMPLES * FRAME_SAMPLES


def _lengths(scores: Scores, samples: int, longest: int, cutting: Cutting) -> Iterator[int]:
    """Yield the lengths in samples of all segments that are complete.

    Args:
        scores: the scores of the complete frames.
        samples: the number of samples, which may include a part of a frame.
        longest: the most samples of a segment.
        cutting: what counts as a pause.
    """
    reach = longest // FRAME_SAMPLES
    pause = round(cutting.shortest_pause * SAMPLE_RATE / FRAME_SAMPLES)
    position = 0
    while samples - position * FRAME_SAMPLES > longest:
        end = _last_pause(scores[position : position + reach] > 0, pause) or _quietest(
            scores[position : position + reach], pause
        )
        yield end * FRAME_SAMPLES
        position += end


def _last_pause(speech: NDArray[np.bool_], shortest: int) -> int | None:
    """Return the middle of the last pause of at least ``shortest`` frames; None if there is no such pause."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], speech, [True]]).astype(np.int8)))
    for begin, end in reversed(list(zip(edges[::2], edges[1::2], strict=True))):
        if end - begin >= shortest and begin + end >= 2:
            return int(begin + end) // 2
    return None


def _quietest(scores: Scores, frames: int) -> int:
    """Return the middle of the ``frames`` in the second half with the lowest sum of scores."""
    half = len(scores) // 2
    sums = np.convolve(scores[half:], np.ones(frames), mode="valid")
    return half + int(np.argmin(sums)) + frames // 2
