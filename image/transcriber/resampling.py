"""16 kHz mono out of decoded audio of any kind."""

from collections.abc import Iterable, Iterator

import av
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
BLOCK_SAMPLES = SAMPLE_RATE

SILENCE_AMPLITUDE = 2.0**-16
"""Half a step of 16-bit audio: what lossy codecs make of digital silence is below it, no sound is."""

# FFmpeg's mix of two channels is 1.414 times as loud as their mean, of six 3.4 times; this makes it a mean.
MIX_OPTIONS = {"rematrix_maxval": "1.0"}

MOST_FRAME_SAMPLES = 2**16
"""No codec has longer frames but raw sound, whose packets may be of any size."""

Block = NDArray[np.float32]
"""Consecutive samples, shape [samples], at `SAMPLE_RATE`, between -1 and 1."""


def create_resampler() -> av.AudioResampler:
    """Return a resampler that gives a second of 16 kHz mono at a time; each channel counts the same."""
    return av.AudioResampler(
        format="fltp", layout="mono", rate=SAMPLE_RATE, frame_size=BLOCK_SAMPLES, options=MIX_OPTIONS
    )


def resample(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> Iterator[Block]:
    """Yield what ``resampler`` makes of ``frame``; without one, what it still holds."""
    for resampled in resampler.resample(frame):
        samples = resampled.to_ndarray()[0]
        # Not a number is never audible either; files of floating-point samples may hold it.
        audible = np.abs(samples) >= SILENCE_AMPLITUDE
        yield np.where(audible & np.isfinite(samples), samples, np.float32(0))


def sliced(frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
    """Yield ``frame``, or pieces of it of ``MOST_FRAME_SAMPLES`` at most.

    What is resampled at once is held several times over: 31 MB at 2 kHz took 7 GB.
    """
    if frame.samples <= MOST_FRAME_SAMPLES:
        yield frame
        return
    fifo = av.AudioFifo()
    fifo.write(frame)
    while piece := fifo.read(MOST_FRAME_SAMPLES, partial=True):
        piece.pts = None
        yield piece


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
