"""What encoding segments together takes: ``python -m benchmarks.batches MODEL SEGMENTS`` is one such process.

`transcriber.model.nemo_model` plans batches by an estimate of their memory and by the size beyond which they
are no faster. This measures both.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.child import measure, report
from benchmarks.table import Row

SEGMENT_SECONDS = 30
FEW, MANY = 1, 4
"""Segments: their difference is what the batch takes, apart from the model and what encoding always takes."""


RESET_PEAK = "5"
"""https://docs.kernel.org/filesystems/proc.html"""


def rows(prepared: Path, precision: str) -> Iterator[Row]:
    """Measure a batch of many segments beside the estimate of its memory, and beside one segment's time."""
    from transcriber.model.directory import ModelDescription
    from transcriber.model.nemo_model import NemoModel

    few, many = (measure(__name__, prepared, count) for count in (FEW, MANY))
    model = NemoModel.load(prepared, "cpu", ModelDescription.read(prepared).precision)
    estimated = model.bytes_per_second() * SEGMENT_SECONDS * (MANY - FEW)
    taken = many.peak_bytes - few.peak_bytes
    what = f"{MANY} segments of {SEGMENT_SECONDS} s together, {precision}"
    yield Row(f"memory of {what}", taken / 1e9, estimated / 1e9, "GB", "the estimate", 1.0)
    one = few.cpu_seconds / FEW
    yield Row(f"CPU time of {what}", many.cpu_seconds / MANY, one, "s/segment", "one after the other")


def main(path: str, count: str) -> None:
    """Encode ``count`` segments together."""
    from transcriber.model.directory import ModelDescription
    from transcriber.model.nemo_model import NemoModel

    model = NemoModel.load(Path(path), "cpu", ModelDescription.read(Path(path)).precision)
    model.attend_fully()
    chance = np.random.default_rng(1)
    segments = [chance.normal(0, 0.1, SEGMENT_SECONDS * 16_000).astype(np.float32) for _ in range(int(count))]
    # From here on the peak is that of encoding: loading has a higher one than a single segment.
    Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    report(lambda: model.encode_batch(segments))


if __name__ == "__main__":
    main(*sys.argv[1:])
