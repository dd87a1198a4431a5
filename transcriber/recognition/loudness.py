"""Amplify very quiet speech. The model's features have a floor, and it recognises nothing below it."""

import numpy as np

from transcriber.audio.resampling import SAMPLE_RATE, Block

QUIET_AMPLITUDE = 2.0**-7
"""42 dB below full scale. Audio whose loudest sample is louder stays as it is."""

RAISED_AMPLITUDE = 2.0**-3
FRAME_SAMPLES = SAMPLE_RATE // 50

LEAST_RANGE = 4.0
"""A ratio of amplitudes, 12 dB. Speech rises and falls; room noise and dither do not."""


def raised(samples: Block) -> Block:
    """Return ``samples``, amplified if they are very quiet and may be speech."""
    loudest = max(float(samples.max(initial=0)), -float(samples.min(initial=0)))
    if not 0 < loudest < QUIET_AMPLITUDE:
        return samples
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    levels = np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1))
    if not len(levels) or np.percentile(levels, 95) < LEAST_RANGE * np.percentile(levels, 10):
        return samples
    louder: Block = samples * np.float32(RAISED_AMPLITUDE / loudest)
    return louder
