"""End the process with exit code 143 on SIGTERM or Ctrl-C, in time, even during a long C call."""

import os
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from transcriber.errors import Terminated

GRACE_SECONDS = 3.0
"""How long the main thread may take to end. Spot reclaims and `docker stop` allow more; users do not wait."""

REPORT_SECONDS = 1.0
"""How long the last report may take before the process is ended by force. The main thread may hold a lock."""

LOOK_SECONDS = 0.05
"""How often to check whether the exception was swallowed."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def raise_when_told_to_stop(report_stop: Callable[[Terminated], object] = str) -> Iterator[None]:
    """Raise `Terminated` in the main thread on SIGTERM or SIGINT; end the process if that fails.

    A Python signal handler runs only after the running C call returns, which can take minutes of inference.
    So the C-level handler wakes a thread through a pipe, and the thread ends the process after
    ``GRACE_SECONDS`` if the block has not ended by then. Some libraries swallow any exception; then it is
    raised again. Results are written in one atomic step, so none of this leaves a part of a result.

    Further signals are ignored while the exception unwinds, and after the block.

    Args:
        report_stop: is called in another thread before the process is ended by force.
    """
    exception = _Exception()
    left = threading.Event()
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    previous = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in SIGNALS:
        signal.signal(number, exception.throw)
    arguments = (read_end, left, exception, threading.get_ident(), report_stop)
    threading.Thread(target=_watch, args=arguments, name="termination", daemon=True).start()
    try:
        yield
    finally:
        left.set()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(previous)
        os.close(write_end)


class _Exception:
    """Raises the exception in the main thread, and knows whether it still exists."""

    def __init__(self) -> None:
        self._reference: weakref.ref[Terminated] | None = None

    @property
    def swallowed(self) -> bool:
        """Whether it was raised and no longer exists: something caught and dropped it."""
        return self._reference is not None and self._reference() is None

    def throw(self, number: int, _frame: FrameType | None) -> None:
        """Raise the exception, unless it is already unwinding the thread.

        Raises:
            Terminated: always the first time.
        """
        if self._reference is None or self.swallowed:
            error = _terminated_by(number)
            self._reference = weakref.ref(error)
            try:
                raise error
            finally:
                # The traceback refers to this frame, so a name for the error here would keep it for ever.
                del error


def _terminated_by(number: int) -> Terminated:
    return Terminated(f"Told to stop by {signal.Signals(number).name}.")


def _watch(
    read_end: int,
    left: threading.Event,
    exception: _Exception,
    thread: int,
    report_stop: Callable[[Terminated], object],
) -> None:
    """Wait for a signal or the end of the block, whichever comes first (the pipe closes at the end)."""
    while wakeups := os.read(read_end, 64):
        received = next((number for number in SIGNALS if number in wakeups), None)
        if received is None:
            continue
        deadline = time.monotonic() + GRACE_SECONDS
        while not left.wait(LOOK_SECONDS):
            if time.monotonic() > deadline:
                saying = threading.Thread(target=report_stop, args=(_terminated_by(received),), daemon=True)
                saying.start()
                saying.join(REPORT_SECONDS)
                os._exit(Terminated.exit_code)
            if exception.swallowed:
                signal.pthread_kill(thread, received)
    os.close(read_end)
