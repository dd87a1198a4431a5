"""Cut a stream of audio into overlapping windows, and hold at most two windows of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.audio.resampling import gathered
from transcriber.recognition.modes.base import Geometry


@dataclass(frozen=True)
class WindowSamples:
    """The geometry of windows in samples. Each value is a whole number of encoder frames."""

    chunk: int
    left_context: int
    right_context: int
    frame: int

    @classmethod
    def from_seconds(cls, geometry: Geometry, frame_samples: int) -> Self:
        """Round down to whole frames, as NeMo's streaming example does; a chunk has at least one."""
        chunk, left, right = (
            int(length * SAMPLE_RATE) // frame_samples * frame_samples
            for length in (
                geometry.chunk_seconds,
                geometry.left_context_seconds,
                geometry.right_context_seconds,
            )
        )
        return cls(max(chunk, frame_samples), left, right, frame_samples)

    @property
    def total(self) -> int:
        """Samples of a whole window."""
        return self.left_context + self.chunk + self.right_context


@dataclass(frozen=True)
class Window:
    """The samples of a window.

    ``left`` samples of context, the chunk, and context after it but in the last one.
    """

    samples: Block
    left: int
    chunk: int
    is_last: bool


def windows(blocks: Iterable[Block], geometry: WindowSamples) -> Iterator[Window]:
    """Yield windows whose chunks follow each other without a gap, from the first sample to the last.

    The chunk of the last window includes what would be its right context. Its left context fills the window
    to its full length, because the encoder normalises each window separately and would treat a short one
    differently. Without audio there is no window.
    """
    held = np.empty(0, dtype=np.float32)
    chunk_start = 0
    for block in gathered(blocks, geometry.chunk):
        held = np.concatenate([held, block])
        while len(held) - chunk_start > geometry.chunk + geometry.right_context:
            left = min(chunk_start, geometry.left_context)
            end = chunk_start + geometry.chunk + geometry.right_context
            yield Window(held[chunk_start - left : end], left, geometry.chunk, is_last=False)
            chunk_start += geometry.chunk
            spare = max(0, chunk_start - geometry.total)
            held, chunk_start = held[spare:], chunk_start - spare
    chunk = len(held) - chunk_start
    if chunk:
        left = min(chunk_start, geometry.total - chunk)
        yield Window(held[chunk_start - left :], left, chunk, is_last=True)
