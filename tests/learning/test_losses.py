"""The losses against torch's own and against their closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from segue.learning import losses


@pytest.fixture
def batch() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    return (
        torch.randn(50, 8, requires_grad=True),
        torch.randn(30, 8, requires_grad=True),
        torch.randint(30, (50,)),
    )


@pytest.mark.parametrize("scale", [1.0, 30.0])  # 30: logits in the hundreds, the highest is taken off
def test_softmax_and_its_gradients_are_those_of_cross_entropy(
    batch: tuple[Tensor, Tensor, Tensor], monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    hidden, table, targets = batch
    for name, value in (("LEAST", 16), ("BLOCK", 2000), ("TILE", 200)):
        monkeypatch.setattr(losses, name, value)  # several blocks, the last one short
    table = torch.cat([table, table + 1, table - 1, table[:20]]).detach().requires_grad_()  # two tiles
    for weight in (1.0, 3.0):
        ours = torch.autograd.grad(weight * losses.softmax(scale * hidden, table, targets), (hidden, table))
        right = F.cross_entropy(scale * hidden @ table.T, targets)
        wanted = torch.autograd.grad(weight * right, (hidden, table))
        for a, b in zip(ours, wanted, strict=True):
            torch.testing.assert_close(a, b, atol=1e-6 * scale, rtol=1e-5)
    torch.testing.assert_close(losses.softmax(scale * hidden, table, targets), right)


def test_softmax_over_the_table_that_the_hidden_states_come_from(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    """Tied weights: both ways to the table add up."""
    _, table, targets = batch
    hidden = torch.tanh(table[torch.arange(50) % 30])
    (ours,) = torch.autograd.grad(losses.softmax(hidden, table, targets), table, retain_graph=True)
    (wanted,) = torch.autograd.grad(F.cross_entropy(hidden @ table.T, targets), table)
    torch.testing.assert_close(ours, wanted, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_softmax_in_bfloat16_stays_close(batch: tuple[Tensor, Tensor, Tensor], scale: float) -> None:
    """The loss to 1 %, each gradient to 2 % of its length (to 8 % where logits are in the hundreds)."""
    hidden, table, targets = batch
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = losses.softmax(scale * hidden, table, targets)
    right = F.cross_entropy(scale * hidden @ table.T, targets)
    torch.testing.assert_close(loss, right, atol=0.02, rtol=0.01)
    ours, wanted = (torch.autograd.grad(x, (hidden, table)) for x in (loss, right))
    for a, b in zip(ours, wanted, strict=True):
        assert (a - b).norm() < (0.02 if scale == 1 else 0.08) * b.norm()


def test_softmax_of_huge_scores_is_finite() -> None:
    hidden = torch.full((2, 4), 50.0)
    assert torch.isfinite(losses.softmax(hidden, torch.eye(4) * 50, torch.tensor([0, 3])))


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_sampled_softmax_tends_to_the_full_one(batch: tuple[Tensor, Tensor, Tensor], spread: float) -> None:
    hidden, table, targets = batch
    log_q = (torch.arange(1, 31).float() ** spread).div((torch.arange(1, 31).float() ** spread).sum()).log()
    full = losses.softmax(hidden, table, targets)
    generator = torch.Generator().manual_seed(0)
    close = losses.sampled_softmax(hidden, table, targets, log_q, 200_000, generator)
    torch.testing.assert_close(close, full, atol=0.02, rtol=0.01)


def test_gbce_without_calibration_is_plain_bce_over_the_same_negatives() -> None:
    torch.manual_seed(0)
    hidden, table, targets = torch.randn(5, 4), torch.randn(9, 4), torch.randint(9, (5,))
    generator = torch.Generator().manual_seed(1)
    drawn = torch.randint(0, 9, (6,), generator=torch.Generator().manual_seed(1))
    right, wrong = (hidden * table[targets]).sum(1), hidden @ table[drawn].T
    wrong = wrong.masked_fill(drawn == targets[:, None], -torch.inf)
    wanted = (F.softplus(-right) + F.softplus(wrong).sum(1)).mean() / 7
    torch.testing.assert_close(losses.gbce(hidden, table, targets, 6, 0.0, generator), wanted)


def test_gbce_fully_calibrated_weighs_the_positive_by_the_sampling_rate() -> None:
    torch.manual_seed(0)
    hidden, table, targets = torch.randn(5, 4), torch.randn(9, 4), torch.randint(9, (5,))
    by_t = [losses.gbce(hidden, table, targets, 4, t, torch.Generator().manual_seed(1)) for t in (0.0, 1.0)]
    right = F.softplus(-(hidden * table[targets]).sum(1)).mean()
    # beta is 1 at t = 0 and the sampling rate, here 4 of 8, at t = 1.
    torch.testing.assert_close(by_t[0] - by_t[1], (1 - 0.5) * right / 5)


def test_bce_draws_no_heard_track() -> None:
    """Every track but one was heard: the loss is then known."""
    hidden, table = torch.ones(3, 2), torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    heard = torch.tensor([[0, 1, 3, -1]]).expand(3, 4)
    many = [
        losses.bce(hidden, table, torch.tensor([0, 1, 3]), heard, torch.Generator().manual_seed(s))
        for s in range(50)
    ]
    wanted = F.softplus(torch.tensor(0.0)) + F.softplus(torch.tensor(2.0))
    share = torch.stack([torch.isclose(x, wanted) for x in many]).float().mean()
    assert share > 0.2  # four draws of four tracks: now and then a heard one is left
