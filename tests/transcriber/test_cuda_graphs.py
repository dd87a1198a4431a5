"""Graphs need a GPU; here NeMo's decoder stands in for one whose graphs work or don't."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from transcriber.audio import AudioReader
from transcriber.cuda_graphs import disable_broken_cuda_graphs
from transcriber.modes import SpeechModel


class Computer:
    """NeMo's decoder, with graphs that give all, no or wrong tokens."""

    def __init__(self, model: Any, graphs: str) -> None:
        self._real = model._computer
        self._graphs = graphs
        self.enabled = True

    def torch_impl(self, encoder_output: torch.Tensor, encoder_output_length: torch.Tensor) -> Any:
        return self._real.torch_impl(
            encoder_output=encoder_output, encoder_output_length=encoder_output_length
        )

    def __call__(self, x: torch.Tensor, out_len: torch.Tensor) -> Any:
        if self._graphs == "raise":
            raise RuntimeError("CUDA failure! 35")
        hypotheses, state = self._real(x=x, out_len=out_len)
        if self._graphs == "give nothing":
            hypotheses.current_lengths.zero_()
        return hypotheses, state

    def disable_cuda_graphs(self) -> None:
        self.enabled = False


@pytest.mark.parametrize(
    ("graphs", "stay_enabled"), [("work", True), ("raise", False), ("give nothing", False)]
)
def test_graphs_stay_only_where_they_decode_the_same(
    graphs: str, stay_enabled: bool, model: SpeechModel, samples_folder: Path
) -> None:
    computer = Computer(model, graphs)
    with (samples_folder / "meeting.wav").open("rb") as file, AudioReader(file, "meeting.wav") as audio:
        speech = np.concatenate(list(audio.blocks()))
    with torch.inference_mode():
        encoded = model.encode(speech)
        disable_broken_cuda_graphs(computer, encoded)
    assert computer.enabled == stay_enabled
