"""CUDA graphs make NeMo's decoder several times faster, and fail on some pairs of driver and torch."""

from typing import Any

import torch

from transcriber import log

CHECK_FRAMES = 250
"""20 seconds of speech: enough tokens to compare, little enough to decode twice."""


def disable_broken_cuda_graphs(computer: Any, encoded: torch.Tensor) -> None:
    """Decode the beginning of ``encoded`` with and without graphs, and use none from now on if that differs.

    Some installations raise ("CUDA failure! 35"), others return no tokens, which would pass for silence.

    Args:
        computer: NeMo's ``GreedyBatchedTDTLabelLoopingComputer``.
        encoded: shape [1, frames, features].
    """
    sample = encoded[:, :CHECK_FRAMES]
    lengths = torch.tensor([sample.shape[1]], device=sample.device)
    plain, _ = computer.torch_impl(encoder_output=sample, encoder_output_length=lengths)
    try:
        graphed, _ = computer(x=sample, out_len=lengths)
        agreed = _tokens(graphed) == _tokens(plain)
    except RuntimeError:
        agreed = False
    if not agreed:
        computer.disable_cuda_graphs()
        log.warn("CUDA graphs don't work here; decoding without them")


def _tokens(batch: Any) -> list[int]:
    tokens: list[int] = batch.transcript[0, : int(batch.current_lengths[0])].tolist()
    return tokens
