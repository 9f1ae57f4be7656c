"""The gate: a small network over numbers of the history that weighs the evidence, learnt by likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from segue.kit.arrays import Floats
from segue.models.gated_history.heard import Heard

UNIT = 1e-4
"""The share from which sparse evidence counts: its logarithm is log(1 + share / UNIT)."""
FLOOR = 1e-8
"""Added to shares that are mixed."""
LONG = 100
"""A history of so many plays is long: numbers must mean the same when it has grown."""
EPOCHS = 20
PATIENCE = 6
"""Epochs without a better likelihood after which learning ends."""
RATE = 2e-3
"""The highest learning rate."""
DECAY = 0.1
"""Of the weights, but for the fixed ones."""
STRETCHES = 25
"""Pieces of the log, of which every fifth is put aside."""
FASTER = 30
"""How much faster the fixed weights learn than what depends on the history."""
SESSION_GAP = 0.5
"""Hours without a play after which a session is over."""
OWN_NUMBERS = 15
"""Numbers of a history that are not about a piece of evidence."""


def numbers(plays: Sequence[Heard], shares: Floats, counts: NDArray[np.float64]) -> Floats:
    """What the gate knows of a history, float32 (n_requests, n_numbers).

    Its length, how much of the last plays was new and how varied they were, how long ago the last track had
    been played before, how popular it is, how long ago the last play was and how far the last ones were heard
    (where that is known), and how sure each piece of evidence is: its highest share, the sum of its squares,
    whether it says anything.
    """
    popular = np.log1p(counts[0])
    found = []
    for heard in plays:
        rows, n = heard.rows, len(heard.rows)
        pause, ends = heard.pause, heard.completion[-3:]
        known = ends[~np.isnan(ends)]
        first = np.zeros(n, bool)
        first[np.unique(rows, return_index=True)[1]] = True
        before = np.flatnonzero(rows[:-1] == rows[-1]) if n else np.empty(0)
        since = np.log1p(n - 1 - before[-1]) if len(before) else 0.0
        last = rows[-10:]
        found.append(
            [
                np.log1p(min(n, LONG)),
                float(n > 1),
                first[-1:].sum(),
                first[-5:].mean() if n else 1.0,
                first[-30:].mean() if n else 1.0,
                len(np.unique(last)) / max(len(last), 1),
                float(len(before) > 0),
                since,
                popular[rows[-1]] if n else 0.0,
                popular[last].mean() if n else 0.0,
                float(pause is not None),
                np.log(0.01 + pause) if pause is not None else 0.0,
                float(pause is not None and pause > SESSION_GAP),
                float(len(known) > 0),
                known.mean() if len(known) else 0.0,
            ]
        )
    own = np.array(found, np.float32).reshape(len(plays), OWN_NUMBERS)
    top, squares = shares.max(axis=2).T, np.einsum("kbn,kbn->bk", shares, shares)
    sure = [np.log(top + UNIT), np.log(squares + UNIT * UNIT), (top > 0).astype(np.float32)]
    return np.hstack([own, *sure]).astype(np.float32)


class Moments(NamedTuple):
    """Plays to learn from; moment m has the candidates `starts[m]` up to `starts[m + 1]`, the target first.

    Args:
        shares: float32 (n_candidates, n_kinds).
        stands: float32 (n_candidates,), the log of how many tracks each candidate stands for.
        numbers: float32 (n_moments, n_numbers).
        states: float32 (n_moments, dim).
        starts: int64 (n_moments + 1,).
    """

    shares: Floats
    stands: Floats
    numbers: Floats
    states: Floats
    starts: NDArray[np.int64]


class Gate(nn.Module):
    """Scores from shares s and a history: the log of their mixture, plus weighted shares and their logs.

    score = a log(sum of p_k s_k) + sum of (v_k log s_k + w_k s_k); p (a softmax), a, v and w depend on the
    numbers of the history and on the state of the sequence model, through one hidden layer that begins
    without any effect, at the fixed mixture.

    Args:
        dense: bool (n_kinds,): see `Evidence.dense`.
        n_numbers, dim: of the history and of the state.
        hidden: of the layer.
        dropout: of what enters it.
    """

    mean: Tensor
    scale: Tensor
    dense: Tensor

    def __init__(self, dense: Tensor, n_numbers: int, dim: int, hidden: int, dropout: float) -> None:
        super().__init__()
        k = len(dense)
        self.register_buffer("dense", dense)
        self.register_buffer("mean", torch.zeros(n_numbers))
        self.register_buffer("scale", torch.ones(n_numbers))
        self.state = nn.Linear(dim, 16, bias=False)
        self.inner = nn.Linear(n_numbers + 16, hidden)
        self.outer = nn.Linear(hidden, 3 * k + 1)
        self.dropout = dropout
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def weights(self, numbers: Tensor, states: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """a (n, 1), p, v and w (n, n_kinds)."""
        # Cut, so that a history unlike all it has learnt from stays near what it knows.
        x = ((numbers - self.mean) / self.scale).clamp(-2.5, 2.5)
        # Half hidden: the state knows more than six thousand moments can teach to use.
        seen = self.state(F.dropout(states, 0.5, self.training))
        x = F.dropout(torch.cat([x, seen], 1), self.dropout, self.training)
        out = self.outer(F.gelu(self.inner(x)))
        k = len(self.dense)
        p, v, w, a = out.split([k, k, k, 1], 1)
        # Around 1, at which the mixture is the plain log of a mean of shares.
        return 1 + a, p.softmax(1), v, w

    def logs(self, shares: Tensor) -> Tensor:
        """The logarithms of shares (..., n_kinds)."""
        return torch.where(self.dense, (shares + FLOOR).log(), (shares / UNIT).log1p())

    def forward(self, shares: Tensor, numbers: Tensor, states: Tensor) -> Tensor:
        """Scores (n, m) of shares (n, m, n_kinds)."""
        a, p, v, w = self.weights(numbers, states)
        mixed = (shares * p[:, None]).sum(2) + FLOOR
        return a * mixed.log() + (self.logs(shares) * v[:, None]).sum(2) + (shares * w[:, None]).sum(2)

    @torch.no_grad()
    def score(self, shares: Floats, numbers: Floats, states: Floats) -> Floats:
        """The same for shares (n_kinds, n, n_tracks), one kind at a time: float32 (n, n_tracks)."""
        a, p, v, w = (t.numpy()[:, :, None] for t in self.weights(*map(torch.from_numpy, (numbers, states))))
        mixed = np.full(shares.shape[1:], FLOOR, np.float32)
        total = np.zeros_like(mixed)
        for k, (share, dense) in enumerate(zip(shares, self.dense.tolist(), strict=True)):
            mixed += p[:, k] * share
            log = np.log(share + np.float32(FLOOR)) if dense else np.log1p(share / np.float32(UNIT))
            total += v[:, k] * log + w[:, k] * share
        return np.asarray(total + a[:, 0] * np.log(mixed), np.float32)


def learn_gate(gate: Gate, moments: Moments, seed: int) -> dict[str, float]:
    """Fit by the likelihood of what was played; the parameters that did best on a fifth put aside stay."""
    torch.manual_seed(seed)
    n = len(moments.numbers)
    # Whole stretches of the log: moments beside each other are alike, and would tell nothing of others.
    aside = np.arange(n) * STRETCHES // max(n, 1) % 5 == 4
    gate.mean.copy_(torch.from_numpy(moments.numbers.mean(axis=0)))
    # A number that hardly varied in the log must not be blown up where it does.
    gate.scale.copy_(torch.from_numpy(moments.numbers.std(axis=0)).clamp(min=0.25))
    optimiser = _optimiser(gate)
    rng = np.random.default_rng(seed)
    best, kept, since = np.inf, {n: t.clone() for n, t in gate.state_dict().items()}, 0
    for epoch in range(EPOCHS):
        _epoch(gate, moments, rng.permutation(np.flatnonzero(~aside)), optimiser)
        for group, peak in zip(optimiser.param_groups, (FASTER * RATE, RATE), strict=True):
            group["lr"] = peak * 0.5 * (1 + np.cos(np.pi * (epoch + 1) / EPOCHS))
        value = likelihood(gate, moments, np.flatnonzero(aside))
        if value < best - 1e-4:
            best, since = value, 0
            kept = {n: t.clone() for n, t in gate.state_dict().items()}
        elif (since := since + 1) >= PATIENCE:
            break
    gate.load_state_dict(kept)
    gate.train(False)
    return {"gate_loss": round(float(best), 4), "gate_epochs": epoch + 1 - since}


def _optimiser(gate: Gate) -> torch.optim.Optimizer:
    """Two groups: the fixed weights, and what a history changes in them."""
    # The weights that hold for all histories have further to go than what a history changes in them.
    rest = [p for p in gate.parameters() if p is not gate.outer.bias]
    own: dict[str, Any] = {"params": [gate.outer.bias], "lr": FASTER * RATE, "weight_decay": 0.0}
    return torch.optim.AdamW([own, {"params": rest}], lr=RATE, weight_decay=DECAY)


def _epoch(gate: Gate, moments: Moments, order: NDArray[np.int64], optimiser: torch.optim.Optimizer) -> None:
    """A step for every 128 moments or so, in the order given."""
    gate.train()
    for batch in np.array_split(order, max(1, len(order) // 128)):
        loss = _loss(gate, moments, batch).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(gate.parameters(), 1.0)
        optimiser.step()


@torch.no_grad()
def likelihood(gate: Gate, moments: Moments, chosen: NDArray[np.int64]) -> float:
    """The mean negative log-likelihood of some moments' targets, in nats."""
    gate.train(False)
    parts = np.array_split(chosen, max(1, len(chosen) // 256))
    return float(torch.cat([_loss(gate, moments, part) for part in parts if len(part)]).mean())


def _loss(gate: Gate, moments: Moments, batch: NDArray[np.int64]) -> Tensor:
    """Of each moment the cross-entropy of its target among its candidates."""
    first, sizes = moments.starts[batch], np.diff(moments.starts)[batch]
    inside = np.arange(sizes.max()) < sizes[:, None]
    rows = np.where(inside, first[:, None] + np.arange(sizes.max()), first[:, None])
    shares = torch.from_numpy(moments.shares[rows])
    # What is behind a moment's candidates is padding: no chance at all.
    stands = torch.from_numpy(np.where(inside, moments.stands[rows], -np.inf).astype(np.float32))
    scores = gate(shares, torch.from_numpy(moments.numbers[batch]), torch.from_numpy(moments.states[batch]))
    target = torch.zeros(len(batch), dtype=torch.long)
    return F.cross_entropy(scores + stands, target, reduction="none")
