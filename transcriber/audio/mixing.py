"""Mix the channels of a recording so that no voice is lost, whoever speaks on which channel.

A mean of all channels loses voices: two channels of opposite polarity cancel each other, and one voice among
64 channels gets 36 dB quieter. Here each channel has a weight. The sum of all weights is 1, so nothing
clips, and sound that all channels carry keeps its level. A channel that speaks alone gets the whole weight,
as in the automatic mixers of conference halls (Dugan's gain sharing). The weights follow the sound in the
band of speech above each channel's own noise, so that hum and rumble do not outweigh a voice. Weights stay
the same while every channel is heard well enough, and they change smoothly.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.channels import Channels

SPEECH_RATE = 8_000
"""Enough: sound above 4 kHz says little about who speaks."""

LOOKAHEAD_PIECES = 3
"""How many later pieces are known when one is mixed, so that the weights are right when a voice begins."""

HISTORY_PIECES = 17
"""How many earlier pieces the noise of a channel is estimated from.

Seconds in which each speaker breathes.
"""

NOISE_SHARE = 0.01
"""The share of a steady sound that counts. It must not outweigh a voice, but is heard where no voice is."""

LEAST_SHARE = 0.7
"""A weight is good enough from this part of the channel's share of the sound on. Nobody misses 3 dB."""

INVERTED = -0.6
"""Channels with less correlation than this would cancel each other, so one of them is inverted."""

SILENT = 1e-20

Weights = NDArray[np.float64]
Covariance = NDArray[np.float64]


@dataclass
class Mixer:
    """Mixes consecutive pieces of several channels to one. A piece is some tenths of a second long."""

    channels: int
    sample_rate: int
    _weights: Weights = field(init=False)
    _signs: Weights = field(init=False)
    _held: deque[Channels] = field(default_factory=deque)
    _covariances: deque[Covariance] = field(default_factory=deque)
    """The covariance of each piece in `_held`."""
    _powers: deque[Weights] = field(default_factory=lambda: deque(maxlen=LOOKAHEAD_PIECES + HISTORY_PIECES))
    """The powers of the channels in the last pieces."""
    _has_begun: bool = False

    def __post_init__(self) -> None:
        self._signs = np.ones(self.channels)
        self._weights = np.full(self.channels, 1 / self.channels)

    def mix(self, piece: Channels) -> Iterator[NDArray[np.float32]]:
        """Yield the mix that is complete with ``piece``, shape [samples, channels]."""
        if self.channels == 1:
            yield piece[:, 0]
            return
        self._held.append(piece)
        covariance = _covariance(piece, self.sample_rate)
        self._covariances.append(covariance)
        self._powers.append(covariance.diagonal())
        if len(self._held) > LOOKAHEAD_PIECES:
            yield self._next()

    def flush(self) -> Iterator[NDArray[np.float32]]:
        """Yield the mix of all pieces that are still buffered."""
        while self._held:
            yield self._next()

    def _next(self) -> NDArray[np.float32]:
        before = self._weights * self._signs
        self._update_weights()
        after = self._weights * self._signs
        if not self._has_begun:
            # The first piece needs no smooth change: there is nothing before it.
            before, self._has_begun = after, True
        self._covariances.popleft()
        return _weighted(self._held.popleft(), before, after)

    def _update_weights(self) -> None:
        """Set weights and signs for the end of the first held piece."""
        near = (
            self._covariances[0] + self._covariances[1]
            if len(self._covariances) > 1
            else 2 * self._covariances[0]
        )
        powers = near.diagonal()
        if powers.sum() <= SILENT:
            return
        noise = 2 * np.array(self._powers).min(axis=0)
        # The noise is the least power of all, so no voice has less.
        voices = powers - (1 - NOISE_SHARE) * noise
        shares = voices / voices.sum()
        if (self._weights < LEAST_SHARE * shares).any():
            self._weights = shares
        if (near < 0).any() or (self._signs < 0).any():
            self._invert(sum(self._covariances, start=np.zeros_like(near)), shares)

    def _invert(self, covariance: Covariance, shares: Weights) -> None:
        """Invert channels that would cancel the louder ones."""
        mixed = np.zeros(self.channels)
        for channel in np.argsort(-shares, kind="stable"):
            power = mixed @ covariance @ mixed * covariance[channel, channel]
            if power > SILENT**2:
                likeness = self._signs[channel] * (covariance[channel] @ mixed) / np.sqrt(power)
                if likeness < INVERTED:
                    self._signs[channel] *= -1
            mixed[channel] = self._weights[channel] * self._signs[channel]


def _covariance(piece: Channels, sample_rate: int) -> Covariance:
    """Return the covariance of the channels in the band of speech, shape [channels, channels]."""
    samples, channels = piece.shape
    step = max(1, sample_rate // SPEECH_RATE)
    length = samples // step
    if length < 2:
        return np.zeros((channels, channels))
    whole = piece[: length * step]
    if whole.flags.c_contiguous:
        low = whole.reshape(length, step * channels) @ _sums(step, channels)
    else:
        low = (np.ascontiguousarray(whole.T).reshape(channels, length, step) @ np.ones(step, np.float32)).T
    # The difference of neighbouring samples removes rumble and hum.
    sound = (low[1:] - low[:-1]) / np.float32(step)
    covariance: Covariance = (sound.T @ sound).astype(np.float64) / length
    return covariance


@lru_cache(maxsize=8)
def _sums(step: int, channels: int) -> NDArray[np.float32]:
    """Return the matrix that adds up ``step`` samples of each channel."""
    return np.tile(np.eye(channels, dtype=np.float32), (step, 1))


def _weighted(piece: Channels, before: Weights, after: Weights) -> NDArray[np.float32]:
    first = piece @ before.astype(np.float32)
    if np.array_equal(before, after):
        return first
    second = piece @ after.astype(np.float32)
    return first + np.linspace(0, 1, len(piece), dtype=np.float32) * (second - first)
