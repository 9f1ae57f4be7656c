"""One training run: the best parameters by validation, its log and curve, and going on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from segue.learning.batches import Epochs, cut_where_full
from segue.learning.budget import Budget
from segue.learning.run import Run
from segue.learning.validation import Validation, every, ndcg10, rank_of, spread


class Walk(nn.Module):
    """One number that gradient descent moves by about the learning rate a step."""

    def __init__(self) -> None:
        super().__init__()
        self.at = nn.Parameter(torch.zeros(1))


def run(
    work: Path, stop_at: int | None = None, patience: int = 100, checks: list[float] | None = None
) -> tuple[Walk, dict[str, object]]:
    """Walks upwards for 20 steps; the rank of what is asked is best in the middle of the way."""
    module = Walk()

    def step_loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        if step == stop_at:
            raise KeyboardInterrupt
        return -module.at.sum(), {"tokens": 2}

    def ranks() -> np.ndarray:
        assert not module.training
        if checks is not None:
            checks.append(module.at.item())
        return np.array([1 + int(abs(module.at.item() - 0.5) / 0.1)])

    settings = Budget(steps=20, lr=0.1, warmup=0, bf16=False)
    validation = Validation(module, ranks, every(2), patience, work)
    return module, Run(module, settings, work, ["data"]).go(step_loss, validation)


def test_the_best_parameters_are_taken_not_the_last(tmp_path: Path) -> None:
    checks: list[float] = []
    module, facts = run(tmp_path, checks=checks)
    assert len(checks) == 10
    assert checks[-1] > 0.9
    assert module.at.item() == min(checks, key=lambda at: abs(at - 0.5))
    assert (facts["steps"], facts["tokens"], facts["validation_ndcg10"]) == (20, 40, 1.0)
    assert (tmp_path / "loss.png").read_bytes()[:4] == b"\x89PNG"
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 20
    assert [at for at, _ in json.loads((tmp_path / "validation.json").read_text())] == list(range(2, 21, 2))


def test_patience_ends_a_run(tmp_path: Path) -> None:
    module, facts = run(tmp_path, patience=2)
    assert 6 < facts["steps"] < 20
    assert 0.3 < module.at.item() < 0.7


def test_a_run_that_was_interrupted_checks_the_same(tmp_path: Path) -> None:
    whole, facts = run(tmp_path / "whole")
    for stop_at in (5, 12, 13):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "parts", stop_at=stop_at)
    parts, again = run(tmp_path / "parts")
    assert torch.equal(parts.at, whole.at)
    assert {n: v for n, v in facts.items() if n != "seconds"} == {
        n: v for n, v in again.items() if n != "seconds"
    }
    figures = [(tmp_path / name / "validation.json").read_text() for name in ("whole", "parts")]
    assert figures[0] == figures[1]


def test_other_data_forget_the_old_figures(tmp_path: Path) -> None:
    run(tmp_path)
    module = Walk()
    validation = Validation(module, lambda: np.array([5]), every(2), 100, tmp_path)
    other = Run(module, Budget(steps=4, lr=0.1, bf16=False), tmp_path, ["other data"])
    facts = other.go(lambda step: (-module.at.sum(), {}), validation)
    assert facts["validation_ndcg10"] == pytest.approx(1 / np.log2(6))
    assert [at for at, _ in validation.figures] == [2, 4]


def test_ranks_count_ties_against_the_target_and_ndcg_is_that_of_one_target() -> None:
    scores = np.array([[3.0, 1, 2], [1, 1, 1], [0, 5, 9]])
    ranks = rank_of(scores, np.array([3.0, 1, 5]))
    assert ranks.tolist() == [1, 3, 2]
    assert ndcg10(ranks) == pytest.approx((1 + 1 / 2 + 1 / np.log2(3)) / 3)
    assert ndcg10(np.array([11, 40])) == 0


def test_checks_are_spread_over_the_budget() -> None:
    due, checked = spread(4), 0
    at = []
    for step in range(1, 101):
        if due(step, step / 100, checked):
            checked += 1
            at.append(step)
    assert at == [25, 50, 75]


def test_epochs_follow_one_another_and_any_step_can_be_asked() -> None:
    plans = [list("abc"), list("de"), list("fghi")]
    asked: list[int] = []

    def plan(epoch: int) -> list[str]:
        asked.append(epoch)
        return plans[epoch]

    epochs = Epochs(plan)
    assert epochs.per_epoch == 3
    assert "".join(epochs.at(step) for step in range(9)) == "abcdefghi"
    assert epochs.at(4) == "e"
    assert Epochs(plan).at(7) == "h"
    assert len(asked) < 9


def test_pieces_begin_where_the_room_is_filled() -> None:
    order = np.array([4, 2, 0, 1, 3])
    pieces = cut_where_full(order, np.cumsum([3, 3, 3, 9, 1]), 5)
    assert [p.tolist() for p in pieces] == [[4], [2, 0], [1, 3]]
