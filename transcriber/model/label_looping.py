"""NeMo's greedy decoder, with the durations of tokens that it mixes up in batches."""

from typing import Any

import torch
from nemo.collections.asr.parts.submodules.transducer_decoding.tdt_label_looping import (
    GreedyBatchedTDTLabelLoopingComputer,
)


class LabelLooping(GreedyBatchedTDTLabelLoopingComputer):  # type: ignore[misc]
    """Label looping (arXiv:2406.06220) whose durations do not depend on the other rows of a batch.

    In NeMo 3.0.0's ``tdt_label_looping.py``, the inner loop of `torch_impl` looks for the next label of the
    rows that have none yet, and writes the durations of all rows: those of rows that have their label are
    replaced by what the joint says at a later frame. `cuda_graphs_impl` writes only the rows that look on, so
    it is used as it is. Where decoding goes on is right in both: only the stored durations differ.
    """

    def __init__(self, **options: Any) -> None:
        """Take NeMo's options; confidence of each step has to be among them."""
        self._step_durations: list[torch.Tensor] | None = None
        super().__init__(**options)

    def torch_impl(self, *inputs: Any, **named_inputs: Any) -> tuple[Any, Any]:
        """Decode as NeMo does; the durations are those of the frames in which the tokens were found.

        Each pass of the outer loop finds one label of every row that has any left, so the label ``n`` of
        each row was found in pass ``n``.
        """
        self._step_durations = []
        try:
            hypotheses, state = super().torch_impl(*inputs, **named_inputs)
            if self._step_durations:
                durations = torch.stack(self._step_durations, dim=1)
                hypotheses.token_durations[:, : durations.shape[1]] = durations
        finally:
            self._step_durations = None
        return hypotheses, state

    def _get_step_confidence(self, logits: torch.Tensor, num_durations: int) -> torch.Tensor | None:
        """Return the confidence of the labels of a pass, and keep their durations: both come from ``logits``.

        They are [rows, labels and durations], and NeMo does keep those of each row where its label was found.
        """
        if self._step_durations is not None:
            best = logits[:, -num_durations:].argmax(dim=-1)
            self._step_durations.append(self.durations.to(logits.device)[best])
        confidence: torch.Tensor | None = super()._get_step_confidence(logits, num_durations)
        return confidence
