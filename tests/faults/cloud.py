"""The local pipeline with proxies between its parts, and what a campaign does to it as a whole."""

import functools
import os
import shlex
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from emulator.aws import Emulator
from emulator.batch.runtime import LocalImage
from emulator.batch.service import BatchService
from emulator.batch.settings import BatchSettings
from emulator.cloud import LocalCloud
from emulator.deployment import deploy
from emulator.events.delivery import Delivery
from emulator.processes import spawn, stop
from local.pipeline import EMULATOR_LOG, PROJECT, read_config, worker_image
from tests.emulator.waiting import wait_for
from tests.faults.proxy import Fault, Interference, Proxy, Request
from tiny_model.prepared import prepare_tiny_model

CONFIG = ["outputFormats=json,srt"]
"""Two formats show as well as six whether results of two uploads can be mixed up."""

FORK_SERVER_LOG = "fork_server.log"
STOP_GRACE_SECONDS = 5.0
FORK_SERVER_SECONDS = 60.0


@functools.cache
def client(cloud: LocalCloud, service: str) -> Any:
    """Return a client of a service, always the same."""
    return cloud.client(service)


@dataclass(frozen=True)
class Faults:
    """What a campaign puts between the parts, once the stack's outputs are known."""

    workers: Interference
    delivery: Interference


@dataclass(frozen=True)
class CampaignCloud:
    """A pipeline that is up; ``cloud`` reaches it without any fault."""

    cloud: LocalCloud
    emulator: Emulator
    batch: BatchService
    delivery: Delivery
    outputs: dict[str, str]

    def user_s3(self) -> Any:
        """Return an S3 client of users, who try for longer than services are away."""
        return boto3.client(
            "s3",
            endpoint_url=self.cloud.aws_endpoint,
            region_name=self.cloud.region,
            aws_access_key_id=self.cloud.credentials.access_key_id,
            aws_secret_access_key=self.cloud.credentials.secret_access_key,
            config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 10}),
        )


@dataclass
class _Late:
    """Interference that is not known yet when its proxy starts."""

    interference: Interference | None = None

    def fault_of(self, request: Request) -> Fault | None:
        return self.interference.fault_of(request) if self.interference else None


@contextmanager
def start_cloud(
    folder: Path, slots: int, decide: Callable[["CampaignCloud"], Faults]
) -> Iterator[CampaignCloud]:
    """Bring the pipeline up, deploy the stack, and put the faults in that ``decide`` returns.

    Args:
        folder: for logs and the model.
        slots: how many jobs run at once.
        decide: called when the stack is deployed, before any upload.
    """
    images: dict[str, LocalImage] = {}
    to_s3, to_batch = _Late(), _Late()
    with (
        Emulator(folder / EMULATOR_LOG, state_folder=folder / "state") as emulator,
        BatchService(emulator.endpoint, emulator.credentials, images, BatchSettings(slots=slots)) as batch,
        Proxy(emulator.endpoint, to_s3) as s3_proxy,
        Proxy(batch.endpoint, to_batch) as batch_proxy,
        Delivery(replace(batch.cloud, batch_endpoint=batch_proxy.endpoint), batch.events) as delivery,
        deploy(PROJECT, read_config(CONFIG), batch.cloud) as deployment,
        started_fork_server(folder) as program,
    ):
        outputs = {name: str(value) for name, value in deployment.outputs.items()}
        image = worker_image(prepare_tiny_model(folder), slots)
        images[outputs["imageUri"]] = replace(
            image,
            environment={**image.environment, "AWS_ENDPOINT_URL_S3": s3_proxy.endpoint},
            search_path=(program.parent, *image.search_path),
        )
        delivery.refresh()
        campaign = CampaignCloud(batch.cloud, emulator, batch, delivery, outputs)
        faults = decide(campaign)
        to_s3.interference, to_batch.interference = faults.workers, faults.delivery
        yield campaign


@contextmanager
def started_fork_server(folder: Path) -> Iterator[Path]:
    """Start what forks workers, and yield the program that stands for `python` in the image."""
    script = PROJECT / "tests" / "faults" / "program.py"
    # Not in `folder`: the name of a socket has 107 bytes at most.
    with (
        tempfile.TemporaryDirectory(prefix="fork-server-") as programs,
        (folder / FORK_SERVER_LOG).open("wb") as log,
    ):
        address, program = Path(programs, "socket"), Path(programs, "python")
        command = shlex.join([sys.executable, "-I", "-S", str(script), str(address), sys.executable])
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        process = spawn(
            [sys.executable, "-m", "tests.faults.worker", str(address)],
            environment={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(PROJECT),
                # Threads of a numeric library would not be there in what is forked.
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            working_directory=folder,
            output=log,
        )
        try:
            wait_for(lambda: _listens(address, process, folder / FORK_SERVER_LOG), FORK_SERVER_SECONDS)
            yield program
        finally:
            stop(process, STOP_GRACE_SECONDS)


def _listens(address: Path, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise AssertionError(f"What forks workers ended at its start: {log.read_text()}")
    return address.exists()
