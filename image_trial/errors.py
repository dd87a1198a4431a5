"""What can go wrong while the image is built and tried, with the sentence for its user and the exit code."""

import subprocess
from collections.abc import Mapping, Sequence


class TrialError(Exception):
    """The image can't be built, or its worker did not do what it must."""

    exit_code = 1


class MissingToolError(TrialError):
    """Something has to be installed first; nothing was built."""

    exit_code = 2


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
    """Run ``command``, whose output is the user's.

    Raises:
        TrialError: it failed.
    """
    ended = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    if ended.returncode != 0:
        raise TrialError(
            f"`{' '.join(command[:3])} ...` ended with {ended.returncode}; see its output above."
        )


def read(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> str:
    """Run ``command`` and return what it prints.

    Raises:
        TrialError: it failed; the message ends with what it said.
    """
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        said = (ended.stderr.strip() or ended.stdout.strip()).splitlines()
        raise TrialError(
            f"`{' '.join(command[:3])} ...` ended with {ended.returncode}: {' '.join(said[-1:])}"
        )
    return ended.stdout
