"""16 kHz out of sound of any rate."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
BLOCK_SAMPLES = SAMPLE_RATE

SILENCE_AMPLITUDE = 2.0**-16
"""Half a step of 16-bit audio: what lossy codecs make of digital silence stays below it, for a block.

Others keep silence as it is, and sound as quiet as a 24-bit or float recording can hold it.
"""

Block = NDArray[np.float32]
"""Consecutive samples, shape [samples], at `SAMPLE_RATE`, full scale being 1."""


@dataclass
class Resampler:
    """Brings one channel of a rate to `SAMPLE_RATE`, a second at a time.

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
        """Yield the whole blocks once ``samples`` are known."""
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = self.sample_rate
        yield from self._blocks(frame)

    def rest(self) -> Iterator[Block]:
        """Yield what is held: nothing that follows belongs to it."""
        yield from self._blocks(None)

    def _blocks(self, frame: av.AudioFrame | None) -> Iterator[Block]:
        for resampled in self._resampler.resample(frame):
            samples = resampled.to_ndarray()[0]
            is_sound = samples.max() >= self.silence_amplitude or samples.min() <= -self.silence_amplitude
            yield samples if is_sound else np.zeros_like(samples)


def silence(seconds: float, channels: int | None = None) -> Iterator[Block]:
    """Yield blocks without sound, ``seconds`` altogether; with ``channels`` they have so many columns."""
    samples = round(seconds * SAMPLE_RATE)
    for start in range(0, samples, BLOCK_SAMPLES):
        length = min(BLOCK_SAMPLES, samples - start)
        yield np.zeros(length if channels is None else (length, channels), dtype=np.float32)


def gathered(blocks: Iterable[Block], least_samples: int) -> Iterator[Block]:
    """Yield the same audio in blocks of ``least_samples`` or more, but for the last.

    Whoever joins blocks to what is held copies all of that for each.
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
