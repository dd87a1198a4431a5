import pytest

from transcriber.recognition.modes import MODES, Geometry
from transcriber.recognition.modes.selection import Choice, choose_mode, step_down


@pytest.mark.parametrize(
    ("seconds", "mode"), [(0.1, "full"), (30, "full"), (30.1, "segmented"), (1e6, "segmented")]
)
def test_auto_cuts_what_is_longer_than_a_segment(seconds: float, mode: str) -> None:
    choice = choose_mode("auto", seconds, Geometry())
    assert choice.mode == mode
    assert "30" in choice.reason


def test_audio_of_unknown_duration_is_cut() -> None:
    choice = choose_mode("auto", None, Geometry())
    assert (choice.mode, choice.limit_seconds) == ("segmented", None)


def test_what_a_wrong_duration_chose_holds_for_little_more_than_a_segment() -> None:
    assert choose_mode("auto", 1, Geometry()).limit_seconds == 60


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_that_is_asked_for_is_taken_for_any_duration(mode: str) -> None:
    assert choose_mode(mode, 1e6, Geometry()) == Choice(mode, "as asked for", None)


@pytest.mark.parametrize(
    ("failed", "mode"), [("full", "segmented"), ("local", "segmented"), ("segmented", "streaming")]
)
def test_the_next_mode_takes_less_memory(failed: str, mode: str) -> None:
    choice = step_down(Choice(failed, "as asked for"), "CUDA out of memory")
    assert choice == Choice(mode, f"{failed} can't go on: CUDA out of memory", None)


def test_nothing_takes_less_than_streaming() -> None:
    assert step_down(Choice("streaming", "as asked for"), "no more") is None
