"""Convert decoded audio frames to samples, and replace samples that can't be sound."""

from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

LOUDEST_SAMPLE = 8.0
"""18 dB above full scale. No recorder writes louder samples, so louder ones are errors."""

TYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype(np.uint8),
    "s16": np.dtype(np.int16),
    "s32": np.dtype(np.int32),
    "s64": np.dtype(np.int64),
    "flt": np.dtype(np.float32),
    "dbl": np.dtype(np.float64),
}
"""The type of a sample, by FFmpeg's name of the sample format."""

Channels = NDArray[np.float32]
"""Samples of several channels at the rate of the file, shape [samples, channels]; full scale is 1."""


@dataclass(frozen=True)
class BadSamples:
    """A range of samples that are not sound: the first one, and the one after the last."""

    first: int
    end: int


def channels_of(frame: av.AudioFrame) -> Channels:
    """Return the samples of ``frame``, of any sample format, layout and number of channels."""
    channels, samples = frame.layout.nb_channels, frame.samples
    dtype = TYPES[frame.format.name.removesuffix("p")]
    # PyAV counts more planes than there are, from 8 channels on.
    planes = [memoryview(plane) for plane in frame.planes[: channels if frame.format.is_planar else 1]]
    if frame.format.is_planar:
        raw = np.stack([np.frombuffer(plane, dtype)[:samples] for plane in planes]).T
    else:
        raw = np.frombuffer(planes[0], dtype)[: samples * channels].reshape(samples, channels)
    found: Channels = raw.astype(np.float32)
    if dtype.kind == "u":
        found -= np.float32(128)
    if dtype.kind in "iu":
        found *= np.float32(2.0 ** (1 - 8 * dtype.itemsize))
    return found


def is_exact(frame: av.AudioFrame) -> bool:
    """Return whether the samples of ``frame`` are integers, which are never too loud."""
    return TYPES[frame.format.name.removesuffix("p")].kind in "iu"


def cleaned(channels: Channels) -> tuple[Channels, BadSamples | None]:
    """Return ``channels`` with invalid samples replaced, and where they were.

    Samples that are not numbers become silence, and absurdly loud ones are clipped.
    """
    if channels.min(initial=0) >= -LOUDEST_SAMPLE and channels.max(initial=0) <= LOUDEST_SAMPLE:
        return channels, None
    is_good = np.abs(channels) <= LOUDEST_SAMPLE
    bad = np.flatnonzero(~is_good.all(axis=1))
    clipped = np.where(np.isfinite(channels), np.sign(channels), 0)
    clean: Channels = np.where(is_good, channels, clipped).astype(np.float32)
    return clean, BadSamples(int(bad[0]), int(bad[-1]) + 1)
