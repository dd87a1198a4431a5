"""The measurements that docs/benchmarks.md quotes, as one table: ``python -m benchmarks [PART ...]``.

Each row is a ratio to the plain way in the same run, so that it says the same on any machine. With a GPU, the
real model's speed on it stands beside published figures.
"""

import argparse
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from benchmarks import batches, cold_start, cost, decoding, encoding, gpu, lists, modes, overlap
from benchmarks.real_size import make_real_size_model
from benchmarks.recording import ten_minutes
from benchmarks.table import Row, show
from benchmarks.worker import workplace
from tiny_model.prepared import prepare_tiny_model
from transcriber.model.nemo_model import NemoModel
from transcriber.model.precision import Precision
from transcriber.model.prepare import prepare
from transcriber.options import DEFAULT_MODEL

MINUTES = 5


def main() -> None:
    """Measure the parts that are asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="what a GPU is measured with")
    options = parser.parse_args()
    wanted = options.parts or list(PARTS)
    if unknown := sorted(set(wanted) - PARTS.keys()):
        parser.error(f"{unknown[0]} is no part; allowed: {', '.join(PARTS)}")
    logging.disable(logging.WARNING)
    with workplace() as folder:
        show(row for part in wanted for row in PARTS[part](folder))
    if torch.cuda.is_available():
        show(gpu.rows(options.model))
    else:
        print("\nNo GPU here: the real model's speed was not measured.")
    print()
    print(cost.text())


def _tiny(folder: Path) -> Iterator[Row]:
    yield from modes.rows(MINUTES)
    yield from cold_start.rows(modes.TINY, prepare_tiny_model(folder), "tiny model")


def _real_size(folder: Path) -> Iterator[Row]:
    nemo = make_real_size_model(folder)
    precisions: tuple[Precision, ...] = ("fp32", "bf16")
    for precision in precisions:
        prepared = folder / precision
        prepare(nemo, prepared, "real size", None, precision)
        yield from cold_start.rows(nemo, prepared, f"real size, {precision}", precision)
        yield from encoding.rows(nemo, prepared, precision)
        yield from batches.rows(prepared, precision)


def _decoding(folder: Path) -> Iterator[Row]:
    yield from decoding.rows(ten_minutes().samples, folder)


def _overlap(folder: Path) -> Iterator[Row]:
    yield from overlap.rows(folder, NemoModel.load(modes.TINY, "cpu", "fp32"))


PARTS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "tiny": _tiny,
    "decoding": _decoding,
    "overlap": _overlap,
    "lists": lists.rows,
    "real-size": _real_size,
}

if __name__ == "__main__":
    main()
