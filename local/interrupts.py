"""Signals that end a command: the first one in order, a second Ctrl-C at once."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended."""


class Interrupts:
    """Turns SIGINT, SIGTERM and SIGHUP (the terminal is closed) into one KeyboardInterrupt.

    While the command then ends in order, another SIGINT or SIGTERM kills all child processes, removes
    ``scratch_folder`` and ends this process.
    """

    def __init__(self, scratch_folder: Path, tell: Callable[[], None]) -> None:
        """``tell`` says, after the first signal, that the end has begun."""
        self._scratch_folder = scratch_folder
        self._tell = tell
        self._is_ending = False

    def install(self) -> None:
        """Handle the signals from now on; call from the main thread."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._handle)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if not self._is_ending:
            self._is_ending = True
            self._tell()
            raise KeyboardInterrupt
        # A terminal that is closed may send its signal more than once.
        if number != signal.SIGHUP:
            _kill_children()
            shutil.rmtree(self._scratch_folder, ignore_errors=True)
            os._exit(INTERRUPTED)


def _kill_children() -> None:
    """Kill the processes that this one started, with their groups where they lead one."""
    for path in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, path.read_text().split()):
            with suppress(ProcessLookupError):
                if os.getpgid(pid) == pid:
                    os.killpg(pid, signal.SIGKILL)
                else:
                    os.kill(pid, signal.SIGKILL)
