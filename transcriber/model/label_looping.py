"""NeMo's greedy decoder, with correct token durations in batches."""

from typing import Any

import torch
from nemo.collections.asr.parts.submodules.transducer_decoding.tdt_label_looping import (
    GreedyBatchedTDTLabelLoopingComputer,
)


class LabelLooping(GreedyBatchedTDTLabelLoopingComputer):  # type: ignore[misc]
    """Label looping (arXiv:2406.06220) in which durations do not depend on the other rows of a batch.

    In NeMo 3.0.0's ``tdt_label_looping.py``, the inner loop of `torch_impl` searches the next label of the
    rows that have none yet. But it writes the durations of all rows, so rows that already have their label
    get the duration of a later frame. `cuda_graphs_impl` writes only the rows that still search, so this
    class uses it as it is. Decoding continues at the right frame in both: only the stored durations differ.
    """

    def __init__(self, **options: Any) -> None:
        """Take NeMo's options, which must include the confidence of each step."""
        self._step_durations: list[torch.Tensor] | None = None
        super().__init__(**options)

    def torch_impl(self, *inputs: Any, **named_inputs: Any) -> tuple[Any, Any]:
        """Decode as NeMo does, and store the durations of the frames in which the tokens were found.

        Each pass of the outer loop finds one label of every row that has labels left. So label ``n`` of each
        row was found in pass ``n``.
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
        """Return the confidence of the labels of a pass, and store their durations, both from ``logits``.

        The shape of ``logits`` is [rows, labels and durations]. NeMo passes for each row the logits of the
        frame in which the row's label was found.
        """
        if self._step_durations is not None:
            best = logits[:, -num_durations:].argmax(dim=-1)
            self._step_durations.append(self.durations.to(logits.device)[best])
        confidence: torch.Tensor | None = super()._get_step_confidence(logits, num_durations)
        return confidence
