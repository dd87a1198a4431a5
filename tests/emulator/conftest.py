"""Emulated AWS, Batch and the delivery between them, once for all tests of the local cloud."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.aws import Emulator
from emulator.batch.runtime import LocalImage
from emulator.batch.service import BatchService
from emulator.batch.settings import BatchSettings
from emulator.cloud import LocalCloud
from emulator.events.delivery import Delivery
from tests.emulator.batch_account import IMAGE, BatchAccount

QUICK = BatchSettings(slots=4, stop_grace_seconds=0.5, minimum_timeout_seconds=1)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(log_file=tmp_path_factory.mktemp("emulator") / "ministack.log") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LocalImage]:
    folder: Path = tmp_path_factory.mktemp("image")
    return {IMAGE: LocalImage(working_directory=folder, environment={"FROM_IMAGE": "image", "BOTH": "image"})}


@pytest.fixture(scope="session")
def service(emulator: Emulator, images: dict[str, LocalImage]) -> Iterator[BatchService]:
    with BatchService(emulator.endpoint, emulator.credentials, images, QUICK) as service:
        yield service


@pytest.fixture(scope="session")
def cloud(service: BatchService) -> LocalCloud:
    return service.cloud


@pytest.fixture(scope="session")
def batch(cloud: LocalCloud) -> BatchAccount:
    return BatchAccount(cloud)


@pytest.fixture(scope="session")
def delivery(service: BatchService) -> Iterator[Delivery]:
    with Delivery(service.cloud, service.events, refresh_seconds=0.2) as delivery:
        yield delivery


@pytest.fixture
def queue(batch: BatchAccount) -> str:
    return batch.queue()
