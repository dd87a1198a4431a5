"""From the start of a process to the first call of the encoder, and what memory that takes.

``python -m benchmarks.cold_start ours MODEL PRECISION``, or ``plain MODEL``, is such a process.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.child import Measured, measure, report
from benchmarks.table import Row

GOAL = 0.2
MEMORY_GOAL = 1.2
CLIP_SAMPLES = 10 * 16_000


def rows(nemo: Path, prepared: Path, size: str, precision: str = "fp32") -> Iterator[Row]:
    """Measure both ways with the model of ``size`` in both of its forms, ours in ``precision``."""
    plain, ours = _warm("plain", nemo), _warm("ours", prepared, precision)
    weights = max(path.stat().st_size for path in prepared.iterdir())
    way = "import nemo.collections.asr, restore_from"
    yield Row(f"cold start, {size}", ours.since_start_seconds, plain.since_start_seconds, "s", way, GOAL)
    yield Row(f"its peak memory, {size}", ours.peak_bytes / 1e9, plain.peak_bytes / 1e9, "GB", way)
    if weights > 1e9:
        yield Row(
            f"its peak memory to weights, {size}",
            ours.peak_bytes / 1e9,
            weights / 1e9,
            "GB",
            "weights",
            MEMORY_GOAL,
        )


def _warm(way: str, *arguments: object) -> Measured:
    """Return the second of two, so that either way finds its files in the page cache."""
    measure(__name__, way, *arguments)
    return measure(__name__, way, *arguments)


def _ours(path: str, precision: str) -> None:
    import numpy as np

    from transcriber.model.load import load_model
    from transcriber.settings import Settings

    model = load_model(Settings.read(model=path, device="cpu", precision=precision))
    report(lambda: model.encode(np.zeros(CLIP_SAMPLES, dtype=np.float32)))


def _plain(path: str) -> None:
    import nemo.collections.asr as nemo_asr
    import torch

    model = nemo_asr.models.ASRModel.restore_from(path, map_location="cpu")
    model.eval()
    clip, length = torch.zeros(1, CLIP_SAMPLES), torch.tensor([CLIP_SAMPLES])
    with torch.inference_mode():
        report(lambda: model(input_signal=clip, input_signal_length=length))


if __name__ == "__main__":
    if sys.argv[1] == "ours":
        _ours(*sys.argv[2:])
    else:
        _plain(*sys.argv[2:])
