"""The commands of operators, run as they run them: the stack's outputs on standard input."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from local.pipeline import PROJECT
from tests.faults.cloud import CampaignCloud


@dataclass(frozen=True)
class Printed:
    """How a command ended, and all that it said."""

    exit_code: int
    text: str


def redrive(cloud: CampaignCloud, *options: str) -> Printed:
    """Submit the jobs of undelivered events, or, with ``--failed``, of failed jobs."""
    return _command(cloud, "operations.redrive", *options)


def _command(cloud: CampaignCloud, module: str, *options: str) -> Printed:
    ended = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            **cloud.cloud.client_environment(),
        },
        input=json.dumps(cloud.outputs),
        capture_output=True,
        text=True,
        check=False,
    )
    return Printed(ended.returncode, ended.stdout + ended.stderr)
