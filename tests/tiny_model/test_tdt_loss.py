from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from tiny_model.tdt_loss import tdt_loss

TOKENS = 3
BLANK = TOKENS


def paths(
    tokens: Tensor, moves: Tensor, target: list[int], durations: tuple[int, ...], t: int, u: int
) -> Iterator[Tensor]:
    """Yields the log probability of each path from (t, u) to the end."""
    frames = len(tokens)
    for k, duration in enumerate(durations):
        s = t + duration
        if duration > 0 and s == frames and u == len(target):
            yield tokens[t, u, BLANK] + moves[t, u, k]
        if s >= frames:
            continue
        if duration > 0:
            step = tokens[t, u, BLANK] + moves[t, u, k]
            yield from (step + rest for rest in paths(tokens, moves, target, durations, s, u))
        if u < len(target):
            step = tokens[t, u, target[u]] + moves[t, u, k]
            yield from (step + rest for rest in paths(tokens, moves, target, durations, s, u + 1))


def enumerated_loss(logits: Tensor, target: list[int], durations: tuple[int, ...], sigma: float) -> Tensor:
    tokens = torch.log_softmax(logits[..., : TOKENS + 1], -1) - sigma
    moves = torch.log_softmax(logits[..., TOKENS + 1 :], -1)
    return -torch.logsumexp(torch.stack(list(paths(tokens, moves, target, durations, 0, 0))), 0)


def random_logits(items: int, frames: int, labels: int, durations: tuple[int, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (items, frames, labels + 1, TOKENS + 1 + len(durations))
    return torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("durations", [(0, 1, 2), (0, 1, 2, 3, 4), (2, 1, 0), (0, 1)])
@pytest.mark.parametrize("sigma", [0.0, 0.05])
def test_loss_and_gradient_are_those_of_all_paths_enumerated(durations, sigma):
    targets = [[0, 2], [1], [2, 2], []]
    frames = [4, 3, 2, 4]
    logits = random_logits(len(targets), 4, 2, durations)
    padded = torch.tensor([target + [0] * (2 - len(target)) for target in targets])
    lengths = torch.tensor([len(target) for target in targets])

    losses = tdt_loss(logits, padded, torch.tensor(frames), lengths, durations, sigma)
    expected = torch.stack(
        [
            enumerated_loss(logits[item, : frames[item], : len(target) + 1], target, durations, sigma)
            for item, target in enumerate(targets)
        ]
    )
    weights = torch.arange(1.0, len(targets) + 1, dtype=torch.float64)
    (gradient,) = torch.autograd.grad((losses * weights).sum(), logits)
    (expected_gradient,) = torch.autograd.grad((expected * weights).sum(), logits)

    torch.testing.assert_close(losses, expected)
    torch.testing.assert_close(gradient, expected_gradient)


def test_the_gradient_is_that_of_finite_differences():
    durations = (0, 1, 2)
    logits = random_logits(1, 3, 1, durations)
    target, length, frames = torch.tensor([[2]]), torch.tensor([1]), torch.tensor([3])

    assert torch.autograd.gradcheck(
        lambda values: tdt_loss(values, target, frames, length, durations, 0.02), (logits,)
    )


def test_durations_that_not_every_target_can_be_fitted_with_are_refused():
    logits = random_logits(1, 3, 1, (1, 2))

    with pytest.raises(ValueError, match=r"0 and 1 must be among the durations, got \(1, 2\)"):
        tdt_loss(logits, torch.tensor([[2]]), torch.tensor([3]), torch.tensor([1]), (1, 2))


def test_what_lies_beyond_an_item_has_no_influence():
    durations = (0, 1, 2)
    logits = random_logits(1, 5, 3, durations)
    arguments = (torch.tensor([[1, 0, 2]]), torch.tensor([3]), torch.tensor([1]), durations)
    changed = logits.detach().clone()
    changed[:, 3:], changed[:, :, 2:] = 9.0, -9.0

    (gradient,) = torch.autograd.grad(tdt_loss(logits, *arguments).sum(), logits)

    torch.testing.assert_close(tdt_loss(changed, *arguments), tdt_loss(logits, *arguments))
    assert not gradient[:, 3:].any()
    assert not gradient[:, :, 2:].any()
