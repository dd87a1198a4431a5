"""Load the modules of a model from a prepared directory or a ``.nemo`` file."""

from pathlib import Path

from transcriber.errors import UsageError
from transcriber.model.directory import ARCHIVE_FILE, ModelDescription
from transcriber.model.speech_modules import SpeechModules


def load_modules(path: Path) -> SpeechModules:
    """Return the modules of the model at ``path``, on the CPU.

    Raises:
        UsageError: not a TDT model, or not all of NeMo is installed, which a ``.nemo`` file needs.
    """
    if path.is_dir():
        architecture = ModelDescription.read(path).architecture
        if architecture is not None:
            from transcriber.model.prepared import load_prepared

            return load_prepared(path, architecture)
        path = path / ARCHIVE_FILE
    try:
        from transcriber.model.archive import load_archive
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--model {path.name}: NeMo loads it in its own way, and not all of NeMo is installed here"
            f" ({error}); allowed: a directory that `python -m transcriber.model.prepare` made."
        ) from error
    return load_archive(path)
