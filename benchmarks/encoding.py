"""The encoder's CPU time at the real model's size: ``python -m benchmarks.encoding ours|plain MODEL MODE``.

Random weights say nonsense, and as much of it as the decoder lets them, so only encoding is measured: nine
tenths of what recognition takes.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.child import measure, report
from benchmarks.recording import ten_minutes
from benchmarks.table import Row
from transcriber.audio.reader import SAMPLE_RATE, Block

SECONDS = 90
MODES = ("full", "streaming", "segmented")


def rows(nemo: Path, prepared: Path, precision: str) -> Iterator[Row]:
    """Measure what each mode has to encode beside NeMo's encoder over all of it at once."""
    plain = measure(__name__, "plain", nemo, "full")
    for mode in MODES:
        ours = measure(__name__, "ours", prepared, mode)
        yield Row(
            f"encoding, {mode}, real size, {precision}",
            ours.cpu_seconds / SECONDS * 60,
            plain.cpu_seconds / SECONDS * 60,
            "CPU s/min",
            "NeMo's model over all of it, fp32",
        )


def _ours(path: str, mode: str) -> None:
    from transcriber.model.directory import ModelDescription
    from transcriber.model.nemo_model import NemoModel

    model = NemoModel.load(Path(path), "cpu", ModelDescription.read(Path(path)).precision)
    model.attend_fully()
    encode = _pieces(mode, model)
    model.encode(_speech()[:SAMPLE_RATE])
    report(encode)


def _pieces(mode: str, model: "object") -> Callable[[], None]:
    """Return what encodes the pieces that ``mode`` cuts, batched as it does."""
    from transcriber.model.nemo_model import NemoModel
    from transcriber.recognition.modes import Geometry
    from transcriber.recognition.modes.batches import batches
    from transcriber.recognition.modes.windows import WindowSamples, windows
    from transcriber.recognition.pauses import Cutting, EnergyDetector, cut_at_pauses

    assert isinstance(model, NemoModel)
    speech = _speech()
    pieces: list[Block] = {
        "full": lambda: [speech],
        "streaming": lambda: [
            window.samples
            for window in windows([speech], WindowSamples.from_seconds(Geometry(), model.frame_samples))
        ],
        "segmented": lambda: [
            cut.samples
            for cut in cut_at_pauses(
                [speech], EnergyDetector(), Cutting(Geometry().max_speech_segment_seconds)
            )
        ],
    }[mode]()
    most_samples = int(model.batch_seconds() * SAMPLE_RATE)

    def encode() -> None:
        for group in batches(pieces, len, most_samples):
            model.encode_batch(group)

    return encode


def _plain(path: str, _mode: str) -> None:
    import torch
    from nemo.collections.asr.models import ASRModel

    model = ASRModel.restore_from(path, map_location="cpu")
    model.eval()
    samples = torch.from_numpy(_speech())[None]
    with torch.inference_mode():
        model(input_signal=samples[:, :SAMPLE_RATE], input_signal_length=torch.tensor([SAMPLE_RATE]))
        report(
            lambda: model(input_signal=samples, input_signal_length=torch.tensor([samples.shape[1]])),
        )


def _speech() -> Block:
    return ten_minutes(minutes=SECONDS / 60).samples[: SECONDS * SAMPLE_RATE]


if __name__ == "__main__":
    {"ours": _ours, "plain": _plain}[sys.argv[1]](*sys.argv[2:])
