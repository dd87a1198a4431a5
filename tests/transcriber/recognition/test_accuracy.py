"""What cutting the audio costs in words."""

import pytest

from benchmarks.recording import Recording, ten_minutes
from tests.transcriber.recognition.modes.test_modes import error_rate, one_second_blocks, text_of
from transcriber.recognition.modes import MODES, Geometry, SpeechModel

MAX_DIFFERENCE = 0.003


@pytest.fixture(scope="module")
def recording() -> Recording:
    return ten_minutes()


@pytest.fixture(scope="module")
def full_error_rate(recording: Recording, model: SpeechModel) -> float:
    return measure("full", recording, model)


def measure(mode: str, recording: Recording, model: SpeechModel) -> float:
    words = list(MODES[mode].recognise(one_second_blocks(recording.samples), model, Geometry()))
    return error_rate(text_of(words), recording.text)


def test_full_attention_understands_ten_minutes(full_error_rate: float) -> None:
    assert full_error_rate < 0.01


@pytest.mark.parametrize("mode", [name for name in MODES if name != "full"])
def test_every_mode_is_as_good_as_full_attention(
    mode: str, recording: Recording, model: SpeechModel, full_error_rate: float
) -> None:
    assert measure(mode, recording, model) - full_error_rate <= MAX_DIFFERENCE
