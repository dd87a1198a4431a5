"""Shell commands for the AWS CLI, and for all that reads its environment variables."""

import shlex
from collections.abc import Mapping

from emulator.cloud import LocalCloud

FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
"""Variables of a real account that would override or extend ours."""


def exports(cloud: LocalCloud) -> str:
    """Return the shell line after which clients of AWS use ``cloud`` with its key."""
    variables = cloud.client_environment().items()
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables)
    return f"unset {' '.join(FOREIGN)}; export {settings}"


def examples(outputs: Mapping[str, str]) -> list[str]:
    """Return commands that upload recordings, list and download results, and list jobs."""
    incoming = shlex.quote(f"s3://{outputs['inputBucket']}/{outputs.get('inputPrefix', '')}")
    queue = shlex.quote(outputs["jobQueue"])
    commands = [
        f"aws s3 cp RECORDING {incoming}",
        f"aws s3 sync FOLDER {incoming}",
        f"aws batch list-jobs --job-queue {queue} --job-status SUCCEEDED",
    ]
    if bucket := outputs.get("outputBucket"):
        results = shlex.quote(f"s3://{bucket}/")
        commands[2:2] = [f"aws s3 ls --recursive {results}", f"aws s3 sync {results} FOLDER"]
    return commands
