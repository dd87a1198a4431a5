"""Run the tiny model with NeMo alone, without NeMo's log."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

MODEL = Path(__file__).resolve().parent / "tiny.nemo"

MARGIN_SAMPLES = 3200
"""Silence around a recording: 0.2 s. The recordings of the corpus have almost none."""


def import_model_class() -> Any:
    """Return NeMo's class ``EncDecRNNTBPEModel``. NeMo logs only errors after this."""
    logging.disable(logging.WARNING)
    from nemo.collections.asr.models import EncDecRNNTBPEModel
    from nemo.utils import logging as nemo_logging

    logging.disable(logging.NOTSET)
    nemo_logging.setLevel(nemo_logging.ERROR)
    return EncDecRNNTBPEModel


def load(path: Path) -> Any:
    """Return the model at ``path``, ready to recognise on the CPU in 32-bit floats."""
    model = import_model_class().restore_from(str(path), map_location="cpu")
    model.preprocessor.featurizer.dither = 0.0
    return model.eval()


@torch.inference_mode()
def recognise(model: Any, recordings: Sequence[NDArray[np.float32]], batch_size: int = 25) -> list[str]:
    """Return the text of each of ``recordings`` ([samples] at 16 kHz). ``model`` must be in eval mode.

    NeMo's `transcribe()` would leave the model in training mode, so its parts are called instead.
    """
    texts = [""] * len(recordings)
    # Recordings of similar length are in one batch, for less padding.
    order = sorted(range(len(recordings)), key=lambda index: len(recordings[index]))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        audio = [torch.from_numpy(np.pad(recordings[index], MARGIN_SAMPLES)) for index in chosen]
        encoded, lengths = model(
            input_signal=torch.nn.utils.rnn.pad_sequence(audio, batch_first=True),
            input_signal_length=torch.tensor([len(each) for each in audio]),
        )
        hypotheses = model.decoding.rnnt_decoder_predictions_tensor(encoded, lengths, return_hypotheses=True)
        for index, hypothesis in zip(chosen, hypotheses, strict=True):
            texts[index] = hypothesis.text
    return texts


def word_error_rate(hypotheses: list[str], references: list[str]) -> float:
    """Return wrong words per reference word, 0 to 1 or more. Capitals and punctuation count."""
    from nemo.collections.asr.metrics.wer import word_error_rate as nemo_word_error_rate

    return float(nemo_word_error_rate(hypotheses, references))
