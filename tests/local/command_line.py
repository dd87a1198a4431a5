"""`python -m local` as its users run it, with its state in a folder of the test's own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.pipeline import PROJECT

PROGRAM = """
import sys
from pathlib import Path
import local.__main__ as command_line
command_line.STATE_FOLDER = Path(sys.argv.pop(1))
command_line.run()
"""
COMMON_UMASK = 0o022
SECONDS = 120


def start(
    folder: Path, *arguments: str | bytes, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Run a command; what it says on both streams can be read line by line."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), *arguments],
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        umask=COMMON_UMASK,
        text=True,
    )


def run(
    folder: Path, *arguments: str | bytes, environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command to its end; return its exit code and what it said."""
    process = start(folder, *arguments, environment=environment)
    said, _ = process.communicate(timeout=SECONDS)
    return process.returncode, said


def read_until(process: subprocess.Popen[str], beginning: str) -> list[str]:
    """Return the lines that the process prints, up to the first with this beginning."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(beginning):
            return lines
    raise AssertionError("\n".join(lines))
