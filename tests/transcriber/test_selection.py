import pytest

from transcriber.modes import MODES
from transcriber.modes.selection import choose_mode


@pytest.mark.parametrize(
    ("minutes", "mode"), [(0.1, "full"), (24, "full"), (24.1, "local"), (180, "local"), (181, "streaming")]
)
def test_auto_goes_by_duration(minutes: float, mode: str) -> None:
    assert choose_mode("auto", minutes * 60) == mode


def test_an_unknown_duration_is_streamed() -> None:
    assert choose_mode("auto", None) == "streaming"


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_that_is_asked_for_is_taken(mode: str) -> None:
    assert choose_mode(mode, 1e6) == mode
