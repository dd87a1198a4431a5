"""What a recognition mode is, and what it may ask of the model."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from transcriber.audio import Block
from transcriber.words import Token, Word

Precision = Literal["fp32", "bf16", "fp16"]


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

    def attend_fully(self) -> None:
        """Let every frame see all others from now on."""
        ...

    def attend_locally(self) -> None:
        """Let every frame see its surroundings from now on; memory grows with duration, not its square."""
        ...

    def encode(self, samples: Block) -> Any:
        """Return the encoded audio of ``samples``."""
        ...

    def decode(self, encoded: Any, state: Any = None) -> tuple[list[Token], Any]:
        """Return the tokens of ``encoded`` and the state to go on from; with ``state``, go on from there."""
        ...


@dataclass(frozen=True)
class WindowSeconds:
    """The geometry of streaming windows, in seconds."""

    chunk: float = 20.0
    left_context: float = 5.0
    right_context: float = 3.0


class RecognitionMode(Protocol):
    """A way to cut audio for the model."""

    @property
    def name(self) -> str:
        """What ``--mode`` and the transcript call it."""
        ...

    def recognise(
        self, blocks: Iterable[Block], model: SpeechModel, window: WindowSeconds, /
    ) -> Iterator[Word]:
        """Yield the words of the audio, in the order of their times.

        Args:
            blocks: consecutive blocks of 16 kHz mono audio.
            model: what recognises.
            window: for modes that go by windows.
        """
        ...
