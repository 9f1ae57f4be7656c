"""Training: a softmax over the catalogue, then a last look at dialogues that were put aside."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from segue.learning.budget import Budget, Limit
from segue.learning.run import Run
from segue.models.hybrid import Doubles, fit_logit, is_first
from segue.models.talkplay.gated.examples import Examples, Ints
from segue.models.talkplay.gated.network import Gates, Network, Read
from segue.models.talkplay.gated.reading import Reader

FIRST, PULL = 600, 2.0
"""Moments that the fixed gates are fitted to before all else learns, and their pull to what they were."""
PASSES = 16
"""Times that a moment is read at most."""
FIRM = 1e4
"""Scale at which a weight is as good as fixed."""


class Settings(Budget):
    """How the gated TalkPlay is trained; encoding and clues come before its budget. Not in the paper."""

    peak: ClassVar[float] = 1e-3

    weight_decay: float = Field(default=0.05, ge=0)
    batch: PositiveInt = 32
    """Moments a step."""
    moments: PositiveInt = 6000
    """Moments that are learnt from at most; all of real dialogues come first (see `examples.draw`)."""
    width: PositiveInt = 128
    layers: PositiveInt = 2
    real: PositiveFloat = 3.0
    """Weight of a moment of a real dialogue against a simulated one."""
    drop: NonNegativeFloat = 0.2
    """How often a candidate's code is hidden, so that it looks like one of a new track."""
    pull: NonNegativeFloat = 1e-3
    """Pull of the gates to fixed ones."""
    variety: NonNegativeFloat = 4.0
    """What a track loses in the first ten for each better one of its artist but one.

    Without known dislikes in the training dialogues lists are not varied.
    """
    encoder: str = "all-MiniLM-L6-v2"
    from_: Path | None = None
    """Another workspace, whose trained model to start from, of its width and layers."""

    def limit(self, per_epoch: int = 1) -> Limit:
        """Where the training ends: also after `PASSES` over the moments, unless epochs are told.

        A few hundred moments are learnt by heart long before the minutes are over that thousands want.
        """
        found = super().limit(per_epoch)
        if self.epochs is not None:
            return found
        return Limit(found.minutes, min(found.steps or PASSES * per_epoch, PASSES * per_epoch))


def learn(network: Network, reader: Reader, found: Examples, settings: Settings, work: Path) -> None:
    """Fit the fixed gates to the first examples, then descend the loss of all."""
    first = found.first(FIRST)
    set_gates(network, first, [np.zeros((width, 0)) for width in np.isfinite(first.logs).sum(axis=1)], PULL)
    network.prior.copy_(network.static)
    places, texts = torch.from_numpy(reader.places), torch.from_numpy(reader.texts)
    chances = found.weights / found.weights.sum()

    def step_loss(step: int) -> tuple[Tensor, dict[str, float]]:
        generator = np.random.default_rng((settings.seed, step))
        chosen = generator.choice(len(found), min(settings.batch, len(found)), p=chances)
        read = reader([found.moments[n].request for n in chosen])
        rows = torch.from_numpy(found.rows[chosen].astype(np.int64))
        codes = places[rows]
        codes = codes * (torch.rand(codes.shape) >= settings.drop)
        state = network.state(read)
        values = torch.from_numpy(found.clues[chosen].astype(np.float32))
        fixed = read.stages @ network.static
        scores = torch.einsum("nc,ntc->nt", fixed, values) + network.together(values, read.stages)
        moving = network.gate(state, read.stages) - fixed
        more = network.own(state, codes, texts[rows]) + torch.einsum("nc,ntc->nt", moving, values)
        # The clues learn as if they stood alone, and the state what they leave: where it learns dialogues by
        # heart, it takes nothing from them, and what it counts is set last.
        loss = softmax_loss(scores, found, chosen) + softmax_loss(scores.detach() + more, found, chosen)
        return loss + settings.pull * network.away(), {"tokens": float(len(chosen))}

    per_epoch = -(-len(found) // settings.batch)
    run = Run(network, settings, work, [len(found)], per_epoch=per_epoch, title="training talkplay")
    run.go(step_loss)


def softmax_loss(scores: Tensor, found: Examples, chosen: Ints) -> Tensor:
    """- log of the probability that falls on the targets, mean of all and any, over the moments."""
    logits = scores + torch.from_numpy(found.logs[chosen])
    targets = torch.from_numpy(found.targets[chosen])
    logs = torch.log_softmax(logits, dim=1)
    any_of = torch.logsumexp(logs.masked_fill(~targets, -torch.inf), dim=1)
    each = logs.masked_fill(~targets, 0).sum(dim=1) / targets.sum(dim=1)
    return -(any_of + each).mean() / 2


@torch.no_grad()
def calibrate(network: Network, reader: Reader, held: Examples, pull: float) -> list[list[float]]:
    """Set the fixed gates, and how much all else counts, by dialogues that it did not learn from.

    Returns:
        What the state adds (the model's own scores, the moving part of its gates) and what clues add together
        count: a number of each, and one more of each that is added in the first turn.
    """
    learnt = []
    for n, moment in enumerate(held.moments):
        read: Read = reader([moment.request])
        there = np.isfinite(held.logs[n])
        rows = torch.from_numpy(held.rows[n][there].astype(np.int64))
        clues = torch.from_numpy(held.clues[n][there].astype(np.float32))
        state = network.state(read)
        moving = network.gate(state, read.stages)[0] - (read.stages @ network.static)[0]
        own = network.own(state, torch.from_numpy(reader.places)[rows], torch.from_numpy(reader.texts)[rows])
        parts = [own[0] + clues @ moving, network.together(clues[None], read.stages)[0]]
        learnt.append(torch.stack(parts, dim=1).double().numpy())
    found: list[list[float]] = set_gates(network, held, learnt, pull).tolist()
    return found


@torch.no_grad()
def set_gates(gates: Gates, held: Examples, learnt: Sequence[Doubles], pull: float) -> Doubles:
    """Set the fixed gates by dialogues that were put aside.

    Args:
        learnt: for each, what else the scores of its candidates have, (n_candidates, n_parts).

    Returns:
        What each part of `learnt` counts, and what is added to that in the first turn, (2, n_parts).
    """
    lists = []
    for n, moment in enumerate(held.moments):
        there = np.isfinite(held.logs[n])
        parts = np.column_stack([held.clues[n][there].astype(np.float64), learnt[n]])
        both = np.column_stack([parts, parts * is_first([moment.request])[0]])
        # Candidates at random stand for many. Their log is an offset: as a feature so small, with a weight so
        # large, that the pull holds it. Free to move it tells random candidates from found ones.
        lists.append((np.column_stack([both, held.logs[n][there] / FIRM]), held.targets[n][there]))
    static = gates.static.double().numpy()
    more = learnt[0].shape[1]
    prior = np.concatenate([static[0], np.ones(more), static[1], np.zeros(more), [FIRM]])
    weights = fit_logit(lists, prior, pull / max(len(lists), 1))
    found = weights[:-1].reshape(2, -1)
    gates.static.copy_(torch.from_numpy(found[:, : static.shape[1]]).float())
    return found[:, static.shape[1] :]
