"""Resample audio to 16 kHz: all channels mixed, or each channel separately."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.channels import Channels
from transcriber.audio.mixing import Mixer
from transcriber.audio.resampling import Resampler

Sound = NDArray[np.float32]
"""Consecutive samples at 16 kHz, shape [samples] if mixed, else [samples, channels]."""


class ChannelOutput(Protocol):
    """Turns consecutive pieces of audio into sound at 16 kHz."""

    def add(self, piece: Channels, /) -> Iterator[Sound]:
        """Yield the sound that is complete with ``piece``."""
        ...

    def flush(self) -> Iterator[Sound]:
        """Yield the sound that is still buffered; the piece after it starts anew."""
        ...


class MixedOutput:
    """Mixes all channels to one."""

    def __init__(self, channels: int, sample_rate: int, silence_amplitude: float) -> None:
        """Mix audio with this number of ``channels``. Blocks below ``silence_amplitude`` become silent."""
        self._mixer = Mixer(channels, sample_rate)
        self._resampler = Resampler(sample_rate, silence_amplitude)

    def add(self, piece: Channels) -> Iterator[Sound]:
        """Yield the sound that is complete with ``piece``."""
        for mixed in self._mixer.mix(piece):
            yield from self._resampler.resample(mixed)

    def flush(self) -> Iterator[Sound]:
        """Yield the sound that is still buffered; the piece after it starts anew."""
        for mixed in self._mixer.flush():
            yield from self._resampler.resample(mixed)
        yield from self._resampler.flush()


class SplitOutput:
    """Keeps ``width`` channels separate. Missing channels are silent, further ones are dropped."""

    def __init__(self, channels: int, sample_rate: int, silence_amplitude: float, width: int) -> None:
        """Split audio with this number of ``channels``. Blocks below ``silence_amplitude`` become silent."""
        self._resamplers = [Resampler(sample_rate, silence_amplitude) for _ in range(min(channels, width))]
        self._width = width

    def add(self, piece: Channels) -> Iterator[Sound]:
        """Yield the sound that is complete with ``piece``."""
        return self._joined(
            each.resample(np.ascontiguousarray(piece[:, number]))
            for number, each in enumerate(self._resamplers)
        )

    def flush(self) -> Iterator[Sound]:
        """Yield the sound that is still buffered; the piece after it starts anew."""
        return self._joined(each.flush() for each in self._resamplers)

    def _joined(self, channels: Any) -> Iterator[Sound]:
        # All resamplers get the same number of samples, so they yield the same number.
        for columns in zip(*channels, strict=True):
            sound = np.zeros((len(columns[0]), self._width), dtype=np.float32)
            sound[:, : len(columns)] = np.stack(columns, axis=1)
            yield sound
