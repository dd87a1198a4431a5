"""Waiting for a condition, with a deadline, and looking at processes."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_for(condition: Callable[[], Value], seconds: float = 30.0) -> Value:
    """Return what ``condition`` gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"The condition did not become true within {seconds:g} s; last: {value!r}")
        time.sleep(0.02)
    return value


def is_alive(pid: int) -> bool:
    """Tell whether the process ``pid`` exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
