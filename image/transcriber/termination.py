"""SIGTERM and Ctrl-C end the process with exit code 143 in time, whatever it is busy with."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from transcriber.errors import Terminated

GRACE_SECONDS = 3.0
"""How long the main thread may take to unwind. Spot reclaims and `docker stop` allow more; users don't."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def raise_when_told_to_stop() -> Iterator[None]:
    """Raise `Terminated` in the main thread on SIGTERM or SIGINT; end the process if that fails.

    A Python signal handler waits for the running C call to return, which can be minutes of inference, and
    some libraries swallow any exception. So a thread that the C-level handler wakes through a pipe ends the
    process ``GRACE_SECONDS`` later when the block has not been left by then. Results are put in place by one
    atomic step, so that leaves none of them half-written either.

    After the first signal, and after the block, further ones are ignored.
    """
    left = threading.Event()
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    previous = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    _handle_signals(_raise_terminated)
    watch = threading.Thread(target=_watch, args=(read_end, left), name="termination", daemon=True)
    watch.start()
    try:
        yield
    finally:
        left.set()
        _handle_signals(signal.SIG_IGN)
        signal.set_wakeup_fd(previous)
        os.close(write_end)


def _handle_signals(handler: Callable[[int, FrameType | None], NoReturn] | signal.Handlers) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)


def _raise_terminated(number: int, _frame: FrameType | None) -> NoReturn:
    _handle_signals(signal.SIG_IGN)
    raise Terminated(f"Told to stop by {signal.Signals(number).name}.")


def _watch(read_end: int, left: threading.Event) -> None:
    """Wait for a signal or the end of the block, whichever comes first (the pipe closes at the end)."""
    while wakeups := os.read(read_end, 64):
        if any(number in wakeups for number in SIGNALS) and not left.wait(GRACE_SECONDS):
            os._exit(Terminated.exit_code)
    os.close(read_end)
