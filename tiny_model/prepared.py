"""Prepare the tiny model for a quick start, as the worker's image does with its model."""

import hashlib
import subprocess
import sys
from pathlib import Path

from tiny_model.errors import TinyModelError

TINY_MODEL = Path(__file__).with_name("tiny.nemo")
PREPARE_SECONDS = 600
PROJECT = Path(__file__).resolve().parents[1]


def prepare_tiny_model(folder: Path) -> Path:
    """Return the directory of the prepared model in ``folder``. It is made if it does not exist.

    Raises:
        TinyModelError: it can't be made.
    """
    digest = hashlib.sha256(TINY_MODEL.read_bytes()).hexdigest()[:12]
    directory = folder.resolve() / f"model-{digest}"
    if not directory.is_dir():
        command = [sys.executable, "-m", "transcriber.model.prepare", str(TINY_MODEL), str(directory)]
        try:
            result = subprocess.run(
                command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=PREPARE_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise TinyModelError(
                f"The tiny model was not prepared within {PREPARE_SECONDS} s; is the machine busy?"
            ) from error
        if result.returncode != 0 and not directory.is_dir():
            raise TinyModelError(f"The tiny model can't be prepared: {result.stderr.strip()}")
    return directory
