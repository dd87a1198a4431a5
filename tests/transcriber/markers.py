"""Recordings with a tone at each second mark, by whose pitch one can tell which second it is."""

from pathlib import Path

import numpy as np

from tests.transcriber.media import Samples
from transcriber.audio.damage import Damage
from transcriber.audio.reader import SAMPLE_RATE, AudioReader

STEP_SECONDS = 2
TONE_SECONDS = 0.3
WINDOW_SAMPLES = 160


def pitch(mark: int) -> float:
    return 400.0 + 40.0 * mark


def marked(seconds: int, rate: int, first: int = 1) -> Samples:
    """Murmur with a tone every two seconds; ``first`` is the number of the one at second 2."""
    times = np.arange(seconds * rate) / rate
    samples = np.random.default_rng(0).normal(0, 0.003, len(times))
    for number in range(1, seconds // STEP_SECONDS):
        at = slice(STEP_SECONDS * number * rate, round((STEP_SECONDS * number + TONE_SECONDS) * rate))
        samples[at] += 0.5 * np.sin(2 * np.pi * pitch(first - 1 + number) * times[at])
    return samples.astype(np.float32)


def mark_times(samples: Samples, marks: range) -> dict[int, float]:
    """When each of ``marks`` that can be heard begins, in seconds."""
    whole = samples[: len(samples) // WINDOW_SAMPLES * WINDOW_SAMPLES]
    times = np.arange(len(whole)) / SAMPLE_RATE
    found = {}
    for mark in marks:
        beat = (whole * np.exp(-2j * np.pi * pitch(mark) * times)).reshape(-1, WINDOW_SAMPLES).mean(axis=1)
        loud = np.flatnonzero(np.abs(np.convolve(beat, np.full(10, 0.1), "same")) > 0.12)
        if len(loud):
            found[mark] = float(loud[0]) * WINDOW_SAMPLES / SAMPLE_RATE
    return found


def read(path: Path) -> tuple[Samples, list[Damage]]:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        samples = np.concatenate(list(audio.blocks()))
        return samples, audio.damage.entries


def assert_in_place_or_told(path: Path, seconds: int, damage_after: float | None = None) -> None:
    """Every mark is heard in time, or damage covers it; ``damage_after`` is where a format tells no more."""
    samples, damage = read(path)
    marks = range(1, seconds // STEP_SECONDS)
    found = mark_times(samples, marks)
    for mark in marks:
        true_time = STEP_SECONDS * mark
        told = any(
            part.start - 0.5 <= true_time <= part.end + 0.5
            or part.start - 0.5 <= true_time + TONE_SECONDS <= part.end + 0.5
            for part in damage
        )
        if mark in found:
            assert abs(found[mark] - true_time) < 0.15 or told, (path.name, mark, found[mark], damage)
        else:
            is_after = damage_after is not None and true_time + TONE_SECONDS > damage_after
            assert told or is_after, (path.name, mark, damage)
