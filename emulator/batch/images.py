"""What Batch needs to know of a container image: how a command is started in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Launch:
    """A process of this machine that runs a container's command; SIGTERM to its group is for that command."""

    command: Sequence[str]
    environment: Mapping[str, str]
    working_directory: Path


class ContainerImage(Protocol):
    """An image that commands can be started in."""

    def launch(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        properties: Mapping[str, Any],
        scratch: Path,
    ) -> Launch:
        """Return how to start ``command``.

        Args:
            command: with its parameters in place.
            variables: the job's, those of Batch and of its role; they go before the image's own.
            properties: the container as the job definition and SubmitJob describe it.
            scratch: an empty folder of this machine for this attempt.

        Raises:
            OSError: it can't be started; the text is the reason.
        """
