"""A runbook's script is one file that needs nothing else of this project."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from components import script_bundle
from components.project import PROJECT
from components.script_bundle import bundle

DOCUMENT_LIMIT_BYTES = 64 * 1024
"""The longest document that Systems Manager takes."""


@pytest.mark.parametrize("name", ["report_failure", "announce"])
def test_a_script_runs_where_there_is_no_other_file_of_this_project(name: str, tmp_path: Path) -> None:
    text = bundle(PROJECT / "runbooks" / f"{name}.py")
    (tmp_path / "script.py").write_text(f"{text}\nprint(handler.__module__, type(handler).__name__)\n")
    ended = subprocess.run(
        [sys.executable, "-I", "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr) == ("__main__ function\n", "")
    assert "{{" not in text
    assert len(json.dumps(text).encode()) < DOCUMENT_LIMIT_BYTES - 8 * 1024


def test_modules_that_modules_import_are_embedded_before_them_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script_bundle, "PROJECT", tmp_path)
    (tmp_path / "transcriber").mkdir()
    (tmp_path / "transcriber" / "base.py").write_text("RATE = r'\\d'\n")
    (tmp_path / "transcriber" / "middle.py").write_text("from transcriber.base import RATE as MIDDLE\n")
    (tmp_path / "step.py").write_text(
        "from transcriber.middle import MIDDLE\nfrom transcriber.base import RATE\nprint(MIDDLE + RATE)\n"
    )
    text = bundle(tmp_path / "step.py")
    ended = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True, check=True)
    assert ended.stdout == "\\d\\d\n"
    assert text.count("RATE = r") == 1


@pytest.mark.parametrize(
    ("step", "module", "reason"),
    [
        ("import transcriber.a\n", "", "line 1 is not"),
        ("from transcriber.missing import b\n", "", "transcriber.missing is not a module"),
        ("from transcriber.a import b\n", "b = '''c'''\n", "raw string"),
        ("from transcriber.a import b\n", "b = '{{ name }}'\n", "Automation would replace"),
    ],
)
def test_what_can_t_be_embedded_is_refused(
    step: str, module: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script_bundle, "PROJECT", tmp_path)
    (tmp_path / "transcriber").mkdir()
    (tmp_path / "transcriber" / "a.py").write_text(module)
    (tmp_path / "step.py").write_text(step)
    with pytest.raises(ValueError, match=reason):
        bundle(tmp_path / "step.py")
