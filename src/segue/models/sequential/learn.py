"""Training SASRec, BERT4Rec and GRU4Rec: settings, the objective of a step, early stopping on validation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, PositiveInt
from safetensors.torch import load_file, save_file
from torch import Tensor

from segue.data.log import Log
from segue.kit.settings import Settings as BaseSettings
from segue.kit.workspace import hash_of, whole_file
from segue.learning.loop import Budget, StepLoss, Trainer
from segue.models.sequential import losses
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


class Settings(BaseSettings):
    """How a sequential recommender is built and trained."""

    loss: losses.Loss = "softmax"
    dim: PositiveInt = 64
    length: PositiveInt = 50
    """Plays that the network looks back on."""
    blocks: PositiveInt = 2
    heads: PositiveInt = 1
    dropout: float = Field(0.2, ge=0, lt=1)
    minutes: PositiveFloat | None = None
    steps: PositiveInt | None = None
    epochs: PositiveFloat | None = None
    """A budget is one of minutes, steps, epochs; 50 epochs where none is given."""
    lr: PositiveFloat = 1e-3
    plays_a_step: PositiveInt = 4096
    weight_decay: float = 0.0
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
    bf16: bool | None = None

    def budget(self, per_epoch: int) -> Budget:
        """The training loop's part of these settings; `per_epoch` is the number of batches of an epoch."""
        steps = self.steps or max(1, round((self.epochs or 50) * per_epoch))
        return Budget(
            minutes=self.minutes,
            steps=None if self.minutes is not None else steps,
            lr=self.lr,
            weight_decay=self.weight_decay,
            warmup=0.02,
            bf16=self.bf16,
            seed=self.seed,
        )


def make_network(kind: Kind, settings: Settings, n_tracks: int) -> Network:
    """An untrained network."""
    torch.manual_seed(settings.seed)
    s = settings
    return NETWORKS[kind](n_tracks, s.length, s.dim, s.dropout, s.blocks, s.heads)


def objective(network: Network, batches: Batches, settings: Settings, counts: NDArray[np.int64]) -> StepLoss:
    """The loss of a step as the training loop wants it."""
    device = next(network.parameters()).device
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
    where[none, real.sum(1)[none] - 1] = True
    return rows.masked_fill(where, -2), rows, where


class Validation:
    """NDCG@10 of full rankings of the validation plays; keeps the parameters that did best.

    Args:
        log: with the training and validation plays.
        settings: of the network.
        path: where the best parameters are kept.
    """

    def __init__(self, log: Log, settings: Settings, path: Path) -> None:
        events = log.targets("validation")
        if len(events) > N_VALIDATION:
            events = np.sort(np.random.default_rng(0).choice(events, N_VALIDATION, replace=False))
        starts = log.starts[np.searchsorted(log.starts, events, side="right") - 1]
        self.targets = log.rows[events]
        cut = [log.rows[max(s, e - settings.length) : e] for s, e in zip(starts, events, strict=True)]
        whole = [log.rows[s:e] for s, e in zip(starts, events, strict=True)]
        self.histories, self.heard = cut, whole
        self.filtered, self.path = settings.repeats == "filter", path
        self.best, self.since = -1.0, 0

    def __len__(self) -> int:
        """The number of targets."""
        return len(self.targets)

    @torch.no_grad()
    def ndcg(self, network: Network) -> float:
        """Mean NDCG@10; ties count against the target."""
        was, found = network.training, []
        network.train(False)
        for part in np.array_split(np.arange(len(self)), max(1, len(self) // 256)):
            logits = score_rows(network, [self.histories[i] for i in part])
            right = logits[np.arange(len(part)), self.targets[part]].copy()
            if self.filtered:
                for line, i in zip(logits, part, strict=True):
                    line[self.heard[i]] = -np.inf
            found.append((logits >= right[:, None]).sum(1).clip(1))
        network.train(was)
        rank = np.concatenate(found)
        return float(np.where(rank <= 10, 1 / np.log2(rank + 1), 0).mean())

    def better(self, network: Network) -> bool:
        """Measure; keep the parameters if it is the best so far; False after it has not been for long."""
        value = self.ndcg(network)
        if value > self.best:
            self.best, self.since = value, 0
            state = {name: p.detach().contiguous() for name, p in network.state_dict().items()}
            with whole_file(self.path) as temporary:
                save_file(state, temporary, {"ndcg": str(value)})
        else:
            self.since += 1
        return self.since == 0


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

    Raises:
        SegueError: there is nothing to learn from.
    """
    train = log.part("train")
    batches = Batches(
        train, settings.length, settings.plays_a_step, settings.seed, last_only=settings.last_only
    )
    network = make_network(kind, settings, len(log.ids))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device).train()
    counts = np.bincount(train.rows, minlength=len(log.ids))
    work.mkdir(parents=True, exist_ok=True)
    validation = Validation(log, settings, work / "best.safetensors")
    every = max(1, round(settings.evaluate_every * batches.per_epoch))

    def on_step(line: dict[str, float]) -> bool:
        """Whether to stop."""
        if not len(validation) or int(line["step"]) % every:
            return False
        validation.better(network)
        return validation.since >= settings.patience

    identity = [kind, settings.model_dump(), hash_of(train.rows.tolist()[:100_000], len(train))]
    trainer = Trainer(
        network,
        objective(network, batches, settings, counts),
        settings.budget(batches.per_epoch),
        work,
        identity,
    )
    trainer.run(on_step)
    if len(validation):
        validation.better(network)
        network.load_state_dict(load_file(work / "best.safetensors"))
    network.train(False).to("cpu")
    facts = {
        "validation_ndcg10": validation.best,
        "steps": trainer.step,
        "seconds": round(trainer.elapsed, 1),
    }
    return network, facts | {"targets": trainer.tokens, "trained_tracks": int((counts > 0).sum())}
