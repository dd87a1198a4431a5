"""An emulated account to deploy to, and small programs."""

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator.aws import Emulator
from emulator.batch.runtime import LocalImage
from emulator.batch.service import BatchService
from emulator.cloud import LocalCloud
from emulator.deployment import Deployment, deploy, read_stack_config

Up = Callable[..., Deployment]


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """An account of these tests' own: they count what stands in it."""
    folder = tmp_path_factory.mktemp("cloud")
    images = {"worker:1": LocalImage(folder)}
    with (
        Emulator(folder / "ministack.log") as emulator,
        BatchService(emulator.endpoint, emulator.credentials, images) as batch,
    ):
        yield batch.cloud


@pytest.fixture
def up(cloud: LocalCloud, tmp_path: Path) -> Iterator[Up]:
    """Deploys the text of a program, with ``config`` texts KEY=VALUE, and destroys it after the test."""
    deployments: list[Deployment] = []

    def run(source: str, *config: str, schema: str = "", stack: str = "local") -> Deployment:
        program = "import json\nimport pulumi\nimport pulumi_aws as aws\n" + textwrap.dedent(source)
        (tmp_path / "__main__.py").write_text(program)
        (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n" + textwrap.dedent(schema))
        deployment = deploy(tmp_path, read_stack_config(tmp_path, stack, config), cloud)
        deployments.append(deployment)
        return deployment

    yield run
    for deployment in deployments:
        deployment.destroy()
