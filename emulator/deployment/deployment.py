"""Deploy a Pulumi program to an emulated AWS account, and destroy it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from emulator.cloud import LocalCloud
from emulator.deployment.account import Account
from emulator.deployment.catalog import HANDLERS
from emulator.deployment.config import StackConfig
from emulator.deployment.errors import DeploymentError
from emulator.deployment.functions import FUNCTIONS
from emulator.deployment.monitor import DeployedResource, Monitor
from emulator.deployment.program import run_program
from emulator.errors import WrongUseError


class Deployment:
    """A deployed stack. As a context manager it is destroyed at the end of the block.

    Attributes:
        outputs: the stack's exports, by name.
        resources: the resources in order of creation, without components.
    """

    def __init__(self, outputs: Mapping[str, Any], resources: Sequence[DeployedResource]) -> None:
        self.outputs = dict(outputs)
        self.resources = tuple(resources)

    def destroy(self) -> None:
        """Delete all resources, the last one first, except those with ``retain_on_delete``.

        Raises:
            DeploymentError: some resources could not be deleted. The message names them.
        """
        if stuck := _delete([each for each in self.resources if not each.outlives_the_stack]):
            raise DeploymentError(f"Not everything could be destroyed: {'; '.join(stuck)}.")

    def __enter__(self) -> "Deployment":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.destroy()


def deploy(program_folder: Path, config: StackConfig, cloud: LocalCloud) -> Deployment:
    """Run the program in ``program_folder`` and create its resources in ``cloud``.

    Raises:
        WrongUseError: there is no program, it refuses its configuration, or the configured region is not that
            of ``cloud``.
        DeploymentError: the program or a resource failed. Resources that were created are deleted again.
    """
    if config.region not in (None, cloud.region):
        raise WrongUseError(f"aws:region is {config.region}, but the emulated account is in {cloud.region}.")
    account = Account(cloud, config.default_tags)
    monitor = Monitor(config.project, config.stack, account, HANDLERS, FUNCTIONS)
    try:
        run_program(program_folder, config, monitor)
    except BaseException as error:
        if stuck := _delete(monitor.deployed):
            raise DeploymentError(f"{error} Left behind: {'; '.join(stuck)}.") from error
        raise
    return Deployment(monitor.outputs, monitor.deployed)


def _delete(resources: Sequence[DeployedResource]) -> list[str]:
    """Delete ``resources``, the last one first. Return those that could not be deleted, with the reason."""
    stuck = []
    for resource in reversed(resources):
        try:
            resource.delete()
        except EndpointConnectionError as error:
            raise DeploymentError(f"Emulated AWS does not answer any more: {error}") from error
        except (ClientError, BotoCoreError, DeploymentError) as error:
            stuck.append(f"{resource.type} {resource.name!r} ({resource.id}): {error}")
    return stuck
