"""Handle signals: the first ends a command in order, the second ends it at once."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


class Interrupts:
    """Turns the first SIGINT, SIGTERM or SIGHUP (the terminal was closed) into a KeyboardInterrupt.

    Another SIGINT or SIGTERM kills all child processes, removes ``scratch_folder`` and ends this process.
    """

    def __init__(self, scratch_folder: Path, tell: Callable[[], None]) -> None:
        """``tell`` is called after the first signal, to say that the command is ending."""
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
        # A closed terminal may send SIGHUP more than once.
        if number != signal.SIGHUP:
            _kill_children()
            shutil.rmtree(self._scratch_folder, ignore_errors=True)
            os._exit(INTERRUPTED)


def _kill_children() -> None:
    """Kill all child processes. If a child leads a process group, kill the group."""
    for path in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, path.read_text().split()):
            with suppress(ProcessLookupError):
                if os.getpgid(pid) == pid:
                    os.killpg(pid, signal.SIGKILL)
                else:
                    os.kill(pid, signal.SIGKILL)
