import pytest

from transcriber.modes import MODES
from transcriber.modes.selection import Choice, Memory, choose_mode, step_down

A100 = Memory(80e9, 2)
L4 = Memory(22e9, 2)
LAPTOP = Memory(8e9, 4)


@pytest.mark.parametrize(
    ("memory", "minutes", "mode"),
    [
        (A100, 0.1, "full"),
        (A100, 24, "full"),
        (A100, 24.1, "local"),
        (A100, 180, "local"),
        (A100, 181, "streaming"),
        (L4, 12, "full"),
        (L4, 24, "local"),
        (L4, 60, "streaming"),
        (LAPTOP, 5, "full"),
        (LAPTOP, 8, "local"),
        (LAPTOP, 10, "streaming"),
    ],
)
def test_auto_goes_by_duration_and_memory(memory: Memory, minutes: float, mode: str) -> None:
    choice = choose_mode("auto", minutes * 60, memory)
    assert choice.mode == mode
    assert f"{minutes:.1f} min" in choice.reason
    assert f"{memory.free_bytes / 1e9:.0f} GB" in choice.reason


def test_an_unknown_duration_is_streamed() -> None:
    assert choose_mode("auto", None, A100).mode == "streaming"


def test_what_auto_chose_holds_for_no_longer_than_it_was_chosen_for() -> None:
    assert choose_mode("auto", 60, A100).limit_seconds == 24 * 60
    assert choose_mode("auto", 3600, A100).limit_seconds == 3 * 3600
    assert choose_mode("auto", 1e6, A100).limit_seconds is None


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_that_is_asked_for_is_taken(mode: str) -> None:
    assert choose_mode(mode, 1e6, LAPTOP).mode == mode


@pytest.mark.parametrize(
    ("failed", "minutes", "mode"),
    [
        ("full", 20, "local"),
        ("full", 60, "streaming"),
        ("local", 20, "streaming"),
        ("local", 60, "streaming"),
    ],
)
def test_the_next_mode_down_is_one_that_can_hold_what_was_read(
    failed: str, minutes: float, mode: str
) -> None:
    choice = step_down(Choice(failed, "as asked for", None), "CUDA out of memory", minutes * 60, L4)
    assert choice is not None
    assert choice.mode == mode
    assert choice.reason == f"{failed} can't go on: CUDA out of memory"
    assert (choice.limit_seconds is None) == (mode == "streaming")


def test_nothing_takes_less_than_streaming() -> None:
    assert step_down(Choice("streaming", "as asked for", None), "no more", 60, A100) is None
