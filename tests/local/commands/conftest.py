"""One stack, brought up as users do it, for all tests of the commands."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import state
from local.state import RunningPipeline
from tests.local.command_line import read_until, start


@dataclass(frozen=True)
class Up:
    """A running `up`: its folder, its process, and what it has said."""

    folder: Path
    process: subprocess.Popen[str]
    lines: list[str]

    @property
    def pipeline(self) -> RunningPipeline:
        """What the other commands find."""
        return state.find(self.folder)


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("it's [x] up") / "state"
    process = start(folder, "up", "--jobs", "2")
    try:
        yield Up(folder, process, read_until(process, "Logs: "))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
