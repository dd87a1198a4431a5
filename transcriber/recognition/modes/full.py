"""Recognise the whole file at once, with full attention."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

import numpy as np

from transcriber.audio.reader import Block
from transcriber.recognition.loudness import raised
from transcriber.recognition.modes.base import DeviceMemoryError, Geometry, SpeechModel
from transcriber.transcript.words import Word, words_from_tokens


class FullAttention:
    """Every frame attends to all others. Memory grows with the square of the duration."""

    name: ClassVar[str] = "full"
    by_pieces: ClassVar[bool] = False

    def recognise(
        self, blocks: Iterable[Block], model: SpeechModel, _geometry: Geometry, /
    ) -> Iterator[Word]:
        """Yield the words once all audio is read and recognised."""
        model.attend_fully()
        yield from recognise_whole(blocks, model)


def recognise_whole(blocks: Iterable[Block], model: SpeechModel) -> Iterator[Word]:
    """Yield the words of the whole audio, encoded in one piece with the present attention of ``model``.

    Raises:
        DeviceMemoryError: the device has too little memory.
    """
    try:
        samples = np.concatenate(list(blocks))
    except MemoryError as error:
        raise DeviceMemoryError from error
    with model.within_free_memory():
        tokens, _state = model.decode([model.encode(raised(samples))])
    yield from words_from_tokens(tokens, model.frame_seconds)
