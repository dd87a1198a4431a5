"""A worker as a person sees it."""

import os
import pty
import re
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.transcriber.conftest import PROJECT, WORKER_SECONDS
from tests.transcriber.media import write_audio

ESCAPE = "\x1b"


@pytest.fixture
def shown(
    environment: dict[str, str], worker_command: Callable[..., list[str]]
) -> Callable[..., tuple[int, str]]:
    """Run a worker at a terminal; return its exit code and all that the terminal got."""

    def run(*arguments: object, columns: int = 80, term: str = "xterm") -> tuple[int, str]:
        controller, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (24, columns))
        with subprocess.Popen(
            worker_command(*arguments),
            cwd=PROJECT,
            env={**environment, "TERM": term},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        ) as process:
            os.close(terminal)
            received = b""
            while True:
                try:
                    piece = os.read(controller, 4096)
                except OSError:
                    break
                received += piece
            os.close(controller)
            return process.wait(WORKER_SECONDS), received.decode()

    return run


@pytest.mark.parametrize(("term", "columns"), [("xterm", 100), ("dumb", 40)])
def test_a_person_sees_how_far_it_is_and_lines_to_read(
    shown: Callable[..., tuple[int, str]], term: str, columns: int, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 60).astype(np.float32)
    source = write_audio(tmp_path / "noise.wav", noise)
    code, text = shown(source, tmp_path / "out", "--mode", "streaming", term=term, columns=columns)
    assert code == 0
    assert re.search(r"\d+% \|.+\| (real-time factor|RTF) \d+\.\d{4}, \d+:\d\d left", text)
    lines = [line.split("\r")[-1] for line in text.replace("\r\n", "\n").split("\n")]
    events = [line for line in lines if line.strip()]
    assert all(re.match(r"\d\d:\d\d:\d\d \w", line) for line in events)
    assert any("recognising" in line for line in events)
    assert ESCAPE not in text
    bars = [part for part in re.split(r"[\r\n]", text) if "% |" in part]
    assert max(map(len, bars)) <= columns


def test_a_person_sees_that_all_of_it_is_recognised_at_once(
    shown: Callable[..., tuple[int, str]], samples_folder: Path, tmp_path: Path
) -> None:
    code, text = shown(samples_folder / "meeting.wav", tmp_path / "out", "--mode", "full", columns=40)
    assert code == 0
    assert "\rrecognising 4 s of audio at once ..." in text
    assert re.match(r"\d\d:\d\d:\d\d transcript written", text.rstrip().splitlines()[-1].split("\r")[-1])


def test_what_a_name_holds_is_shown_and_not_obeyed(
    shown: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, text = shown(tmp_path / f"{ESCAPE}]0;owned\a{ESCAPE}[2J.mp3", tmp_path / "out")
    assert code == 65
    assert ESCAPE not in text
    assert "\\x1b[2J.mp3" in text
