"""Validation while a model learns: how well it ranks plays put aside, and the parameters that did best."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from segue.data.catalogue import Split
from segue.data.log import Log
from segue.kit.metrics import Places, ndcg
from segue.kit.workspace import read_json, whole_file, write_json

logger = logging.getLogger(__name__)

Ranks = Callable[[], NDArray[np.int64]]
"""The rank, from 1, of each held-out play among all tracks, int64 (n,)."""
Due = Callable[[int, float, int], bool]
"""Step, part of the budget that is spent, checks so far -> whether it is time for a check."""


def held_out(log: Log, most: int, split: Split = "validation") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """At most `most` plays of a split as events of the log, and where their listeners begin, int64 (n,).

    Always the same ones.
    """
    events = log.targets(split)
    if len(events) > most:
        # The seed is not the model's: all models and seeds are validated on the same plays.
        events = np.sort(np.random.default_rng(0).choice(events, most, replace=False))
    return events, log.starts[np.searchsorted(log.starts, events, side="right") - 1]


def rank_of(scores: NDArray[Any], right: NDArray[Any]) -> NDArray[np.int64]:
    """Ranks (n,) of targets that score `right` (n,) among scores (n, n_tracks); ties count against them."""
    # The clip is for a target whose score is NaN: no comparison holds, and rank 0 would be better than 1.
    found: NDArray[np.int64] = (scores >= right[:, None]).sum(1).clip(1)
    return found


def ndcg10_each(ranks: NDArray[np.int64]) -> NDArray[Any]:
    """NDCG@10 (n,) of ranks (n,) of one target each."""
    above = (ranks - 1)[:, None]
    return np.asarray(ndcg(Places(above, np.ones_like(above)), 10))


def ndcg10(ranks: NDArray[np.int64]) -> float:
    """Mean NDCG@10 of ranks (n,) of one target each."""
    return float(ndcg10_each(ranks).mean())


def every(steps: int) -> Due:
    """A check after every so many steps."""
    return lambda step, done, checked: step % steps == 0


def spread(checks: int) -> Due:
    """So many checks, spread evenly over the budget, the last of them at its end."""
    # Not at the end: `take_best` looks there in any case.
    return lambda step, done, checked: done < 1 and min(done, 1.0) * checks >= checked + 1


class Validation:
    """NDCG@10 of full rankings; keeps the parameters that did best, and says when to stop.

    Args:
        ranks: measured with `module` in evaluation mode.
        patience: checks without a better figure until training stops.
        folder: where the best parameters and the figures are kept.
    """

    def __init__(self, module: nn.Module, ranks: Ranks, due: Due, patience: int, folder: Path) -> None:
        self.module, self.ranks, self.due, self.patience = module, ranks, due, patience
        self.path, self.state = folder / "best.safetensors", folder / "validation.json"
        self.figures: list[tuple[int, float]] = []

    @property
    def best(self) -> float:
        """The best figure so far, -1 before the first."""
        return max((value for _, value in self.figures), default=-1.0)

    @property
    def since(self) -> int:
        """How many checks ago the best one was."""
        values = [value for _, value in self.figures]
        return len(values) - 1 - values.index(self.best) if values else 0

    def resume(self, step: int) -> None:
        """Go on from what an interrupted run had found up to its checkpoint; later checks come again."""
        found = read_json(self.state) if step and self.state.exists() else []
        self.figures = [(int(at), float(value)) for at, value in found if at <= step]

    def measure(self) -> float:
        """The figure now."""
        was = self.module.training
        self.module.train(False)
        with torch.no_grad():
            value = ndcg10(self.ranks())
        # Whoever measures by hand may not be training.
        self.module.train(was)
        return value

    def check(self, step: int) -> None:
        """Measure, and keep the parameters if they are the best so far."""
        # The end of training may fall on a regular check.
        if self.figures and self.figures[-1][0] == step:
            return
        value = self.measure()
        logger.info("validation NDCG@10 %.4f", value)
        if value > self.best:
            with whole_file(self.path) as temporary:
                save_file(learnt(self.module), temporary)
        self.figures.append((step, value))
        write_json(self.state, self.figures)

    def stops(self, step: int, done: float) -> bool:
        """Look if it is time to; whether it has not been better for long."""
        if not self.due(step, done, len(self.figures)):
            return False
        self.check(step)
        return self.since >= self.patience

    def take_best(self, step: int) -> None:
        """Put the best parameters, the last ones among them, into the module."""
        self.check(step)
        take_over(self.module, load_file(self.path))


def learnt(module: nn.Module) -> dict[str, Tensor]:
    """The parameters that learn, by name, on the processor."""
    named: dict[str, Tensor] = {n: p for n, p in module.named_parameters() if p.requires_grad}
    return {n: p.detach().cpu().contiguous() for n, p in named.items()}


@torch.no_grad()
def take_over(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put saved parameters into the module.

    Raises:
        KeyError: one that learns is missing.
    """
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            parameter.copy_(tensors[name])
