"""The check of what a process sees of its container against the job definition."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from image_trial.errors import TrialError
from image_trial.job_container import JobContainer

MEBIBYTE = 1 << 20
LOOPBACK = ["lo"]

PROGRAM = Path(__file__).with_name("inside.py")


def command_for(container: JobContainer) -> list[str]:
    """Return the command that prints what a process of ``container`` sees, as one line of JSON."""
    asked = {
        "folders": [each.path for each in container.memory_folders],
        "limits": [each.name for each in container.limits],
    }
    return ["python", "-c", PROGRAM.read_text(), json.dumps(asked)]


def check(seen: Mapping[str, Any], container: JobContainer) -> None:
    """Compare what a process saw with what its job definition asks for.

    Raises:
        TrialError: they differ, the worker could change its own code, or it is not cut off from the network.
    """
    expected = {
        "user": list(container.numeric_user()),
        "groups": [],
        "read_only": container.read_only,
        "home_is_writable": True,
        "code_is_writable": False,
        "folders": {each.path: [True, each.size_mebibytes * MEBIBYTE] for each in container.memory_folders},
        "limits": {each.name: [each.soft, each.hard] for each in container.limits},
        "interfaces": LOOPBACK,
    }
    wrong = [
        f"{name} is {seen[name]}, not {value}" for name, value in expected.items() if seen[name] != value
    ]
    if wrong:
        raise TrialError(f"The container is not what the job definition asks for: {'; '.join(wrong)}.")
