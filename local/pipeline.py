"""Start the whole pipeline on this machine: emulated AWS, Batch, event delivery, and the stack."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator.aws import Emulator
from emulator.batch.images import ContainerImage
from emulator.batch.runtime import LocalImage
from emulator.batch.service import BatchService
from emulator.batch.settings import BatchSettings
from emulator.cloud import LocalCloud
from emulator.deployment import Deployment, StackConfig, deploy, read_stack_config
from emulator.events.delivery import Delivery
from tiny_model.prepared import prepare_tiny_model

PROJECT = Path(__file__).resolve().parents[1]
STACK = "local"
EMULATOR_LOG = "ministack.log"
JOB_GRACE_SECONDS = 2.0
"""The time from SIGTERM to SIGKILL when the pipeline ends. Nobody needs the results of these jobs."""

Tell = Callable[[str], None]


def say_nothing(_sentence: str) -> None:
    """Ignore the sentence."""


@dataclass(frozen=True)
class Ports:
    """The ports of the services; 0 is any free port."""

    aws: int = 0
    batch: int = 0


@dataclass(frozen=True)
class Services:
    """Emulated AWS and Batch, before anything is deployed.

    ``images`` maps container images to what stands for them here. The caller fills it.
    """

    cloud: LocalCloud
    batch: BatchService
    images: dict[str, ContainerImage]
    start_seconds: float


@dataclass(frozen=True)
class Pipeline:
    """A running pipeline: its services, the deployed stack, and how long they took to start."""

    cloud: LocalCloud
    batch: BatchService
    deployment: Deployment
    start_seconds: float
    deploy_seconds: float

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's exports as text."""
        return {name: str(value) for name, value in self.deployment.outputs.items()}


def read_config(overrides: list[str]) -> StackConfig:
    """Return the configuration of `Pulumi.local.yaml`. ``overrides`` (``KEY=VALUE``) override it.

    Raises:
        WrongUseError: an unknown key or a value of the wrong kind.
    """
    return read_stack_config(PROJECT, STACK, overrides)


@contextmanager
def start_services(
    region: str | None, folder: Path, slots: int, ports: Ports = Ports(), tell: Tell = say_nothing
) -> Iterator[Services]:
    """Start the services of an empty account; end every process at the end of the block.

    Args:
        region: the region of the account; None for the default of the services.
        folder: the services write their logs here.
        slots: how many jobs run at once.
        ports: the ports of the services.
        tell: gets a sentence about what the end of the block waits for.

    Raises:
        EmulatorError: a service did not start; nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = BatchSettings(slots=slots, region=region) if region else BatchSettings(slots=slots)
    began = time.monotonic()
    images: dict[str, ContainerImage] = {}
    with (
        Emulator(folder / EMULATOR_LOG, port=ports.aws, region=settings.region) as emulator,
        BatchService(emulator.endpoint, emulator.credentials, images, settings, port=ports.batch) as batch,
    ):
        try:
            yield Services(batch.cloud, batch, images, time.monotonic() - began)
        finally:
            tell("Ending emulated AWS ...")


@contextmanager
def deliver_events(services: Services, tell: Tell = say_nothing) -> Iterator[None]:
    """Deliver events to jobs and runbooks. At the end of the block, stop the delivery and end the jobs."""
    try:
        with Delivery(services.cloud, services.batch.events):
            try:
                yield
            finally:
                if count := services.batch.begin_to_stop(JOB_GRACE_SECONDS):
                    jobs = "running job" if count == 1 else "running jobs"
                    tell(f"Waiting up to {JOB_GRACE_SECONDS:g} s for {count} {jobs} ...")
    finally:
        services.batch.wait_for_jobs()


@contextmanager
def start_pipeline(
    config: StackConfig,
    folder: Path,
    slots: int,
    image: ContainerImage | None = None,
    tell: Tell = say_nothing,
) -> Iterator[Pipeline]:
    """Start the pipeline; destroy the stack and end every process at the end of the block.

    The last part ends first: event delivery, then jobs, then the stack with its roles, then the services.

    Args:
        config: the stack's configuration.
        folder: the services write their logs here.
        slots: how many jobs run at once.
        image: the image of the jobs; by default the worker of this checkout with the tiny model.
        tell: gets sentences about what the end of the block waits for.

    Raises:
        EmulatorError: a service did not start, or the program was refused or failed; nothing is left behind.
    """
    with (
        ThreadPoolExecutor() as pool,
        start_services(config.region, folder, slots, tell=tell) as services,
    ):
        used = pool.submit(lambda: image or worker_image(prepare_tiny_model(folder), slots))
        began = time.monotonic()
        with deploy(PROJECT, config, services.cloud) as deployment:
            services.images[str(deployment.outputs["imageUri"])] = used.result()
            try:
                with deliver_events(services, tell):
                    yield Pipeline(
                        cloud=services.cloud,
                        batch=services.batch,
                        deployment=deployment,
                        start_seconds=services.start_seconds,
                        deploy_seconds=time.monotonic() - began,
                    )
            finally:
                tell(f"Destroying the stack of {len(deployment.resources)} resources ...")


def worker_image(model: Path, slots: int) -> LocalImage:
    """Return the stand-in for the worker's image: the package of this checkout, with ``model``.

    The ``slots`` jobs share the cores: each gets its share of the threads.
    """
    threads = max(1, len(os.sched_getaffinity(0)) // slots)
    return LocalImage(
        working_directory=PROJECT,
        environment={
            "TRANSCRIBER_MODEL": str(model),
            "OMP_NUM_THREADS": str(threads),
            "HF_HUB_OFFLINE": "1",
        },
    )
