"""Measure a function in a process of its own, so that none pays for what another one left behind."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.worker import PROJECT


@dataclass(frozen=True)
class Measured:
    """What a process took; its times are of the part that was measured."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    since_start_seconds: float
    """From the start of the process to the start of what was measured."""


def measure(module: str, *arguments: object) -> Measured:
    """Run ``python -m MODULE ARGUMENTS``, which calls `report`.

    Raises:
        subprocess.CalledProcessError: it failed; what it printed is on standard error.
    """
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    began = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)
    told = json.loads(done.stdout.splitlines()[-1])
    return Measured(
        told["wall_seconds"], told["cpu_seconds"], told["peak_bytes"], told["measured_from"] - began
    )


def report(work: Callable[[], object]) -> None:
    """Do ``work`` and print what it took, for `measure` to read."""
    measured_from, cpu = time.monotonic(), time.process_time()
    work()
    print(
        json.dumps(
            {
                "wall_seconds": time.monotonic() - measured_from,
                "cpu_seconds": time.process_time() - cpu,
                "peak_bytes": _peak_bytes(),
                "measured_from": measured_from,
            }
        )
    )


def _peak_bytes() -> int:
    """Return the most memory that this process had; `getrusage` would count its parent's too."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
