"""A container as a process: start it, read its output line by line, stop it as ECS does."""

import codecs
import os
import select
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from emulator.processes import signal_group, spawn

READ_BYTES = 65_536
PIPE_BYTES = 1_048_576
"""More than a pipe holds (64 KiB by default), so one read takes all the rest."""


class Container:
    """A running command. A thread of the container passes its output to ``on_lines``."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        working_directory: Path,
        on_lines: Callable[[list[str]], None],
    ) -> None:
        """Start it. Call this from the thread that will ``wait``: the process ends with that thread.

        Raises:
            OSError: the working directory can't be entered.
        """
        self._on_lines = on_lines
        self._output, output = os.pipe()
        self._ended, self._running = os.pipe()
        self._timers: list[threading.Timer] = []
        try:
            self._process = spawn(
                command, environment=environment, working_directory=working_directory, output=output
            )
        except OSError:
            for descriptor in (self._output, self._ended, self._running):
                os.close(descriptor)
            raise
        finally:
            os.close(output)
        self._reader = threading.Thread(target=self._read, name=f"output-{self._process.pid}")
        self._reader.start()

    def stop(self, grace_seconds: float) -> None:
        """Send SIGTERM now, and SIGKILL if it still runs after ``grace_seconds``. Return at once."""
        signal_group(self._process, signal.SIGTERM)
        self.after(grace_seconds, lambda: signal_group(self._process, signal.SIGKILL))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call ``action`` from another thread if the container still runs in ``seconds``."""
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def wait(self) -> int:
        """Wait for its end and all of its output; return the exit code (128 + signal if a signal ended it).

        As in a container, all other processes end with the first one.
        """
        try:
            status = self._process.wait()
        finally:
            for timer in self._timers:
                timer.cancel()
            signal_group(self._process, signal.SIGKILL)
            os.close(self._running)
            self._reader.join()
            os.close(self._output)
            os.close(self._ended)
        return status if status >= 0 else 128 - status

    def _read(self) -> None:
        """Pass on lines until the output is closed, or the process has ended and a child keeps it open."""
        decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        rest, reading = "", True
        while reading:
            ready, _, _ = select.select([self._output, self._ended], [], [])
            chunk = (
                os.read(self._output, PIPE_BYTES if self._ended in ready else READ_BYTES)
                if self._output in ready
                else b""
            )
            reading = bool(chunk) and self._ended not in ready
            *lines, rest = (rest + decode(chunk, final=not reading)).split("\n")
            if not reading and rest:
                lines.append(rest)
            if lines:
                self._on_lines(lines)
