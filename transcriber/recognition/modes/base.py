"""What a recognition mode is, and what it may ask of the model."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from transcriber.audio.reader import Block
from transcriber.model.precision import Precision
from transcriber.options import TranscriptionOptions
from transcriber.transcript.words import Token, Word

DEFAULTS = TranscriptionOptions.model_validate({})


class DeviceMemoryError(Exception):
    """The device's memory ran out, and is free again; a mode that needs less may do."""


class SpeechModel(Protocol):
    """What modes need of a model. Encoded audio is a tensor of shape [1, frames, features]."""

    @property
    def frame_samples(self) -> int:
        """Samples of audio per encoder frame."""
        ...

    @property
    def frame_seconds(self) -> float:
        """Seconds of audio per encoder frame."""
        ...

    @property
    def device(self) -> str:
        """What it runs on, for the transcript."""
        ...

    @property
    def precision(self) -> Precision:
        """The numbers that it computes in, for the transcript."""
        ...

    def free_memory_bytes(self) -> int:
        """Return what the device has left for computing; asking gives back what is only kept for later."""
        ...

    def within_free_memory(self) -> AbstractContextManager[None]:
        """Within it, `encode` and `decode` raise where the machine would kill the process for its memory."""
        ...

    def attend_fully(self) -> None:
        """Let every frame see all others from now on."""
        ...

    def attend_locally(self, frames: int, /) -> None:
        """Let every frame see ``frames`` to each side from now on; memory grows with the duration."""
        ...

    def encode(self, samples: Block) -> Any:
        """Return the encoded audio of ``samples``.

        Raises:
            DeviceMemoryError: the device has too little for so much audio in one piece.
        """
        ...

    def batch_seconds(self) -> float:
        """Return how much audio to encode together, given the memory that is free."""
        ...

    def encode_batch(self, pieces: Sequence[Block], /) -> list[Any]:
        """Return what `encode` does for each of ``pieces``, computed together; all cost as the longest.

        Raises:
            DeviceMemoryError: the device has too little for so many.
        """
        ...

    def decode_batch(self, encoded: Sequence[Any], /) -> list[list[Token]]:
        """Return the tokens of each of ``encoded`` by itself, with frames counted from its start.

        Raises:
            DeviceMemoryError: the device has too little for so many.
        """
        ...

    def decode(self, encoded: Sequence[Any], state: Any = None, /) -> tuple[list[Token], Any]:
        """Return the tokens of pieces that follow each other, and the state to go on from.

        Args:
            encoded: the pieces.
            state: what the last call returned, to go on from there; None at the start of a file.

        Raises:
            DeviceMemoryError: the device has too little for so many frames at once.
        """
        ...


@dataclass(frozen=True)
class Geometry:
    """How much audio a mode sees at once: windows and segments in seconds, local attention in frames."""

    chunk_seconds: float = DEFAULTS.chunk_seconds
    left_context_seconds: float = DEFAULTS.left_context_seconds
    right_context_seconds: float = DEFAULTS.right_context_seconds
    attention_frames: int = 256
    max_speech_segment_seconds: float = DEFAULTS.max_speech_segment_seconds


class RecognitionMode(Protocol):
    """A way to cut audio for the model."""

    @property
    def name(self) -> str:
        """What ``--mode`` and the transcript call it."""
        ...

    @property
    def by_pieces(self) -> bool:
        """Whether it recognises while it reads, and so holds only pieces of the audio."""
        ...

    def recognise(self, blocks: Iterable[Block], model: SpeechModel, geometry: Geometry, /) -> Iterator[Word]:
        """Yield the words of the audio, in the order of their times.

        Args:
            blocks: consecutive blocks of 16 kHz mono audio.
            model: what recognises.
            geometry: for modes that don't look at all of it at once.

        Raises:
            DeviceMemoryError: it takes more memory than there is.
        """
        ...
