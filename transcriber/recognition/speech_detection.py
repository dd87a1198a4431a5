"""Find speech on one channel, so that silence need not be recognised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.resampling import SAMPLE_RATE, Block
from transcriber.recognition.pauses import FRAME_SAMPLES, Cut, Cutting, EnergyDetector, Scores, cut_at_pauses

MARGIN_SECONDS = 0.3
"""How much to keep before and after speech, because words begin and end softly."""

SILENCE_SECONDS = 1.0
"""Silence within speech that is shorter than this is kept."""

STEADY_DECIBELS = 3.0
"""The difference between the loudest and the quietest frame of steady noise. Speech varies more."""


@dataclass(frozen=True)
class ChannelDetector:
    """Like `EnergyDetector`, but audio that is only silence or steady noise has no speech."""

    energy: EnergyDetector = field(default_factory=EnergyDetector)

    def scores(self, samples: Block) -> Scores:
        """Return the scores of the whole frames of ``samples``, which are some seconds at least."""
        scores = self.energy.scores(samples)
        frames = samples[: len(scores) * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        powers = np.einsum("ij,ij->i", frames, frames, dtype=np.float64)
        loudest = float(powers.max(initial=0.0))
        if not loudest or np.percentile(powers, 2) * 10 ** (STEADY_DECIBELS / 10) > loudest:
            return np.full(len(scores), -1.0)
        return scores


def cut_speech(blocks: Iterable[Block], cutting: Cutting) -> Iterator[Cut]:
    """Yield segments with speech, none longer than ``cutting.longest_segment``, without the silence between.

    A longer silence gives a segment without samples, which shows the progress.
    """
    kept = _Scores(ChannelDetector())
    for cut in cut_at_pauses(blocks, kept, cutting):
        scores = kept.of(cut)
        if not (scores > 0).any():
            yield Cut(cut.start, cut.samples[:0])
        for first, end in _runs(scores > 0):
            start, stop = first * FRAME_SAMPLES, min(len(cut.samples), end * FRAME_SAMPLES)
            yield Cut(cut.start + start, cut.samples[start:stop])


class _Scores:
    """Keeps the scores of a detector, for the segments that are cut with them."""

    def __init__(self, detector: ChannelDetector) -> None:
        self._detector = detector
        self._start = 0
        """The start of the last scores, in samples."""
        self._last: Scores = np.empty(0)
        self._given = 0

    def scores(self, samples: Block) -> Scores:
        self._start, self._last = self._given, self._detector.scores(samples)
        return self._last

    def of(self, cut: Cut) -> Scores:
        """Return the scores of the frames of ``cut``, the next segment."""
        self._given = cut.start + len(cut.samples)
        first = (cut.start - self._start) // FRAME_SAMPLES
        return self._last[first : first + -(-len(cut.samples) // FRAME_SAMPLES)]


def _runs(speech: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield the first and the end frame of each run of speech, with margins. Close runs are joined."""
    margin = round(MARGIN_SECONDS * SAMPLE_RATE / FRAME_SAMPLES)
    silence = round(SILENCE_SECONDS * SAMPLE_RATE / FRAME_SAMPLES)
    frames = np.flatnonzero(speech)
    if not len(frames):
        return
    splits = np.flatnonzero(np.diff(frames) > silence)
    firsts = frames[np.concatenate([[0], splits + 1])]
    lasts = frames[np.concatenate([splits, [len(frames) - 1]])]
    for first, last in zip(firsts, lasts, strict=True):
        yield max(0, int(first) - margin), int(last) + 1 + margin
