"""Streaming beside NeMo's own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from transcriber.audio.reader import SAMPLE_RATE, AudioReader, Block
from transcriber.recognition.modes import MODES, Geometry, SpeechModel
from transcriber.transcript.words import Token, Word

NemoStreaming = Callable[[Block, Geometry], list[tuple[str, int, int]]]


@pytest.fixture(scope="module")
def speech(samples: dict[str, str], samples_folder: Path) -> Block:
    """All samples twice, 70 seconds."""
    pieces = []
    for name in [*samples, *samples]:
        with (samples_folder / name).open("rb") as file, AudioReader(file, name) as audio:
            pieces += list(audio.blocks())
    return np.concatenate(pieces)


@pytest.fixture(scope="module")
def nemo_streaming(tiny_model: Path) -> NemoStreaming:
    from tests.transcriber import nemo_streaming

    model = nemo_streaming.load(tiny_model)

    def run(samples: Block, geometry: Geometry) -> list[tuple[str, int, int]]:
        return [
            (model.tokenizer.ids_to_tokens([number])[0], start, duration)
            for number, start, duration in nemo_streaming.tokens(model, samples, geometry)
        ]

    return run


class Recorder:
    """A model that keeps the tokens which it decodes."""

    def __init__(self, model: SpeechModel) -> None:
        self._model = model
        self.tokens: list[Token] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def decode(self, encoded: Any, state: Any = None) -> tuple[list[Token], Any]:
        tokens, state = self._model.decode(encoded, state)
        self.tokens += tokens
        return tokens, state


def blocks_of(samples: Block) -> Iterator[Block]:
    for start in range(0, len(samples), SAMPLE_RATE):
        yield samples[start : start + SAMPLE_RATE]


def stream(model: SpeechModel, samples: Block, geometry: Geometry) -> tuple[list[Token], list[Word]]:
    recorder = Recorder(model)
    words = list(MODES["streaming"].recognise(blocks_of(samples), recorder, geometry))
    return recorder.tokens, words


@pytest.mark.parametrize(
    ("seconds", "geometry"),
    [
        (None, Geometry(20, 5, 3)),
        (None, Geometry(10, 10, 5)),
        (None, Geometry(3.14, 2.5, 0.8)),
        (None, Geometry(2, 0, 0.16)),
        (60, Geometry(10, 5, 2)),
        (59.3, Geometry(8, 4, 2)),
        (23.0, Geometry(20, 5, 3)),
        (23.01, Geometry(20, 5, 3)),
        (7.5, Geometry(20, 5, 3)),
        (0.5, Geometry(20, 5, 3)),
    ],
)
def test_tokens_and_their_times_are_those_of_nemos_own_loop(
    seconds: float | None,
    geometry: Geometry,
    speech: Block,
    model: SpeechModel,
    nemo_streaming: NemoStreaming,
) -> None:
    samples = speech if seconds is None else speech[: round(seconds * SAMPLE_RATE)]
    tokens, _words = stream(model, samples, geometry)
    found = [(token.piece, token.start_frame, token.duration_frames) for token in tokens]
    assert found == nemo_streaming(samples, geometry)
    assert seconds == 0.5 or found


def test_word_times_are_from_the_start_of_the_file(speech: Block, model: SpeechModel) -> None:
    _tokens, words = stream(model, speech, Geometry(8, 4, 2))
    starts = [word.start for word in words]
    assert starts == sorted(starts)
    assert starts[-1] > len(speech) / SAMPLE_RATE - 8
    for word in words[:: len(words) // 6]:
        around = speech[round(word.start * SAMPLE_RATE) : round((word.end + 0.2) * SAMPLE_RATE)]
        assert np.abs(around).max() > 0.02
