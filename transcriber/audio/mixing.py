"""Mix the channels of a recording so that no voice is lost, whoever speaks on which channel.

A mean of all channels loses voices: two channels of opposite polarity cancel, and one voice among 64 channels
is 36 dB down. Here each channel has a weight; all weights are 1 together, so that nothing clips and what all
channels carry keeps its level. A channel that speaks alone gets all of it, as in the automatic mixers of
conference halls (Dugan's gain sharing). What counts is the sound in the band of speech above the channel's
own noise, so that a hum or a rumble outweighs no voice. Weights stay as they are while every channel is heard
well enough, and move smoothly.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from transcriber.audio.channels import Channels

SPEECH_RATE = 8_000
"""What is above 4 kHz tells little about who speaks."""

PIECES_AHEAD = 3
"""How many pieces are looked at before one is mixed: weights are right when a voice begins."""

PIECES_BEHIND = 17
"""Among how many pieces the noise of a channel is looked for: some seconds, in which every speaker breathes.
"""

NOISE_SHARE = 0.01
"""How much of a steady sound counts: it must not outweigh a voice, but where there is no other it is heard.
"""

LEAST_PART = 0.7
"""A weight is good enough that is this part of the channel's share of the sound: 3 dB are not missed."""

INVERTED = -0.6
"""Channels with less correlation than this would cancel each other; one of them is turned over."""

SILENT = 1e-20

Weights = NDArray[np.float64]
Covariance = NDArray[np.float64]


@dataclass
class Mixer:
    """Mixes pieces of some channels to one; they follow each other, each some tenths of a second long."""

    channels: int
    sample_rate: int
    _weights: Weights = field(init=False)
    _signs: Weights = field(init=False)
    _held: deque[Channels] = field(default_factory=deque)
    _ahead: deque[Covariance] = field(default_factory=deque)
    """What `_held` sounds like."""
    _powers: deque[Weights] = field(default_factory=lambda: deque(maxlen=PIECES_AHEAD + PIECES_BEHIND))
    """Of the channels, in the last pieces."""
    _has_begun: bool = False

    def __post_init__(self) -> None:
        self._signs = np.ones(self.channels)
        self._weights = np.full(self.channels, 1 / self.channels)

    def mix(self, piece: Channels) -> Iterator[NDArray[np.float32]]:
        """Yield what can be mixed once ``piece``, shape [samples, channels], is known."""
        if self.channels == 1:
            yield piece[:, 0]
            return
        self._held.append(piece)
        covariance = _covariance(piece, self.sample_rate)
        self._ahead.append(covariance)
        self._powers.append(covariance.diagonal())
        if len(self._held) > PIECES_AHEAD:
            yield self._next()

    def flush(self) -> Iterator[NDArray[np.float32]]:
        """Yield what is held: nothing that follows belongs to it."""
        while self._held:
            yield self._next()

    def _next(self) -> NDArray[np.float32]:
        before = self._weights * self._signs
        self._judge()
        after = self._weights * self._signs
        if not self._has_begun:
            # Nothing was heard yet that would notice a change.
            before, self._has_begun = after, True
        self._ahead.popleft()
        return _weighted(self._held.popleft(), before, after)

    def _judge(self) -> None:
        """Set weights and signs for the end of the first held piece."""
        near = self._ahead[0] + self._ahead[1] if len(self._ahead) > 1 else 2 * self._ahead[0]
        powers = near.diagonal()
        if powers.sum() <= SILENT:
            return
        noise = 2 * np.array(self._powers).min(axis=0)
        # Noise is the least power of all, so that no voice has less.
        voices = powers - (1 - NOISE_SHARE) * noise
        shares = voices / voices.sum()
        if (self._weights < LEAST_PART * shares).any():
            self._weights = shares
        if (near < 0).any() or (self._signs < 0).any():
            self._turn(sum(self._ahead, start=np.zeros_like(near)), shares)

    def _turn(self, covariance: Covariance, shares: Weights) -> None:
        """Turn over channels that would cancel the louder ones."""
        mixed = np.zeros(self.channels)
        for channel in np.argsort(-shares, kind="stable"):
            power = mixed @ covariance @ mixed * covariance[channel, channel]
            if power > SILENT**2:
                likeness = self._signs[channel] * (covariance[channel] @ mixed) / np.sqrt(power)
                if likeness < INVERTED:
                    self._signs[channel] *= -1
            mixed[channel] = self._weights[channel] * self._signs[channel]


def _covariance(piece: Channels, sample_rate: int) -> Covariance:
    """Return the mean products of every two channels, of their sound in the band of speech."""
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
    # The difference of neighbours leaves out rumble and hum.
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
