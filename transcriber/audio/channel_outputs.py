"""From sound at the rate of the file to 16 kHz: all channels mixed, or each by itself."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.channels import Channels
from transcriber.audio.mixing import Mixer
from transcriber.audio.resampling import Resampler

Sound = NDArray[np.float32]
"""Consecutive samples at 16 kHz: of shape [samples] if mixed, of [samples, channels] if not."""


class Outlet(Protocol):
    """What makes sound of pieces that follow each other."""

    def add(self, piece: Channels, /) -> Iterator[Sound]:
        """Yield what is certain once ``piece`` is known."""
        ...

    def rest(self) -> Iterator[Sound]:
        """Yield what is held: nothing that follows belongs to it."""
        ...


class MixOutlet:
    """All channels mixed to one."""

    def __init__(self, channels: int, sample_rate: int, silence_amplitude: float) -> None:
        """Mix so many ``channels``; blocks that stay below ``silence_amplitude`` are silent."""
        self._mixer = Mixer(channels, sample_rate)
        self._resampler = Resampler(sample_rate, silence_amplitude)

    def add(self, piece: Channels) -> Iterator[Sound]:
        """Yield what is certain once ``piece`` is known."""
        for mixed in self._mixer.mix(piece):
            yield from self._resampler.resample(mixed)

    def rest(self) -> Iterator[Sound]:
        """Yield what is held: nothing that follows belongs to it."""
        for mixed in self._mixer.rest():
            yield from self._resampler.resample(mixed)
        yield from self._resampler.rest()


class SplitOutlet:
    """Each channel by itself, ``width`` of them: channels that lack are silent, further ones are left out."""

    def __init__(self, channels: int, sample_rate: int, silence_amplitude: float, width: int) -> None:
        """Split so many ``channels``; blocks of one that stay below ``silence_amplitude`` are silent."""
        self._resamplers = [Resampler(sample_rate, silence_amplitude) for _ in range(min(channels, width))]
        self._width = width

    def add(self, piece: Channels) -> Iterator[Sound]:
        """Yield what is certain once ``piece`` is known."""
        return self._joined(
            each.resample(np.ascontiguousarray(piece[:, number]))
            for number, each in enumerate(self._resamplers)
        )

    def rest(self) -> Iterator[Sound]:
        """Yield what is held: nothing that follows belongs to it."""
        return self._joined(each.rest() for each in self._resamplers)

    def _joined(self, channels: Any) -> Iterator[Sound]:
        # All resamplers get as many samples, and so give as many.
        for columns in zip(*channels, strict=True):
            sound = np.zeros((len(columns[0]), self._width), dtype=np.float32)
            sound[:, : len(columns)] = np.stack(columns, axis=1)
            yield sound
