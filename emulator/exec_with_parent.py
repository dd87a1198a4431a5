"""Become another program that the kernel kills when its parent dies.

Usage: `python leash.py PARENT_PID PROGRAM [ARGUMENT...]`. Run by path and without site-packages, so that it
costs milliseconds. Only Linux has the means; elsewhere the program just runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal to get when the thread that started this process ends. It survives exec."""


def main(parent_pid: int, command: list[str]) -> None:
    """Tie this process to its parent and turn into ``command``."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:
            sys.exit("The parent process ended before its child had started.")
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
