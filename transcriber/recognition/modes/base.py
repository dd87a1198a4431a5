"""The interfaces of recognition modes and of the speech model."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from transcriber.audio.reader import Block
from transcriber.model.precision import Precision
from transcriber.options import TranscriptionOptions
from transcriber.transcript.words import Token, Word

DEFAULTS = TranscriptionOptions.model_validate({})


class ModeLimitError(Exception):
    """A mode can't go on with a recording. A mode that needs less memory may work."""


class DeviceMemoryError(ModeLimitError):
    """The device's memory ran out. It is free again."""


class UndeclaredAudioError(ModeLimitError):
    """There is more audio than the mode was chosen for, because the file declares too short a duration."""


class SpeechModel(Protocol):
    """A speech model. Encoded audio is a tensor of shape [1, frames, features]."""

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
        """The name of the device, for the transcript."""
        ...

    @property
    def precision(self) -> Precision:
        """The number format of its computations, for the transcript."""
        ...

    def free_memory_bytes(self) -> int:
        """Return the free memory of the device. This also frees memory that is cached for later."""
        ...

    def within_free_memory(self) -> AbstractContextManager[None]:
        """In this context, `encode` and `decode` raise an error before the system kills the process."""
        ...

    def attend_fully(self) -> None:
        """Let every frame attend to all others from now on."""
        ...

    def attend_locally(self, frames: int, /) -> None:
        """Let every frame attend to ``frames`` on each side from now on. Memory grows with the duration."""
        ...

    def encode(self, samples: Block) -> Any:
        """Return the encoded audio of ``samples``.

        Raises:
            DeviceMemoryError: the device has too little for so much audio in one piece.
        """
        ...

    def batch_seconds(self) -> float:
        """Return how many seconds of audio to encode in one batch, given the free memory."""
        ...

    def encode_batch(self, pieces: Sequence[Block], /) -> list[Any]:
        """Return what `encode` returns for each of ``pieces``, computed in one batch.

        Each piece costs as much as the longest one.

        Raises:
            DeviceMemoryError: the device has too little for so many.
        """
        ...

    def decode_batch(self, encoded: Sequence[Any], /) -> list[list[Token]]:
        """Return the tokens of each of ``encoded`` separately, with frames counted from its start.

        Raises:
            DeviceMemoryError: the device has too little for so many.
        """
        ...

    def decode(self, encoded: Sequence[Any], state: Any = None, /) -> tuple[list[Token], Any]:
        """Return the tokens of consecutive pieces, and the state of the decoder after them.

        Args:
            encoded: the pieces.
            state: the state that the last call returned; None at the start of a file.

        Raises:
            DeviceMemoryError: the device has too little for so many frames at once.
        """
        ...


@dataclass(frozen=True)
class Geometry:
    """The windows and segments in seconds, and the attention of the local mode in frames."""

    chunk_seconds: float = DEFAULTS.chunk_seconds
    left_context_seconds: float = DEFAULTS.left_context_seconds
    right_context_seconds: float = DEFAULTS.right_context_seconds
    attention_frames: int = 256
    max_speech_segment_seconds: float = DEFAULTS.max_speech_segment_seconds


class RecognitionMode(Protocol):
    """A way to cut audio for the model."""

    @property
    def name(self) -> str:
        """Its name for ``--mode`` and in the transcript."""
        ...

    @property
    def by_pieces(self) -> bool:
        """Whether it recognises while it reads, so that it never holds the whole audio."""
        ...

    def recognise(self, blocks: Iterable[Block], model: SpeechModel, geometry: Geometry, /) -> Iterator[Word]:
        """Yield the words of the audio, in the order of their times.

        Args:
            blocks: consecutive blocks of 16 kHz mono audio.
            model: the model.
            geometry: for modes that do not use the whole audio at once.

        Raises:
            DeviceMemoryError: the device has too little memory.
        """
        ...
