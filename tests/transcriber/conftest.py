"""The samples, the tiny model loaded once, the worker as a process, and S3 of emulated AWS."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.aws import Emulator
from emulator.cloud import LocalCloud
from transcriber.recognition.modes import SpeechModel
from transcriber.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = PROJECT / "local" / "samples"
TINY_MODEL = PROJECT / "tiny_model" / "tiny.nemo"
WORKER_SECONDS = 120
"""A deadline for a whole job: importing NeMo alone takes 15 s on two busy cores."""

LoadModel = Callable[[Settings], SpeechModel]
RunWorker = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def samples() -> dict[str, str]:
    """Names of the sample recordings and what is said in each."""
    spoken: dict[str, str] = json.loads((SAMPLES / "samples.json").read_text())
    return spoken


@pytest.fixture(scope="session")
def samples_folder() -> Path:
    return SAMPLES


@pytest.fixture(scope="session")
def tiny_model() -> Path:
    return TINY_MODEL


@pytest.fixture(scope="session")
def prepared_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as images hold models: worker processes start with it in a few seconds."""
    directory = tmp_path_factory.mktemp("prepared") / "model"
    command = [sys.executable, "-m", "transcriber.model.prepare", tiny_model, directory]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    return directory


@pytest.fixture(scope="session")
def model(tiny_model: Path) -> SpeechModel:
    """The tiny model in this process; importing NeMo is what takes long."""
    import torch

    from transcriber.model.nemo_model import NemoModel

    # Tests and jobs run beside each other: more threads than cores wait for one another, ten times as long.
    torch.set_num_threads(1)
    return NemoModel.load(tiny_model, "cpu", "fp32")


@pytest.fixture
def load_model(model: SpeechModel) -> LoadModel:
    """What a job calls to get the model."""
    return lambda _settings: model


@pytest.fixture
def environment(prepared_model: Path) -> dict[str, str]:
    """The variables that a worker process sees: none of whoever runs the tests, no network."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "TRANSCRIBER_MODEL": str(prepared_model),
    }


@pytest.fixture
def worker_command() -> Callable[..., list[str]]:
    return lambda *arguments: [sys.executable, "-m", "transcriber", *map(str, arguments)]


@pytest.fixture
def worker(environment: dict[str, str], worker_command: Callable[..., list[str]]) -> RunWorker:
    """Run ``python -m transcriber`` with arguments and further variables to its end."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            worker_command(*arguments),
            cwd=PROJECT,
            env={**environment, **variables},
            capture_output=True,
            text=True,
            timeout=WORKER_SECONDS,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Emulated AWS, with IAM enforced."""
    with Emulator(tmp_path_factory.mktemp("emulator") / "ministack.log") as emulator:
        yield LocalCloud(emulator.endpoint, emulator.endpoint, emulator.credentials)


@pytest.fixture
def s3(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An S3 client with all rights; the worker in this process finds the same S3."""
    for name, value in cloud.client_environment().items():
        monkeypatch.setenv(name, value)
    return cloud.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"test-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name
