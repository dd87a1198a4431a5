"""What pulling an image costs: its layers, compressed as registries hold them."""

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from image_trial.engine import Build, Engine

GZIP_LEVEL = 6
"""What builders compress with by default."""

GZIP_WINDOW_BITS = 31
"""zlib's way to say gzip with the largest window."""

SIZES_FILE = "layer-sizes.json"
MODEL = "model"
REAL_MODEL_BYTES = 1_255_000_000
"""627 million weights in bf16, not compressed."""

NAMES = {
    "nvidia/cu13": "CUDA",
    "nvidia/cudnn": "cuDNN",
    "nvidia/cusparselt": "cuSPARSELt",
    "nvidia/nccl": "NCCL",
    "nvidia/nvshmem": "NVSHMEM",
    "site-packages/torch": "torch",
    "/opt/venv": "other packages",
    "/opt/model": MODEL,
}
"""What the destination of an instruction ends with, and what is copied there."""


@dataclass(frozen=True)
class LayerSize:
    """A layer with its sizes."""

    name: str
    pulled_bytes: int
    unpacked_bytes: int
    """Of its archive."""


def measure(engine: Engine, build: Build, cache: Path) -> list[LayerSize]:
    """Return the sizes of the image's layers, the base's first; each layer is compressed once and remembered.

    Raises:
        TrialError: there is no such image.
    """
    layers = engine.layers(build)
    known = _read(cache / SIZES_FILE)
    new = {layer.digest: layer for layer in layers if layer.digest not in known}

    if new:
        # zlib computes outside of Python's lock.
        with engine.archives(build) as archive, ThreadPoolExecutor(os.cpu_count()) as pool:
            sizes = pool.map(lambda layer: list(compressed_size(archive(layer))), new.values())
            known.update(zip(new, sizes, strict=True))
        (cache / SIZES_FILE).write_text(json.dumps(known))
    return [LayerSize(name_of(layer.made_by), *known[layer.digest]) for layer in layers]


def compressed_size(pieces: Iterable[bytes]) -> tuple[int, int]:
    """Return how many bytes ``pieces`` are with gzip, and without."""
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WINDOW_BITS)
    compressed = plain = 0
    for piece in pieces:
        plain += len(piece)
        compressed += len(compressor.compress(piece))
    return compressed + len(compressor.flush()), plain


def name_of(made_by: str) -> str:
    """Return what a layer holds, by the instruction that made it."""
    instruction = made_by.removesuffix(" # buildkit")
    if "compileall" in instruction:
        return "worker"
    if "COPY" not in instruction:
        return "base"
    destination = instruction.split()[-1]
    return next((name for end, name in NAMES.items() if destination.endswith(end)), "worker")


def with_real_model(layers: Sequence[LayerSize]) -> tuple[float, float]:
    """Return the bytes to pull with the real model in place of the layers' own.

    By how much its weights compress only they can tell. So the first number is for weights that compress as
    those of the layers' model do, which is trained and in bf16 too, the second for weights that don't at all.
    """
    model = _sum(MODEL, [each for each in layers if each.name == MODEL])
    others = sum(each.pulled_bytes for each in layers) - model.pulled_bytes
    return others + REAL_MODEL_BYTES * model.pulled_bytes / model.unpacked_bytes, others + REAL_MODEL_BYTES


def table(layers: Sequence[LayerSize]) -> Iterator[str]:
    """Yield the lines of a table of ``layers``, those of one name together, and their sum."""
    names = list(dict.fromkeys(each.name for each in layers))
    merged = [_sum(name, [each for each in layers if each.name == name]) for name in names]
    yield f"{'layer':16}{'MB pulled':>10}{'MB unpacked':>13}"
    for layer in [*sorted(merged, key=lambda each: -each.pulled_bytes), _sum("all", layers)]:
        yield f"{layer.name:16}{layer.pulled_bytes / 1e6:10.0f}{layer.unpacked_bytes / 1e6:13.0f}"
    compressed, plain = with_real_model(layers)
    yield f"with the real model: {compressed / 1e6:.0f} MB to pull if its weights compress as this one's,"
    yield f"{plain / 1e6:.0f} MB if they don't at all"


def _sum(name: str, layers: Sequence[LayerSize]) -> LayerSize:
    return LayerSize(
        name, sum(each.pulled_bytes for each in layers), sum(each.unpacked_bytes for each in layers)
    )


def _read(file: Path) -> dict[str, list[int]]:
    try:
        found: dict[str, list[int]] = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    return found
