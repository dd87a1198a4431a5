"""Join the tracks of one recording at the right times. Their audio comes in pieces."""

from collections.abc import Iterator, Mapping

import numpy as np

from transcriber.audio.channel_outputs import Sound
from transcriber.audio.damage import DamageReport
from transcriber.audio.mixing import Mixer
from transcriber.audio.resampling import BLOCK_SAMPLES, SAMPLE_RATE

MOST_LAG_SAMPLES = 120 * SAMPLE_RATE
"""A track that is further behind has ended or is silent: files keep audio of the same time close together."""

LATE = "a track is too far from the others in the file"

PIECE_SAMPLES = SAMPLE_RATE * 3 // 8


class TrackJoin:
    """Joins tracks that begin at the same time: mixes them, or puts the channels of all side by side."""

    def __init__(self, tracks: Mapping[int, int | None], start_seconds: float, damage: DamageReport) -> None:
        """Join ``tracks``.

        Args:
            tracks: for each track, by its number, how many channels to keep separate; None mixes all tracks.
            start_seconds: the time in the recording at which all tracks begin.
            damage: gets the audio that comes too late.
        """
        self._start = start_seconds
        self._damage = damage
        self._held: dict[int, list[Sound]] = {track: [] for track in tracks}
        self._lengths = dict.fromkeys(tracks, 0)
        """The number of samples of each track so far."""
        self._given = 0
        self._widths = dict(tracks)
        is_mix = None in self._widths.values()
        self._mixer = Mixer(len(tracks), SAMPLE_RATE) if is_mix else None

    def add(self, track: int, block: Sound) -> Iterator[Sound]:
        """Yield the sound that is complete with ``block``, the next block of ``track``."""
        late = min(len(block), max(0, self._given - self._lengths[track]))
        if block[:late].any():
            start = self._start + self._lengths[track] / SAMPLE_RATE
            self._damage.add(start, start + late / SAMPLE_RATE, LATE)
        self._lengths[track] += len(block)
        if late < len(block):
            self._held[track].append(block[late:])
        most = max(self._lengths.values())
        end = max(min(self._lengths.values()), most - MOST_LAG_SAMPLES)
        if end - self._given >= PIECE_SAMPLES:
            yield from self._mixed(end)

    def flush(self) -> Iterator[Sound]:
        """Yield the sound that is still held, at the end of the section."""
        yield from self._mixed(max(self._lengths.values()))
        if self._mixer:
            yield from self._blocks(self._mixer.flush())

    def _mixed(self, end: int) -> Iterator[Sound]:
        while self._given < end:
            length = min(end - self._given, PIECE_SAMPLES)
            piece = np.concatenate([self._take(track, length) for track in self._held], axis=1)
            self._given += length
            if self._mixer:
                yield from self._blocks(self._mixer.mix(piece))
            else:
                yield piece

    def _take(self, track: int, length: int) -> Sound:
        """Return the next ``length`` samples of ``track``, shape [length, channels].

        Missing ones are silence.
        """
        taken = np.zeros((length, self._widths[track] or 1), dtype=np.float32)
        at = 0
        held = self._held[track]
        while held and at < length:
            part = held[0][: length - at]
            taken[at : at + len(part)] = part.reshape(len(part), -1)
            at += len(part)
            if len(part) == len(held[0]):
                held.pop(0)
            else:
                held[0] = held[0][len(part) :]
        return taken

    def _blocks(self, mixed: Iterator[Sound]) -> Iterator[Sound]:
        for block in mixed:
            for start in range(0, len(block), BLOCK_SAMPLES):
                yield block[start : start + BLOCK_SAMPLES]
