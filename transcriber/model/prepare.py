"""Prepare a model so that it loads quickly: ``python -m transcriber.model.prepare MODEL DIRECTORY``."""

import argparse
import hashlib
import shutil
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import yaml
from safetensors.torch import save_file

from transcriber.errors import TemporaryFailureError, TranscriberError, UsageError
from transcriber.model.device import DTYPES
from transcriber.model.directory import (
    ARCHIVE_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    Architecture,
    ModelDescription,
)
from transcriber.model.hub import declared_sha256, find_model_file
from transcriber.model.precision import Precision
from transcriber.model.prepared import load_prepared
from transcriber.reporting import log

CONFIG_MEMBER = "model_config.yaml"
WEIGHTS_MEMBER = "model_weights.ckpt"
ARCHIVED_PREFIX = "nemo:"
"""The prefix of names of archived files in the configuration."""

TARGETS = {
    "preprocessor": "AudioToMelSpectrogramPreprocessor",
    "encoder": "ConformerEncoder",
    "decoder": "RNNTDecoder",
    "joint": "RNNTJoint",
}
"""The classes that `load_prepared` builds."""


EXAMPLE_MODEL = "nvidia/parakeet-tdt-0.6b-v3"

UNFIT = (KeyError, TypeError, ValueError, AttributeError, RuntimeError)
"""The errors that models cause which `load_prepared` can't build."""


def main(arguments: list[str]) -> int:
    """Prepare the model that ``arguments`` name and return the exit code."""
    log.configure()
    parser = argparse.ArgumentParser(prog="python -m transcriber.model.prepare", description=__doc__)
    parser.add_argument("model", help="a .nemo file or a name on the Hugging Face hub")
    parser.add_argument("directory", type=Path, help="where to; made anew, must not exist")
    parser.add_argument("--revision", help="commit of the model on the hub")
    parser.add_argument("--precision", choices=DTYPES, default="fp32", help="of the weights")
    parser.add_argument("--sha256", help="what the .nemo file must have; by default what the hub tells")
    parser.add_argument(
        "--no-archive", action="store_true", help="refuse a model that only NeMo itself can load"
    )
    options = parser.parse_args(arguments)
    try:
        file = find_model_file(options.model, options.revision or None)
        is_from_hub = file != Path(options.model)
        name = options.model if is_from_hub else file.name
        sha256 = options.sha256 or (_require_told_sha256(file, name) if is_from_hub else None)
        description = prepare(
            file,
            options.directory,
            name,
            options.revision or None,
            options.precision,
            sha256,
            allow_archive=not options.no_archive,
        )
    except TranscriberError as error:
        log.failure(str(error), exit_code=error.exit_code)
        return error.exit_code
    size_bytes = sum(each.stat().st_size for each in options.directory.iterdir())
    log.event(
        "model prepared",
        directory=str(options.directory),
        size_bytes=size_bytes,
        **description.model_dump(exclude={"architecture", "schema_version"}),
    )
    return 0


def _require_told_sha256(file: Path, name: str) -> str:
    told = declared_sha256(file)
    if told is None:
        raise UsageError(f"{name}: the hub tells no SHA-256 of {file.name}; name the right one by --sha256.")
    return told


def prepare(
    file: Path,
    directory: Path,
    name: str,
    revision: str | None,
    precision: Precision,
    sha256: str | None = None,
    *,
    allow_archive: bool = True,
) -> ModelDescription:
    """Make ``directory`` from the ``.nemo`` file, as a whole or not at all, and check that it loads.

    A model that only NeMo itself can load is kept as it is, and that is logged, or it is refused.

    Raises:
        UsageError: the directory exists, the file has another checksum than ``sha256``, or only NeMo itself
            can load the model and ``allow_archive`` is false.
        TemporaryFailureError: the file is no model, as after a download that broke off.
    """
    if directory.exists():
        raise UsageError(f"{directory}: exists; a prepared model is made in a new directory.")
    digest = _sha256(file)
    if sha256 and digest != sha256:
        raise UsageError(f"{file.name}: has SHA-256 {digest}, and must have {sha256}.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=directory.parent) as scratch:
        unpacked, made = Path(scratch, "unpacked"), Path(scratch, "made")
        config = _unpack(file, unpacked)
        made.mkdir()
        architecture: Architecture | None = None
        try:
            architecture = _architecture(config)
            _convert_weights(unpacked / WEIGHTS_MEMBER, made / WEIGHTS_FILE, DTYPES[precision])
            shutil.copyfile(unpacked / _tokenizer_member(config), made / TOKENIZER_FILE)
            load_prepared(made, architecture)
        except UNFIT as error:
            if not allow_archive:
                raise UsageError(
                    f"{name}: can't be prepared ({error}); allowed in an image, which lacks the libraries"
                    f" that load others: TDT models with a FastConformer encoder, such as {EXAMPLE_MODEL}."
                ) from error
            log.warn("only NeMo itself can load this model, which takes longer", reason=repr(error))
            architecture = None
            shutil.rmtree(made)
            made.mkdir()
            shutil.copyfile(file, made / ARCHIVE_FILE)
        description = ModelDescription(
            name=name, revision=revision, sha256=digest, precision=precision, architecture=architecture
        )
        description.write(made)
        made.rename(directory)
    return description


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{file}: can't be read ({error.strerror}).") from error


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack the archive and return the model's configuration."""
    try:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
        config: dict[str, Any] = yaml.safe_load((folder / CONFIG_MEMBER).read_bytes())
    except (tarfile.TarError, OSError, yaml.YAMLError) as error:
        raise TemporaryFailureError(f"{file}: not a NeMo model ({error}).") from error
    return config


def _architecture(config: dict[str, Any]) -> Architecture:
    """Return the arguments of the modules.

    Raises:
        ValueError: other modules than those in `TARGETS`, or no TDT durations.
        KeyError: a section is missing.
    """
    for section, class_name in TARGETS.items():
        target = config[section]["_target_"]
        if target.rsplit(".", 1)[-1] != class_name:
            raise ValueError(f"its {section} is a {target}")
    decoding = config["decoding"]
    if not decoding.get("durations"):
        raise ValueError("it has no durations")
    greedy = decoding.get("greedy") or {}
    return Architecture(
        preprocessor=_arguments(config["preprocessor"]),
        encoder=_arguments(config["encoder"]),
        decoder=_arguments(config["decoder"], "vocab_size"),
        joint=_arguments(config["joint"], "num_classes", "vocabulary"),
        durations=decoding["durations"],
        max_symbols=greedy.get("max_symbols") or greedy.get("max_symbols_per_step"),
    )


def _arguments(section: dict[str, Any], *without: str) -> dict[str, Any]:
    return {key: value for key, value in section.items() if not key.startswith("_") and key not in without}


def _tokenizer_member(config: dict[str, Any]) -> str:
    return str(config["tokenizer"]["model_path"]).removeprefix(ARCHIVED_PREFIX)


def _convert_weights(source: Path, destination: Path, dtype: torch.dtype) -> None:
    """Write the weights of the modules in ``dtype``, and those of the features as they are."""
    weights = torch.load(source, map_location="cpu", weights_only=True, mmap=True)
    converted = {
        name: _convert(tensor, torch.float32 if name.startswith("preprocessor.") else dtype)
        for name, tensor in weights.items()
        if name.partition(".")[0] in TARGETS
    }
    save_file(converted, destination)
    # Whoever runs the worker reads them; the library's files are private to their maker.
    destination.chmod(0o644)


def _convert(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return tensor.to(dtype).contiguous() if tensor.is_floating_point() else tensor.contiguous()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
