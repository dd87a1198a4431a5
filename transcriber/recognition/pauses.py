"""Where speech pauses, so that audio can be cut there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.resampling import SAMPLE_RATE, Block, gathered

FRAME_SAMPLES = SAMPLE_RATE // 50
"""20 ms: shorter than any sound of speech."""

QUIETEST_DECIBELS = -60.0
"""Below full scale: no room is quieter, and beside digital silence the faintest echo would be speech."""

QUIETEST_BELOW_LOUDEST = 40.0
"""In decibels, where the whole recording is quiet: then its noise is too."""

LEAST_POWER = 1e-16
"""Of full scale, for the logarithm: below the last bit of 24."""

Scores = NDArray[np.float64]
"""For each frame of `FRAME_SAMPLES`, how much it sounds like speech; above 0 it counts as speech."""


class PauseDetector(Protocol):
    """Tells speech from what is none."""

    def scores(self, samples: Block, /) -> Scores:
        """Return the scores of the whole frames of ``samples``."""
        ...


@dataclass(frozen=True)
class EnergyDetector:
    """Speech is louder than the quietest of its surroundings, in decibels.

    Where nothing is ``threshold_decibels`` above the floor (a tone, steady noise), all counts as speech: then
    there is no pause that this could tell.
    """

    floor_percentile: float = 2.0
    threshold_decibels: float = 8.0

    def scores(self, samples: Block) -> Scores:
        """Return the scores of the whole frames of ``samples``, which are some seconds at least."""
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

    longest_segment: float = 30.0
    shortest_pause: float = 0.2
    surroundings: float = 120.0
    """How much audio the detector judges at once."""


@dataclass(frozen=True)
class Cut:
    """A segment of the audio and where it begins, in samples from the start."""

    start: int
    samples: Block


def cut_at_pauses(blocks: Iterable[Block], detector: PauseDetector, cutting: Cutting) -> Iterator[Cut]:
    """Yield segments that follow each other without a gap, none longer than ``cutting.longest_segment``.

    A segment ends in the middle of the last pause that it can reach; where it reaches none, at the place in
    its second half that sounds least like speech. No more is held than the surroundings judged at once.
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
    """Yield the lengths, in samples, of the segments that can't get any longer.

    The scores are those of the whole frames of ``samples``; the rest of a frame makes a segment too long too.
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
    """Return the middle of the last pause of ``shortest`` frames or more, None without one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], speech, [True]]).astype(np.int8)))
    for begin, end in reversed(list(zip(edges[::2], edges[1::2], strict=True))):
        if end - begin >= shortest and begin + end >= 2:
            return int(begin + end) // 2
    return None


def _quietest(scores: Scores, frames: int) -> int:
    """Return the middle of those ``frames`` in the second half that have the least scores together."""
    half = len(scores) // 2
    sums = np.convolve(scores[half:], np.ones(frames), mode="valid")
    return half + int(np.argmin(sums)) + frames // 2
