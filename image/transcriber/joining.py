"""Mix the tracks of one recording, which come piece by piece, at their times."""

from collections.abc import Iterator, Sequence

import numpy as np

from transcriber.damage import DamageReport
from transcriber.mixing import Mixer
from transcriber.resampling import BLOCK_SAMPLES, SAMPLE_RATE, Block

MOST_LAG_SAMPLES = 120 * SAMPLE_RATE
"""Files have what belongs together close together; a track that is further behind has ended or is silent."""

LATE = "a track is too far from the others in the file"

PIECE_SAMPLES = SAMPLE_RATE * 3 // 8


class TrackMix:
    """The mix of some tracks, from the same time on."""

    def __init__(self, tracks: Sequence[int], start_seconds: float, damage: DamageReport) -> None:
        """Mix ``tracks``, which are numbers of any kind, and all begin at ``start_seconds`` of the recording.

        What comes too late goes to ``damage``.
        """
        self._start = start_seconds
        self._damage = damage
        self._held: dict[int, list[Block]] = {track: [] for track in tracks}
        self._lengths = dict.fromkeys(tracks, 0)
        """How many samples of each track are known."""
        self._given = 0
        self._mixer = Mixer(len(tracks), SAMPLE_RATE)

    def add(self, track: int, block: Block) -> Iterator[Block]:
        """Yield what can be mixed once ``block``, the next one of ``track``, is known."""
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

    def rest(self) -> Iterator[Block]:
        """Yield what is held: there is no more."""
        yield from self._mixed(max(self._lengths.values()))
        yield from self._blocks(self._mixer.rest())

    def _mixed(self, end: int) -> Iterator[Block]:
        while self._given < end:
            length = min(end - self._given, PIECE_SAMPLES)
            piece = np.stack([self._take(track, length) for track in self._held], axis=1)
            self._given += length
            yield from self._blocks(self._mixer.mix(piece))

    def _take(self, track: int, length: int) -> Block:
        """Return the next ``length`` samples of ``track``, silence where there are none."""
        taken = np.zeros(length, dtype=np.float32)
        at = 0
        held = self._held[track]
        while held and at < length:
            part = held[0][: length - at]
            taken[at : at + len(part)] = part
            at += len(part)
            if len(part) == len(held[0]):
                held.pop(0)
            else:
                held[0] = held[0][len(part) :]
        return taken

    def _blocks(self, mixed: Iterator[Block]) -> Iterator[Block]:
        for block in mixed:
            for start in range(0, len(block), BLOCK_SAMPLES):
                yield block[start : start + BLOCK_SAMPLES]
