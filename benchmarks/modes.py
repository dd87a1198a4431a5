"""Accuracy and CPU time of every mode, on speech of several kinds: ``python -m benchmarks.modes [MINUTES]``.

The tiny model stands in for the real one: its errors tell what cutting costs, not how well that one hears.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.recording import MINUTES, Recording, ten_minutes
from benchmarks.table import Row
from benchmarks.worker import PROJECT
from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.model.nemo_model import NemoModel
from transcriber.recognition.modes import MODES, Geometry

TINY = PROJECT / "tiny_model" / "tiny.nemo"


@dataclass(frozen=True)
class Outcome:
    """What one way made of one recording."""

    error_rate: float
    cpu_seconds_per_minute: float


def kinds(minutes: float) -> dict[str, Recording]:
    """Return speech of each kind."""
    plain = ten_minutes(minutes=minutes)
    return {
        "with pauses": plain,
        "without pauses": ten_minutes((0.0, 0.05), minutes),
        "noise at 20 dB": _over(plain, _noise(len(plain.samples)), 20),
        "music at 20 dB": _over(plain, _music(len(plain.samples)), 20),
        "hum at 20 dB": _over(plain, _tone(len(plain.samples), 100.0), 20),
    }


def compare(recording: Recording, model: NemoModel) -> dict[str, Outcome]:
    """Return the outcome of each mode."""
    return {
        name: measure(
            recording,
            lambda samples, mode=mode: " ".join(  # type: ignore[misc]
                word.text for word in mode.recognise(_blocks(samples), model, Geometry())
            ),
        )
        for name, mode in MODES.items()
    }


def rows(minutes: float) -> Iterator[Row]:
    """Measure each mode beside NeMo's own way of doing as much at once."""
    recording = ten_minutes(minutes=minutes)
    ours = compare(recording, NemoModel.load(TINY, "cpu", "fp32"))
    plain = {"full": measure(recording, _transcribe()), "streaming": measure(recording, _nemo_streaming())}
    for name, outcome in ours.items():
        way = "streaming" if name == "streaming" else "full"
        yield Row(
            f"{name}, tiny model",
            outcome.cpu_seconds_per_minute,
            plain[way].cpu_seconds_per_minute,
            "CPU s/min",
            "NeMo's streaming loop" if way == "streaming" else "transcribe()",
        )
        yield Row(
            f"{name}, word errors",
            100 * outcome.error_rate,
            100 * plain[way].error_rate,
            "%",
            "NeMo's streaming loop" if way == "streaming" else "transcribe()",
        )


def measure(recording: Recording, recognise: Callable[[Block], str]) -> Outcome:
    """Recognise a little, so that all is set up, then all of ``recording``."""
    from nemo.collections.asr.metrics.wer import word_error_rate

    recognise(recording.samples[: 30 * SAMPLE_RATE])
    began = time.process_time()
    text = recognise(recording.samples)
    took = time.process_time() - began
    minutes = len(recording.samples) / SAMPLE_RATE / 60
    return Outcome(word_error_rate([text], [recording.text]), took / minutes)


def _transcribe() -> Callable[[Block], str]:
    from nemo.collections.asr.models import ASRModel

    model = ASRModel.restore_from(str(TINY), map_location="cpu")

    def recognise(samples: Block) -> str:
        (hypothesis,) = model.transcribe(torch.from_numpy(samples), timestamps=True, verbose=False)
        return str(hypothesis.text)

    return recognise


def _nemo_streaming() -> Callable[[Block], str]:
    from tests.transcriber import nemo_streaming

    model: Any = nemo_streaming.load(TINY)

    def recognise(samples: Block) -> str:
        tokens = nemo_streaming.tokens(model, samples, Geometry())
        return str(model.tokenizer.ids_to_text([number for number, *_times in tokens]))

    return recognise


def _blocks(samples: Block) -> Iterator[Block]:
    for start in range(0, len(samples), SAMPLE_RATE):
        yield samples[start : start + SAMPLE_RATE]


def _over(speech: Recording, sound: Block, decibels: float) -> Recording:
    """Return ``speech`` with ``sound`` so many decibels below it."""
    power = np.mean(np.square(speech.samples)) / np.mean(np.square(sound))
    gain = np.sqrt(power * 10 ** (-decibels / 10))
    return Recording((speech.samples + gain * sound).astype(np.float32), speech.text)


def _noise(samples: int) -> Block:
    return np.random.default_rng(1).normal(0, 1, samples).astype(np.float32)


def _tone(samples: int, hertz: float) -> Block:
    return np.sin(2 * np.pi * hertz * np.arange(samples) / SAMPLE_RATE).astype(np.float32)


def _music(samples: int) -> Block:
    """Return two notes a second of a minor scale, each with overtones that fade."""
    beat = SAMPLE_RATE // 2
    chance = np.random.default_rng(2)
    fading = np.exp(-np.arange(beat) / (0.2 * SAMPLE_RATE))
    notes = 220 * 2 ** (chance.choice([0, 3, 5, 7, 10, 12], samples // beat + 1) / 12)
    tune = [sum(_tone(beat, hertz * part) / part for part in (1, 2, 3, 4)) * fading for hertz in notes]
    return np.concatenate(tune)[:samples].astype(np.float32)


def main() -> None:
    """Print word errors and CPU seconds a minute of audio for each kind of speech and mode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=MINUTES, help="of each kind of speech")
    options = parser.parse_args()
    model = NemoModel.load(Path(TINY), "cpu", "fp32")
    print(f"{'word errors %, CPU s/min':<26}" + "".join(f"{name:>18}" for name in MODES))
    for kind, recording in kinds(options.minutes).items():
        outcomes = compare(recording, model)
        cells = (
            f"{100 * each.error_rate:6.2f} {each.cpu_seconds_per_minute:5.2f}" for each in outcomes.values()
        )
        print(f"{kind:<26}" + "".join(f"{cell:>18}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
