"""Runs the commands of operations/ as operators do: a process, the stack's outputs on standard input."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_command(
    module: str,
    *options: str,
    given: Mapping[str, object] | str,
    environment: Mapping[str, str],
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m MODULE`` with ``given`` on standard input."""
    return subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=given if isinstance(given, str) else json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
