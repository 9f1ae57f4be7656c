"""Training SASRec, BERT4Rec and GRU4Rec: settings, the objective of a step, early stopping on validation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor

from segue.data.log import Log
from segue.kit.device import best_device
from segue.learning import losses
from segue.learning.budget import Budget
from segue.learning.loop import StepLoss
from segue.learning.run import Run
from segue.learning.validation import Validation, every, held_out, rank_of
from segue.models.sequential.networks import BERT4RecNet, GRU4RecNet, Network, SASRecNet
from segue.models.sequential.windows import Batches, pad

Kind = Literal["sasrec", "bert4rec", "gru4rec"]
NETWORKS: dict[Kind, Callable[..., Network]] = {
    "sasrec": SASRecNet,
    "bert4rec": BERT4RecNet,
    "gru4rec": GRU4RecNet,
}
N_VALIDATION = 2000
"""Validation targets that are ranked at most."""


class Settings(Budget):
    """How a sequential recommender is built and trained; 50 epochs where no budget is given."""

    unless_told: ClassVar[dict[str, float]] = {"epochs": 50}
    peak: ClassVar[float] = 1e-3

    loss: losses.Loss = "softmax"
    dim: PositiveInt = 64
    length: PositiveInt = 50
    """Plays that the network looks back on."""
    blocks: PositiveInt = 2
    heads: PositiveInt = 1
    dropout: float = Field(0.2, ge=0, lt=1)
    warmup: float = Field(0.02, ge=0, lt=1)
    """Part of the budget over which the learning rate rises."""
    plays_a_step: PositiveInt = 4096
    weight_decay: float = Field(0.0, ge=0)
    negatives: PositiveInt = 1024
    """Shared by a batch, in the losses `sampled` and `gbce`."""
    spread: float = Field(0.5, ge=0, le=1)
    """`sampled` draws a track with the probability count ** spread: 0 is uniform."""
    t: float = Field(0.75, ge=0, le=1)
    """Calibration of `gbce`."""
    masked: float = Field(0.2, gt=0, lt=1)
    """Share of the plays that BERT4Rec hides."""
    last_only: bool = False
    """Learn from one window a listener, the last, as published (E4SRec spec, section 6)."""
    repeats: Literal["allow", "filter"] = "allow"
    """`filter` puts what was heard below all else, here and in validation."""
    patience: PositiveInt = 10
    """Evaluations without a better validation NDCG@10 until training stops."""
    evaluate_every: PositiveFloat = 1.0
    """Epochs between evaluations."""


def make_network(kind: Kind, settings: Settings, n_tracks: int) -> Network:
    """An untrained network."""
    torch.manual_seed(settings.seed)
    s = settings
    return NETWORKS[kind](n_tracks, s.length, s.dim, s.dropout, s.blocks, s.heads)


def objective(network: Network, batches: Batches, settings: Settings, counts: NDArray[np.int64]) -> StepLoss:
    """The loss of a step as the training loop wants it."""
    device = next(network.parameters()).device
    # At least 1: log of a probability of 0 would be -inf, and the correction NaN.
    weights = torch.from_numpy(np.maximum(counts, 1).astype(np.float32) ** settings.spread)
    log_q = (weights / weights.sum()).log().to(device)

    def step_loss(step: int) -> tuple[Tensor, dict[str, float]]:
        rows = torch.from_numpy(batches(step)[0]).to(device)
        generator = torch.Generator(device).manual_seed(settings.seed * 1_000_003 + step)
        if isinstance(network, BERT4RecNet):
            inputs, targets, where = _hide(rows, settings.masked, generator)
        else:
            inputs, targets = rows[:, :-1], rows[:, 1:]
            where = targets >= 0
        hidden, wanted = network.encode(inputs)[where], targets[where]
        if settings.loss == "softmax":
            loss = losses.softmax(hidden, network.table, wanted)
        elif settings.loss == "sampled":
            n = settings.negatives
            loss = losses.sampled_softmax(hidden, network.table, wanted, log_q, n, generator)
        elif settings.loss == "gbce":
            # gBCE's alpha is a share of the catalogue and may not pass 1.
            n = min(settings.negatives, max(1, network.n_tracks - 1))
            loss = losses.gbce(hidden, network.table, wanted, n, settings.t, generator)
        else:
            heard = rows[:, None].expand(*where.shape, rows.shape[1])[where]
            loss = losses.bce(hidden, network.table, wanted, heard, generator)
        return loss, {"tokens": len(wanted)}

    return step_loss


def _hide(rows: Tensor, share: float, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Rows with some plays masked (-2), the rows as they were, and where they were masked.

    Every window has a mask: its last play where chance gave none. Source: Sun et al. 2019.
    """
    real = rows >= 0
    where = (torch.rand(rows.shape, generator=generator, device=rows.device) < share) & real
    none = ~where.any(1)
    # The last play is also what is asked when it predicts.
    where[none, real.sum(1)[none] - 1] = True
    return rows.masked_fill(where, -2), rows, where


def validation_of(
    network: Network, log: Log, settings: Settings, folder: Path, per_epoch: int
) -> Validation | None:
    """Ranks of the validation plays; None where there are none."""
    events, starts = held_out(log, N_VALIDATION)
    targets, pairs = log.rows[events], list(zip(starts, events, strict=True))
    histories = [log.rows[max(s, e - settings.length) : e] for s, e in pairs]

    def ranks() -> NDArray[np.int64]:
        found = []
        for part in np.array_split(np.arange(len(targets)), max(1, len(targets) // 256)):
            logits = score_rows(network, [histories[i] for i in part])
            # Before the filter: a target that was heard before keeps its score and its rank.
            right = logits[np.arange(len(part)), targets[part]].copy()
            if settings.repeats == "filter":
                for line, i in zip(logits, part, strict=True):
                    line[log.rows[slice(*pairs[i])]] = -np.inf
            found.append(rank_of(logits, right))
        return np.concatenate(found)

    due = every(max(1, round(settings.evaluate_every * per_epoch)))
    return Validation(network, ranks, due, settings.patience, folder) if len(events) else None


@torch.no_grad()
def score_rows(network: Network, histories: list[NDArray[np.int64]]) -> NDArray[np.float32]:
    """Scores float32 (n, n_tracks) after histories of rows, each cut to the network's length before."""
    device = next(network.parameters()).device
    rows, sizes = (torch.from_numpy(a).to(device) for a in pad(histories))
    hidden = network.last(rows, sizes)
    scores: NDArray[np.float32] = (hidden.float() @ network.table.float().T).cpu().numpy()
    return scores


def learn(kind: Kind, log: Log, settings: Settings, work: Path) -> tuple[Network, dict[str, Any]]:
    """Train on the training plays; returns the best network by validation and facts for its card.

    Without validation plays the last parameters are taken. Interrupted, the same call goes on.
    """
    network = make_network(kind, settings, len(log.ids))
    facts = train_network(network, log, settings, work, kind)
    counts = np.bincount(log.part("train").rows, minlength=len(log.ids))
    return network.to("cpu"), facts | {"trained_tracks": int((counts > 0).sum())}


def train_network(
    network: Network,
    log: Log,
    settings: Settings,
    work: Path,
    title: str,
    before: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Train a network in place as `learn` does; `before` is called with the number of each step."""
    train = log.part("train")
    last_only = settings.last_only
    batches = Batches(train, settings.length, settings.plays_a_step, settings.seed, last_only=last_only)
    network.to(best_device())
    counts = np.bincount(train.rows, minlength=len(log.ids))
    epoch = batches.per_epoch
    run = Run(network, settings, work, [title, log.digest()], per_epoch=epoch, title=f"training {title}")
    validation = validation_of(network, log, settings, work, epoch)
    loss = objective(network, batches, settings, counts)

    def step_loss(step: int) -> tuple[Tensor, dict[str, float]]:
        if before is not None:
            before(step)
        return loss(step)

    facts = {"validation_ndcg10": -1.0} | run.go(step_loss, validation)
    facts["targets"] = facts.pop("tokens")
    network.to("cpu")
    return facts
