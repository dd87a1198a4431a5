"""Container images, as far as Batch needs them: how to start a command in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Launch:
    """How to start the process that runs a container's command. SIGTERM to its group ends the command."""

    command: Sequence[str]
    environment: Mapping[str, str]
    working_directory: Path


class ContainerImage(Protocol):
    """An image in which commands can be started."""

    def launch(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        properties: Mapping[str, Any],
        scratch: Path,
    ) -> Launch:
        """Return how to start ``command``.

        Args:
            command: the command, with all parameters filled in.
            variables: environment variables of job, Batch and role; they override those of the image.
            properties: the container properties of job definition and SubmitJob.
            scratch: an empty folder for this attempt.

        Raises:
            OSError: it can't be started; the message is the reason.
        """
