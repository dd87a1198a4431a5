"""A recording at a very low level has the words of the same recording at full scale."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.transcriber.media import Samples, write_audio
from transcriber.audio.channel_outputs import Sound
from transcriber.audio.reader import AudioReader
from transcriber.recognition.modes import MODES, Geometry, SpeechModel
from transcriber.recognition.split_channels import recognise_channels
from transcriber.transcript.words import Word

Recognise = Callable[[Iterable[Sound], SpeechModel], Iterator[Word]]
NOISE_BELOW_SPEECH = 10 ** (-30 / 20)

WAYS: dict[str, tuple[Recognise, bool]] = {
    "mix": (lambda blocks, model: MODES["full"].recognise(blocks, model, Geometry()), False),
    "split": (
        lambda blocks, model: (word for _, word in recognise_channels(blocks, 1, model, Geometry())),
        True,
    ),
}
"""How words are found, and whether the channels are apart then."""


@pytest.fixture(scope="module", params=[0.0, NOISE_BELOW_SPEECH], ids=["no noise", "noise"])
def voice(request: pytest.FixtureRequest, samples_folder: Path) -> Samples:
    """Some speech whose loudest sample is at full scale, in a room of more or less noise."""
    with (samples_folder / "voice-note.ogg").open("rb") as file, AudioReader(file, "voice-note.ogg") as audio:
        sound = np.concatenate(list(audio.blocks()))
    noise = np.random.default_rng(0).normal(0, request.param, len(sound))
    mixed = sound / np.abs(sound).max() + noise
    return (mixed / np.abs(mixed).max()).astype(np.float32)


@pytest.mark.parametrize("way", WAYS)
def test_speech_at_80_decibels_below_full_scale_keeps_its_words(
    voice: Samples, way: str, model: SpeechModel, tmp_path: Path
) -> None:
    recognise, is_split = WAYS[way]

    def text(decibels: int) -> str:
        path = write_audio(
            tmp_path / f"{-decibels}.wav", voice * np.float32(10 ** (decibels / 20)), codec="pcm_s24le"
        )
        with path.open("rb") as file, AudioReader(file, path.name, split=is_split) as audio:
            return " ".join(word.text for word in recognise(audio.blocks(), model))

    loud = text(-1)
    assert len(loud.split()) >= 15
    assert text(-80) == loud
