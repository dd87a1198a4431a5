"""One pipeline for all tests here: emulated AWS, the deployed program, the worker with the tiny model."""

from collections.abc import Iterator

import pytest

from local.pipeline import read_config, start_pipeline
from tests.pipeline.service import Service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("pipeline")
    with start_pipeline(read_config([]), folder, slots=2) as pipeline:
        yield Service(pipeline, folder)
