"""Run another program in place of this one. The kernel kills it when the parent process ends.

Usage: `python exec_with_parent.py PARENT_PID PROGRAM [ARGUMENT...]`. It is run by its path and without
site-packages, so that it takes milliseconds only. On other systems than Linux the program just runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): send a signal to this process when the thread that started it ends. It survives exec."""


def main(parent_pid: int, command: list[str]) -> None:
    """Ask the kernel to end this process with its parent, then run ``command`` in its place."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:
            sys.exit("The parent process ended before its child had started.")
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
