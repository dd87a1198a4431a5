"""Names of files are any text; what operators see of them is one line that does nothing."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.terminal import printable
from tests.components.graph import ROOT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\a.mp3", r"\x1b[2J\x1b]0;owned\x07.mp3"),
        ("a.mp3\nb.mp3: job 1", r"a.mp3\nb.mp3: job 1"),
        ("a\r\tb", r"a\r\tb"),
        ("\u202e3pm.exe", r"\u202e3pm.exe"),
        ("a\u2028b\x85c\x9bJ", r"a\u2028b\x85c\x9bJ"),
        ("a\u200bb\ufeff\U000e0041.mp3", r"a\u200bb\ufeff\U000e0041.mp3"),
        ("half \ud800", r"half \ud800"),
        ("Запись 9.41.00\u202fAM 🎙️ naïve.mov", "Запись 9.41.00\u202fAM 🎙️ naïve.mov"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_whatever_is_printed_is_one_line_in_any_encoding_of_unicode(text: str) -> None:
    line = printable(text)
    assert len(line.splitlines()) <= 1
    assert line.encode().decode() == line


def test_an_error_of_the_local_pipeline_shows_a_name_and_does_not_obey_it() -> None:
    command = [sys.executable, "-m", "local", "upload", "\x1b[2J\nDown.mp3"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "error: \\x1b[2J\\nDown.mp3: there is no such file.\n"
