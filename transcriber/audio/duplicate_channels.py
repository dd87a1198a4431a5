"""Find channels that repeat another channel, so that no voice is transcribed twice."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.channel_outputs import Sound
from transcriber.audio.resampling import SAMPLE_RATE

LARGEST_LAG_SECONDS = 0.25
"""The longest delay of a copy. Devices and networks cause such delays."""

ALIKE = 0.8
"""The least correlation of a copy. Two people who speak at once correlate far less."""

STILL_ALIKE = 0.5
"""A channel that is a copy stays one down to this correlation, so that no word is cut in two."""

SILENT_POWER = 1e-9
"""The power of a sample at 90 dB below full scale."""


class CopyFilter:
    """Silences channels while they repeat another one, and counts how long they do."""

    def __init__(self, channels: int) -> None:
        """Filter audio with this number of ``channels``."""
        self.copied_seconds = [0.0] * channels
        """For each channel, how many seconds of it were a copy."""
        self._is_copy = [False] * channels

    def filtered(self, blocks: Iterable[Sound]) -> Iterator[Sound]:
        """Yield ``blocks``, shape [samples, channels], with copies silenced.

        Of two channels, the quieter is the copy.
        """
        for block in blocks:
            copies = self._copies(block)
            if copies:
                block = block.copy()
                for channel in copies:
                    block[:, channel] = 0
                    self.copied_seconds[channel] += len(block) / SAMPLE_RATE
            yield block

    def _copies(self, block: Sound) -> list[int]:
        powers = np.einsum("ij,ij->j", block, block, dtype=np.float64) / max(1, len(block))
        audible = [
            int(channel) for channel in np.argsort(-powers, kind="stable") if powers[channel] > SILENT_POWER
        ]
        # A copy that falls silent is one still: what is left of it is the codec's noise.
        copies = [
            channel
            for channel, is_copy in enumerate(self._is_copy)
            if is_copy and powers[channel] <= SILENT_POWER
        ]
        if len(audible) < 2:
            self._is_copy = [channel in copies for channel in range(len(self._is_copy))]
            return copies
        spectra = {channel: _spectrum(block[:, channel]) for channel in audible}
        originals: list[int] = []
        for channel in audible:
            needed = STILL_ALIKE if self._is_copy[channel] else ALIKE
            energy = powers[channel] * len(block)
            self._is_copy[channel] = any(
                _likeness(spectra[channel], spectra[other]) ** 2
                > needed**2 * energy * powers[other] * len(block)
                for other in originals
            )
            (copies if self._is_copy[channel] else originals).append(channel)
        return copies


def _spectrum(samples: NDArray[np.float32]) -> NDArray[np.complex128]:
    return np.fft.rfft(samples, 2 * SAMPLE_RATE)


def _likeness(first: NDArray[np.complex128], second: NDArray[np.complex128]) -> float:
    """Return the greatest product of two sounds over all delays of one of them."""
    lag = round(LARGEST_LAG_SECONDS * SAMPLE_RATE)
    products = np.abs(np.fft.irfft(first * np.conj(second), 2 * SAMPLE_RATE))
    return float(max(products[: lag + 1].max(), products[-lag:].max()))
