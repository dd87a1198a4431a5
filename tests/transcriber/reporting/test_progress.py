import io
import json
import re
from typing import Any

import numpy as np
import pytest

from tests.transcriber.reporting.test_log import Terminal
from transcriber.reporting import log
from transcriber.reporting.progress import Stage, open_progress, report_progress


def lines_of(
    duration_seconds: float | None, seconds: int, stage: Stage = "recognising"
) -> list[dict[str, Any]]:
    """What the log says while ``seconds`` of audio are read."""
    stream = io.StringIO()
    log.configure(stream)
    with open_progress(duration_seconds, stage) as progress:
        for _block in report_progress((np.zeros(16_000, np.float32) for _ in range(seconds)), progress):
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


def test_a_line_says_what_is_done_to_the_audio() -> None:
    assert {line["stage"] for line in lines_of(600, 600)} == {"recognising"}
    assert {line["stage"] for line in lines_of(600, 600, "decoding")} == {"decoding"}


def test_a_short_file_has_a_line_every_half_a_minute_at_most() -> None:
    assert [line["audio_seconds"] for line in lines_of(100, 100)] == [30, 60, 90]


def test_a_shorter_file_is_done_before_there_is_anything_to_say() -> None:
    assert lines_of(20.0, 20) == []


def shown_after(
    seconds: int, duration_seconds: float | None, stage: Stage = "recognising", then: str | None = None
) -> str:
    """What a terminal shows after ``seconds`` of audio, and log line ``then``; the bar is gone after it."""
    terminal = Terminal()
    log.configure(terminal)
    with open_progress(duration_seconds, stage) as progress:
        for _block in report_progress((np.zeros(16_000, np.float32) for _ in range(seconds)), progress):
            pass
        if then:
            log.event(then)
        progress._bar.refresh()  # type: ignore[attr-defined]
        text = terminal.getvalue()
    assert terminal.getvalue().split("\r")[-1].strip() == ""
    return text


@pytest.mark.parametrize(
    ("duration_seconds", "stage", "shown"),
    [
        (20.0, "recognising", r"recognising +50% \|.*\| real-time factor \d\.\d{4}, 00:\d\d left"),
        (None, "recognising", r"recognising 10 s of audio, real-time factor \d\.\d{4}"),
        (5.0, "recognising", r"recognising 10 s of audio, real-time factor \d\.\d{4}"),
        (20.0, "decoding", r"recognising 10 s of audio at once \.\.\."),
    ],
)
def test_a_terminal_shows_how_far_it_is(duration_seconds: float | None, stage: Stage, shown: str) -> None:
    last = shown_after(10, duration_seconds, stage).split("\r")[-1]
    assert re.fullmatch(shown, last.rstrip())


def test_decoding_is_shown_as_such() -> None:
    terminal = Terminal()
    log.configure(terminal)
    with open_progress(20.0, "decoding") as progress:
        progress.advance(10.0)
        progress._bar.refresh()  # type: ignore[attr-defined]
        assert "decoding  50% |" in terminal.getvalue()


def test_a_line_of_the_log_stands_above_the_bar() -> None:
    *lines, bar = shown_after(10, 20.0, then="something happened").splitlines()
    assert any(line.endswith("something happened") for line in lines)
    assert "50% |" in bar


def test_no_bar_is_drawn_where_nobody_watches() -> None:
    assert {line["message"] for line in lines_of(600, 600)} == {"progress"}
