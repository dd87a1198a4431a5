"""The files of a prepared model directory. This module imports quickly."""

import os
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from transcriber.errors import UsageError
from transcriber.model.precision import Precision

DESCRIPTION_FILE = "model.json"
WEIGHTS_FILE = "weights.safetensors"
TOKENIZER_FILE = "tokenizer.model"
ARCHIVE_FILE = "model.nemo"
"""The archive, in place of weights and tokenizer, if only NeMo itself can load the model."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Architecture(_Part):
    """The arguments of NeMo's modules, and the numbers that decoding needs."""

    preprocessor: dict[str, Any]
    encoder: dict[str, Any]
    decoder: dict[str, Any]
    joint: dict[str, Any]
    durations: list[int]
    max_symbols: int | None


class ModelDescription(_Part):
    """The content of ``model.json``. Without an architecture, the model is in `ARCHIVE_FILE`."""

    schema_version: Literal[1] = 1
    name: str
    revision: str | None
    sha256: str
    """The SHA-256 of the ``.nemo`` file that the directory was made from."""
    precision: Precision
    architecture: Architecture | None

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read it from ``directory``.

        Raises:
            UsageError: no prepared model, or one of another version.
        """
        try:
            return cls.model_validate_json((directory / DESCRIPTION_FILE).read_bytes())
        except (OSError, ValidationError) as error:
            raise UsageError(
                f"--model {directory}: not a model that `python -m transcriber.model.prepare` has prepared."
            ) from error

    def write(self, directory: Path) -> None:
        """Write it to ``directory``."""
        (directory / DESCRIPTION_FILE).write_text(self.model_dump_json(indent=1) + "\n")


def prefetch_weights(directory: Path) -> None:
    """Let the kernel read the weights from the disk in the background."""
    weights = directory / WEIGHTS_FILE
    if weights.is_file():
        with weights.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
