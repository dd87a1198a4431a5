"""Emulated S3 and logs, and buckets."""

from collections.abc import Iterator

import pytest

from emulator.aws import Emulator
from emulator.cloud import LocalCloud


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(tmp_path_factory.mktemp("emulator") / "ministack.log") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def cloud(emulator: Emulator) -> LocalCloud:
    return LocalCloud(emulator.endpoint, emulator.endpoint, emulator.credentials)
