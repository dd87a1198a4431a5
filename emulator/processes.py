"""Start and stop child processes. They end with the process that started them, with all their children."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

EXEC_WITH_PARENT = Path(__file__).with_name("exec_with_parent.py")


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    working_directory: Path,
    output: IO[bytes] | int,
) -> subprocess.Popen[bytes]:
    """Start ``command`` without input; its stdout and stderr go to ``output``.

    It has a session of its own, so that Ctrl-C in the terminal does not reach it. On Linux the kernel kills
    it when the calling *thread* ends: call this from a thread that lives as long as the process should.

    Raises:
        OSError: the working directory can't be entered, or an argument or variable holds a NUL.
    """
    if any("\0" in text for text in (*command, *environment, *environment.values())):
        raise OSError(errno.EINVAL, "arguments and variables of a process can't hold a NUL")
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(EXEC_WITH_PARENT), str(os.getpid()), *command],
        env=dict(environment),
        cwd=working_directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the process and its group; do nothing if all of them have ended."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def stop(process: subprocess.Popen[bytes], grace_seconds: float) -> int:
    """End a process and its group: SIGTERM, then SIGKILL after ``grace_seconds``; return its exit status."""
    signal_group(process, signal.SIGTERM)
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        pass
    finally:
        signal_group(process, signal.SIGKILL)
    return process.wait()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
