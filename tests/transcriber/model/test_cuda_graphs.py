"""Graphs need a GPU; here NeMo's decoder stands in for one whose graphs work or don't."""

import io
import json
from typing import Any

import pytest
import torch

from transcriber.model.cuda_graphs import disable_broken_cuda_graphs
from transcriber.recognition.modes import SpeechModel
from transcriber.reporting import log


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


def check(computer: Computer, model: Any) -> str:
    """Check the graphs of ``computer`` and return the log."""
    lines = io.StringIO()
    log.configure(lines)
    with torch.inference_mode():
        disable_broken_cuda_graphs(computer, model.encode, model._speech_modules.pieces)
    return lines.getvalue()


@pytest.mark.parametrize(
    ("graphs", "stay_enabled"), [("work", True), ("raise", False), ("give nothing", False)]
)
def test_graphs_stay_only_where_they_decode_the_same(
    graphs: str, stay_enabled: bool, model: SpeechModel
) -> None:
    computer = Computer(model, graphs)
    lines = check(computer, model)
    assert computer.enabled == stay_enabled
    assert ("CUDA graphs don't work here" in lines) != stay_enabled


def test_the_clip_is_understood(model: SpeechModel) -> None:
    assert "heard as something else" not in check(Computer(model, "work"), model)


def test_a_model_that_hears_something_else_is_worth_a_warning(
    model: SpeechModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transcriber.model.cuda_graphs.CLIP_TEXT", "Nobody said this.")
    warning = json.loads(check(Computer(model, "work"), model))
    assert (warning["heard"], warning["said"]) == ("David sees the blue camera.", "Nobody said this.")
