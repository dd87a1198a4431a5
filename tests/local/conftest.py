"""An emulated account for the tests of the stack: they count what stands in it."""

from collections.abc import Iterator

import pytest

from emulator.aws import Emulator
from emulator.batch.service import BatchService
from emulator.cloud import LocalCloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    log_file = tmp_path_factory.mktemp("emulator") / "ministack.log"
    with (
        Emulator(log_file) as emulator,
        BatchService(emulator.endpoint, emulator.credentials, images={}) as batch,
    ):
        yield batch.cloud
