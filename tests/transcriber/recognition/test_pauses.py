"""Audio is cut where nobody speaks, if there is such a place."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.transcriber.media import tone
from transcriber.audio.resampling import SAMPLE_RATE, Block
from transcriber.recognition.pauses import FRAME_SAMPLES, Cut, Cutting, EnergyDetector, cut_at_pauses

CUTTING = Cutting(longest_segment=3.0, shortest_pause=0.2, surroundings=12.0)


def seconds(cut: Cut) -> float:
    return len(cut.samples) / SAMPLE_RATE


def blocks_of(samples: Block, block_samples: int = SAMPLE_RATE) -> Iterator[Block]:
    for start in range(0, len(samples), block_samples):
        yield samples[start : start + block_samples]


def speech(*spoken: float, pause: float = 0.5, noise: float = 0.001, level: float = 0.3) -> Block:
    """Bursts of the given seconds, ``pause`` seconds apart, in a room of ``noise``."""
    gap = np.zeros(round(pause * SAMPLE_RATE), dtype=np.float32)
    samples = np.concatenate([part for length in spoken for part in (tone(length) * level / 0.3, gap)])
    room = np.random.default_rng(1).normal(0, noise, len(samples))
    return (samples + room).astype(np.float32)


def cuts(samples: Block, cutting: Cutting = CUTTING) -> list[Cut]:
    return list(cut_at_pauses(blocks_of(samples), EnergyDetector(), cutting))


def starts(found: list[Cut]) -> list[float]:
    return [cut.start / SAMPLE_RATE for cut in found]


def test_segments_end_in_the_middle_of_the_last_pause_in_reach() -> None:
    found = cuts(speech(1.0, 1.0, 1.0, 1.0, 1.0, 1.0))
    assert starts(found) == pytest.approx([0, 2.75, 5.62, 7.25], abs=0.03)


@pytest.mark.parametrize("pause", [0.1, 0.15])
def test_a_gap_within_a_word_is_no_pause(pause: float) -> None:
    found = cuts(np.concatenate([speech(1.2), speech(0.5, 0.5, 0.5, pause=pause)]))
    assert starts(found) == pytest.approx([0, 1.45], abs=0.03)


def test_a_quiet_voice_is_speech_too() -> None:
    samples = np.concatenate([speech(1.0, 0.8), speech(1.0, 1.0, 1.0, level=0.02)])
    assert starts(cuts(samples)) == pytest.approx([0, 2.55, 5.3], abs=0.3)


@pytest.mark.parametrize("level", [1e-2, 1e-3, 1e-4, 2e-5])
def test_what_is_speech_does_not_depend_on_how_loud_the_recording_is(level: float) -> None:
    samples = speech(1.0, 0.4, 1.0, pause=0.4)
    samples *= np.linspace(1.0, 0.05, len(samples), dtype=np.float32)
    loud = EnergyDetector().scores(samples) > 0
    assert loud.any()
    assert (EnergyDetector().scores(samples * np.float32(level)) > 0).tolist() == loud.tolist()


def test_where_there_is_no_pause_the_quietest_place_is_cut() -> None:
    samples = tone(8.0)
    quiet = slice(round(2.2 * SAMPLE_RATE), round(2.4 * SAMPLE_RATE))
    samples[quiet] *= 0.7
    found = cuts(samples)
    assert starts(found)[1] == pytest.approx(2.3, abs=0.02)
    assert all(1.5 <= seconds(cut) <= 3 for cut in found[:-1])


@pytest.mark.parametrize("samples", [tone(9.0), np.full(9 * SAMPLE_RATE, 0.5, np.float32)])
def test_a_constant_sound_is_cut_all_the_same(samples: Block) -> None:
    found = cuts(samples)
    assert all(1.5 <= seconds(cut) <= 3 for cut in found[:-1])


def test_digital_silence_around_speech_makes_echoes_no_speech() -> None:
    silent = np.zeros(SAMPLE_RATE // 2, dtype=np.float32)
    echo = np.float32(1e-4) * tone(0.5)
    samples = np.concatenate([tone(2.0), echo, silent, tone(2.0), echo, silent])
    assert starts(cuts(samples))[1] == pytest.approx(2.5, abs=0.05)


def test_no_audio_gives_no_segment() -> None:
    assert cuts(np.empty(0, dtype=np.float32)) == []


@settings(max_examples=60, deadline=None)
@given(
    length=st.floats(0, 40),
    block=st.integers(1_000, 100_000),
    pattern=st.integers(0, 2**32 - 1),
    quiet_share=st.floats(0, 1),
)
# The last segment would be as long as one may be but for a part of a frame.
@example(length=38.046875, block=1000, pattern=0, quiet_share=0.0)
def test_whatever_the_sound_all_of_it_is_in_segments_within_the_limit(
    length: float, block: int, pattern: int, quiet_share: float
) -> None:
    chance = np.random.default_rng(pattern)
    count = math.ceil(length * SAMPLE_RATE)
    loudness = np.repeat(chance.random(count // 4_000 + 1) > quiet_share, 4_000)[:count]
    samples = (chance.normal(0, 0.1, count) * loudness).astype(np.float32)
    found = list(cut_at_pauses(blocks_of(samples, block), EnergyDetector(), CUTTING))
    assert np.array_equal(np.concatenate([samples[:0], *(cut.samples for cut in found)]), samples)
    assert [cut.start for cut in found] == [0, *np.cumsum([len(cut.samples) for cut in found])][: len(found)]
    assert all(0 < len(cut.samples) <= 3 * SAMPLE_RATE for cut in found)
    assert all(cut.start % FRAME_SAMPLES == 0 for cut in found)


def test_no_more_is_read_than_is_judged_at_once() -> None:
    blocks = blocks_of(speech(*[1.0] * 60))
    next(cut_at_pauses(blocks, EnergyDetector(), CUTTING))
    assert len(list(blocks)) > 60 * 1.5 - CUTTING.surroundings - 2
