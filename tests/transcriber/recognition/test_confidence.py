"""What is no speech gives no words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.recording import ten_minutes
from tests.transcriber.conftest import LoadModel
from tests.transcriber.media import write_audio
from transcriber import job
from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.command_line import parse

SAMPLES = 20 * SAMPLE_RATE


@pytest.fixture(autouse=True)
def _tiny_model(monkeypatch: pytest.MonkeyPatch, prepared_model: Path) -> None:
    monkeypatch.setenv("TRANSCRIBER_MODEL", str(prepared_model))


def transcribe(samples: Block, folder: Path, load: LoadModel, *options: str) -> dict[str, Any]:
    source = write_audio(folder / "sound.wav", samples)
    job.run(parse([str(source), str(folder), "--formats", "json,txt", *options]), load)
    transcript: dict[str, Any] = json.loads((folder / "sound.wav.json").read_text())
    return transcript


def noise() -> Block:
    return (0.1 * np.random.default_rng(1).normal(0, 1, SAMPLES)).astype(np.float32)


def music() -> Block:
    """Notes of a minor scale, each with overtones that fade."""
    beat = SAMPLE_RATE // 2
    chance = np.random.default_rng(2)
    fading = np.exp(-np.arange(beat) / (0.2 * SAMPLE_RATE))
    seconds = np.arange(beat) / SAMPLE_RATE
    notes = 220 * 2 ** (chance.choice([0, 3, 5, 7, 10, 12], SAMPLES // beat) / 12)
    tune = [
        sum(np.sin(2 * np.pi * hertz * part * seconds) / part for part in (1, 2, 3, 4)) * fading
        for hertz in notes
    ]
    return (0.1 * np.concatenate(tune)).astype(np.float32)


def hum() -> Block:
    return (0.1 * np.sin(2 * np.pi * 100 * np.arange(SAMPLES) / SAMPLE_RATE)).astype(np.float32)


@pytest.mark.parametrize("sound", [noise, music, hum])
@pytest.mark.parametrize("mode", ["full", "segmented", "streaming"])
def test_sound_that_is_no_speech_gives_no_words(
    sound: Callable[[], Block], mode: str, load_model: LoadModel, tmp_path: Path
) -> None:
    transcript = transcribe(sound(), tmp_path, load_model, "--mode", mode)
    assert (transcript["text"], transcript["segments"]) == ("", [])
    assert (tmp_path / "sound.wav.txt").read_text() == ""


def test_what_is_left_out_is_listed(load_model: LoadModel, tmp_path: Path) -> None:
    left_out = transcribe(noise(), tmp_path, load_model)["left_out"]
    assert left_out
    for segment in left_out:
        assert 0 <= segment["start"] < segment["end"] <= SAMPLES / SAMPLE_RATE
        assert segment["text"]
        assert segment["confidence"] < 0.2


def test_a_floor_of_0_keeps_all(load_model: LoadModel, tmp_path: Path) -> None:
    without = transcribe(noise(), tmp_path, load_model)
    kept = transcribe(noise(), tmp_path, load_model, "--min-confidence", "0", "--force")
    assert [segment["text"] for segment in kept["segments"]] == [
        segment["text"] for segment in without["left_out"]
    ]
    assert kept["left_out"] == []


def test_nothing_of_speech_is_left_out(load_model: LoadModel, tmp_path: Path) -> None:
    transcript = transcribe(ten_minutes(minutes=1).samples, tmp_path, load_model)
    assert transcript["left_out"] == []
    assert [segment["id"] for segment in transcript["segments"]] == list(range(len(transcript["segments"])))
