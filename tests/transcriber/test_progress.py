import io
import json
from typing import Any

import numpy as np
import pytest

from tests.transcriber.test_log import Terminal
from transcriber import log
from transcriber.progress import shown_progress, watched


def lines_of(duration_seconds: float | None, seconds: int) -> list[dict[str, Any]]:
    """What the log says while ``seconds`` of audio are read."""
    stream = io.StringIO()
    log.configure(stream)
    with shown_progress(duration_seconds) as progress:
        for _block in watched((np.zeros(16_000, np.float32) for _ in range(seconds)), progress):
            pass
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_tenth_is_a_line_with_its_figures() -> None:
    lines = lines_of(2000, 2000)
    assert [line["percent"] for line in lines] == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert {line["message"] for line in lines} == {"progress"}
    assert lines[4]["audio_seconds"] == 1000
    assert lines[4]["real_time_factor"] >= 0
    assert lines[4]["seconds_left"] >= 0


@pytest.mark.parametrize("duration_seconds", [None, 0.0, 10.0])
def test_where_the_duration_is_unknown_or_wrong_every_ten_minutes_are(duration_seconds: float | None) -> None:
    lines = [line for line in lines_of(duration_seconds, 1900) if "percent" not in line]
    assert [round(line["audio_seconds"], -2) for line in lines] == [600, 1200, 1800]


def test_a_short_file_has_a_line_a_minute_at_most() -> None:
    assert [line["audio_seconds"] for line in lines_of(150, 150)] == [60, 120]


def test_a_shorter_file_is_done_before_there_is_anything_to_say() -> None:
    assert lines_of(40.0, 40) == []


@pytest.mark.parametrize(
    ("duration_seconds", "shown"), [(20.0, "50% |"), (None, "10 s of audio"), (5.0, "100% |")]
)
def test_a_terminal_shows_a_bar_that_goes_away(duration_seconds: float | None, shown: str) -> None:
    terminal = Terminal()
    log.configure(terminal)
    with shown_progress(duration_seconds) as progress:
        for number, _block in enumerate(watched((np.zeros(16_000, np.float32) for _ in range(11)), progress)):
            if number == 10:
                progress._bar.refresh()  # type: ignore[attr-defined]
                assert shown in terminal.getvalue()
                assert "real-time factor" in terminal.getvalue()
                log.event("something happened")
    last_line = terminal.getvalue().splitlines()[-1]
    assert last_line.split("\r")[-1].strip() == ""
    assert any(line.endswith("something happened") for line in terminal.getvalue().splitlines())
