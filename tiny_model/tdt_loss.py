"""The exact loss of a token-and-duration transducer (TDT), fast on a CPU. NeMo's fast one needs CUDA.

Xu et al., "Efficient Sequence Transduction by Jointly Predicting Tokens and Durations",
https://arxiv.org/abs/2304.06795.

A path through the lattice of frames t and emitted labels u starts at (0, 0). A step at (t, u) emits the
next label or a blank and moves on by a duration d: a label to (t + d, u + 1), a blank, whose d is never 0,
to (t + d, u). After all labels, a blank that reaches frame T exactly ends the path. The loss is minus the
log of the sum over all paths. Its gradient is that of forward-backward: minus the probability that a path
takes the step.
"""

import math
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor

IMPOSSIBLE = -1e30
"""In place of log 0. The sum of two of them is finite."""


def tdt_loss(
    logits: Tensor,
    targets: Tensor,
    frame_counts: Tensor,
    target_lengths: Tensor,
    durations: Sequence[int],
    sigma: float = 0.0,
) -> Tensor:
    """Return the negative log likelihood of each item's targets, [batch].

    Args:
        logits: [batch, frames, labels + 1, tokens + 1 + durations]; the blank comes after the other tokens,
            the durations come last.
        targets: [batch, labels], token ids.
        frame_counts: [batch], frames of each item.
        target_lengths: [batch], labels of each item.
        durations: the frames that a step can move on by, in the order of the logits; 0 and 1 must be among
            them, so that every target fits into any number of frames.
        sigma: taken from each token's log probability; above 0 it favours paths with fewer steps.

    Raises:
        ValueError: 0 or 1 is missing in ``durations``.
    """
    if not {0, 1} <= set(durations):
        raise ValueError(f"0 and 1 must be among the durations, got {durations}")
    tokens = torch.log_softmax(logits[..., : -len(durations)], -1) - sigma
    moves = torch.log_softmax(logits[..., -len(durations) :], -1)
    _, frames, rows, _ = tokens.shape
    index = targets.long()[:, None, :, None].expand(-1, frames, rows - 1, -1)
    labels = tokens[:, :, : rows - 1].gather(-1, index).squeeze(-1)
    blanks = tokens[..., -1]
    loss: Tensor = _ForwardBackward.apply(  # type: ignore[no-untyped-call]
        blanks, labels, moves, frame_counts, target_lengths, durations
    )
    return loss


class _ForwardBackward(torch.autograd.Function):
    """Computes loss and gradient together, from log probabilities."""

    @staticmethod
    def forward(
        ctx: Any,
        blanks: Tensor,
        labels: Tensor,
        moves: Tensor,
        frame_counts: Tensor,
        target_lengths: Tensor,
        durations: Sequence[int],
    ) -> Tensor:
        losses, *occupancies = _forward_backward_batch(
            blanks.detach().contiguous().numpy(),
            labels.detach().contiguous().numpy(),
            moves.detach().contiguous().numpy(),
            frame_counts.long().numpy(),
            target_lengths.long().numpy(),
            np.asarray(durations),
        )
        ctx.gradients = tuple(torch.from_numpy(occupancy).neg_() for occupancy in occupancies)
        return torch.from_numpy(losses).to(blanks.dtype)

    @staticmethod
    def backward(ctx: Any, output_gradient: Tensor) -> tuple[Tensor | None, ...]:
        blanks, labels, moves = ctx.gradients
        scale = output_gradient[:, None, None]
        return blanks * scale, labels * scale, moves * scale[..., None], None, None, None


@numba.njit(parallel=True, cache=True)
def _forward_backward_batch(blanks, labels, moves, frame_counts, target_lengths, durations):  # type: ignore[no-untyped-def]
    losses = np.zeros(len(frame_counts))
    blank_occupancy = np.zeros_like(blanks)
    label_occupancy = np.zeros_like(labels)
    move_occupancy = np.zeros_like(moves)
    for item in numba.prange(len(frame_counts)):
        frames, rows = frame_counts[item], target_lengths[item] + 1
        blank, label, move = blanks[item, :frames], labels[item, :frames], moves[item, :frames]
        forward = _forward(blank, label, move, rows, durations)
        backward = _backward(blank, label, move, rows, durations)
        losses[item] = -backward[0, 0]
        _add_occupancy(
            *(blank, label, move, durations, forward, backward),
            *(blank_occupancy[item], label_occupancy[item], move_occupancy[item]),
        )
    return losses, blank_occupancy, label_occupancy, move_occupancy


@numba.njit(cache=True)
def _forward(blank, label, move, rows, durations):  # type: ignore[no-untyped-def]
    """Return log P(a path reaches (t, u)), [frames, rows]."""
    frames = len(blank)
    forward = np.full((frames, rows), IMPOSSIBLE)
    forward[0, 0] = 0.0
    for t in range(frames):
        for u in range(rows):
            total = forward[t, u]
            for k, duration in enumerate(durations):
                s = t - duration
                if s < 0:
                    continue
                if duration > 0:
                    total = _log_add(total, forward[s, u] + blank[s, u] + move[s, u, k])
                if u > 0:
                    total = _log_add(total, forward[s, u - 1] + label[s, u - 1] + move[s, u - 1, k])
            forward[t, u] = total
    return forward


@numba.njit(cache=True)
def _backward(blank, label, move, rows, durations):  # type: ignore[no-untyped-def]
    """Return log P(a path from (t, u) reaches the end), [frames + 1, rows]; only the end has frame T."""
    frames = len(blank)
    backward = np.full((frames + 1, rows), IMPOSSIBLE)
    backward[frames, rows - 1] = 0.0
    for t in range(frames - 1, -1, -1):
        for u in range(rows - 1, -1, -1):
            total = IMPOSSIBLE
            for k, duration in enumerate(durations):
                s = t + duration
                if duration > 0 and s <= frames:
                    total = _log_add(total, backward[s, u] + blank[t, u] + move[t, u, k])
                if u < rows - 1 and s < frames:
                    total = _log_add(total, backward[s, u + 1] + label[t, u] + move[t, u, k])
            backward[t, u] = total
    return backward


@numba.njit(cache=True)
def _add_occupancy(  # type: ignore[no-untyped-def]
    blank, label, move, durations, forward, backward, blank_occupancy, label_occupancy, move_occupancy
):
    """Add the probability of each step to the occupancies, given that the path reaches the end."""
    frames, rows = forward.shape
    total = backward[0, 0]
    for t in range(frames):
        for u in range(rows):
            for k, duration in enumerate(durations):
                s = t + duration
                before = forward[t, u] + move[t, u, k] - total
                if duration > 0 and s <= frames:
                    step = math.exp(before + blank[t, u] + backward[s, u])
                    blank_occupancy[t, u] += step
                    move_occupancy[t, u, k] += step
                if u < rows - 1 and s < frames:
                    step = math.exp(before + label[t, u] + backward[s, u + 1])
                    label_occupancy[t, u] += step
                    move_occupancy[t, u, k] += step


@numba.njit(inline="always")
def _log_add(a, b):  # type: ignore[no-untyped-def]
    low, high = min(a, b), max(a, b)
    return high if low < IMPOSSIBLE / 2 else high + math.log1p(math.exp(low - high))
