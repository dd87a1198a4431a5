"""A device that computes elsewhere, as a GPU does: a stand-in that takes time and none of Python's."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.model.nemo_model import MOST_BATCH_SECONDS
from transcriber.model.precision import Precision
from transcriber.transcript.words import Token

SECONDS_PER_MINUTE = 0.24
"""Of a 205-minute file on g6.xlarge, as a public deployment of this model reports it."""

MEMORY_BYTES = 24 * 10**9
BATCH_SECONDS = MOST_BATCH_SECONDS["cuda"]


class Device:
    """Hears nothing, as fast as an L4 is published to hear."""

    frame_samples = SAMPLE_RATE * 8 // 100
    frame_seconds = 0.08
    device = "stand-in"
    precision: Precision = "bf16"

    def free_memory_bytes(self) -> int:
        """Return the memory of an L4."""
        return MEMORY_BYTES

    def batch_seconds(self) -> float:
        """Return what a GPU encodes together at most."""
        return BATCH_SECONDS

    def within_free_memory(self) -> AbstractContextManager[None]:
        """Do nothing: it needs none."""
        return nullcontext()

    def attend_fully(self) -> None:
        """Do nothing."""

    def attend_locally(self, frames: int, /) -> None:
        """Do nothing."""

    def encode(self, samples: Block) -> Any:
        """Take the time."""
        return self.encode_batch([samples])[0]

    def encode_batch(self, pieces: Sequence[Block]) -> list[Any]:
        """Take the time for all of them."""
        time.sleep(sum(map(len, pieces)) / SAMPLE_RATE / 60 * SECONDS_PER_MINUTE)
        return list(pieces)

    def decode(self, _encoded: Sequence[Any], state: Any = None) -> tuple[list[Token], Any]:
        """Return no tokens."""
        return [], state

    def decode_batch(self, encoded: Sequence[Any]) -> list[list[Token]]:
        """Return no tokens for each."""
        return [[] for _each in encoded]
