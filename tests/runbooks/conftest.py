"""Emulated S3 and logs, and buckets."""

from collections.abc import Iterator

import pytest

from emulator.aws import Emulator
from emulator.cloud import LocalCloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with Emulator(tmp_path_factory.mktemp("emulator") / "ministack.log") as emulator:
        yield LocalCloud(emulator.endpoint, emulator.endpoint, emulator.credentials)
