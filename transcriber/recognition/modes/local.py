"""Recognise the whole file at once, with local attention."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from transcriber.audio.reader import Block
from transcriber.recognition.modes.base import Geometry, SpeechModel
from transcriber.recognition.modes.full import recognise_whole
from transcriber.transcript.words import Word


class LocalAttention:
    """Every frame attends to its neighbours. Memory grows with the duration."""

    name: ClassVar[str] = "local"
    by_pieces: ClassVar[bool] = False

    def recognise(self, blocks: Iterable[Block], model: SpeechModel, geometry: Geometry, /) -> Iterator[Word]:
        """Yield the words once all audio is read and recognised."""
        model.attend_locally(geometry.attention_frames)
        yield from recognise_whole(blocks, model)
