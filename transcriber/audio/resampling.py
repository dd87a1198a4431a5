"""Resample audio of any rate to 16 kHz."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
BLOCK_SAMPLES = SAMPLE_RATE

SILENCE_AMPLITUDE = 2.0**-16
"""Half a step of 16-bit audio.

A block of a lossy codec in which nothing is louder was digital silence. Other codecs keep silence as it is,
and they may hold sound below this.
"""

Block = NDArray[np.float32]
"""Consecutive samples at `SAMPLE_RATE`, shape [samples]. Full scale is 1."""


@dataclass
class Resampler:
    """Resamples one channel to `SAMPLE_RATE`, in blocks of a second.

    Blocks without a sample of ``silence_amplitude`` become silent.
    """

    sample_rate: int
    silence_amplitude: float
    _resampler: av.AudioResampler = field(init=False)

    def __post_init__(self) -> None:
        self._resampler = av.AudioResampler(
            format="fltp", layout="mono", rate=SAMPLE_RATE, frame_size=BLOCK_SAMPLES
        )

    def resample(self, samples: NDArray[np.float32]) -> Iterator[Block]:
        """Yield the blocks that are complete with ``samples``."""
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = self.sample_rate
        yield from self._blocks(frame)

    def flush(self) -> Iterator[Block]:
        """Yield the samples that are still buffered."""
        yield from self._blocks(None)

    def _blocks(self, frame: av.AudioFrame | None) -> Iterator[Block]:
        for resampled in self._resampler.resample(frame):
            samples = resampled.to_ndarray()[0]
            is_sound = samples.max() >= self.silence_amplitude or samples.min() <= -self.silence_amplitude
            yield samples if is_sound else np.zeros_like(samples)


def silence(seconds: float, channels: int | None = None) -> Iterator[Block]:
    """Yield blocks of silence, ``seconds`` in total, shape [samples] or [samples, channels]."""
    samples = round(seconds * SAMPLE_RATE)
    for start in range(0, samples, BLOCK_SAMPLES):
        length = min(BLOCK_SAMPLES, samples - start)
        yield np.zeros(length if channels is None else (length, channels), dtype=np.float32)


def gathered(blocks: Iterable[Block], least_samples: int) -> Iterator[Block]:
    """Yield the same audio in blocks of at least ``least_samples``; the last one may be shorter.

    A reader that appends each block to a buffer copies the buffer each time, so larger blocks are cheaper.
    """
    group: list[Block] = []
    samples = 0
    for block in blocks:
        group.append(block)
        samples += len(block)
        if samples >= least_samples:
            yield np.concatenate(group)
            group, samples = [], 0
    if group:
        yield np.concatenate(group)
