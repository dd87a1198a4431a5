"""Worker processes to measure."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tiny_model.prepared import prepare_tiny_model

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Usage:
    """What a process took."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a folder for what is made to be measured, gone after the block."""
    with TemporaryDirectory(prefix="benchmark-") as folder:
        yield Path(folder)


def transcribe(source: Path, folder: Path, *options: str) -> Usage:
    """Transcribe ``source`` with the tiny model in a process of its own, results to ``folder``.

    Raises:
        subprocess.CalledProcessError: it failed; its log is on standard error.
    """
    model = prepare_tiny_model(folder)
    command = [sys.executable, "-m", "transcriber", str(source), str(folder), "--model", str(model), *options]
    started = time.monotonic()
    with subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE) as process:
        assert process.stderr
        log = process.stderr.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.stderr.buffer.write(log)
        raise subprocess.CalledProcessError(process.returncode, command)
    return Usage(
        wall_seconds=time.monotonic() - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * 1024,
    )
