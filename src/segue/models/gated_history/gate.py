"""The gate: a small network over numbers of the history that weighs the evidence, learnt by likelihood."""

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from segue.kit.arrays import Floats
from segue.models.heard import Heard

UNIT = 1e-4
"""The share from which sparse evidence counts: its logarithm is log(1 + share / UNIT)."""
FLOOR = 1e-8
"""Added to shares that are mixed."""
LONG = 100
"""A history of so many plays is long: numbers must mean the same when it has grown."""
EPOCHS = 30
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
STEADY = 0.98
"""Of the running mean of the parameters: so much stays at a step."""
GROUPS = 3
"""Tracks that the listener has played, that others have, that nobody has."""
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

    score = a log(sum of p_k s_k) + sum of ((v_k + V_gk) log s_k + (w_k + W_gk) s_k) + b_g. The group g of a
    track is what the listener has played, what others have, or what nobody has; V and W are its own weights
    of the evidence, fixed. p (a softmax), a, v, w and b, how much a group is to be expected, depend on the
    numbers of the history and on the state of the sequence model, through one hidden layer that begins
    without any effect, at the fixed mixture.

    Args:
        dense: bool (n_kinds,): see `Evidence.dense`.
        played: which kinds are above zero for what the listener has played, and for what anybody has.
    """

    mean: Tensor
    scale: Tensor
    dense: Tensor

    def __init__(
        self, dense: Tensor, played: tuple[int, int], n_numbers: int, dim: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        k, self.played = len(dense), played
        self.register_buffer("dense", dense)
        self.register_buffer("mean", torch.zeros(n_numbers))
        self.register_buffer("scale", torch.ones(n_numbers))
        self.state = nn.Linear(dim, 16, bias=False)
        self.inner = nn.Linear(n_numbers + 16, hidden)
        self.outer = nn.Linear(hidden, 3 * k + 1 + GROUPS)
        self.apart = nn.Parameter(torch.zeros(2 * k, GROUPS))
        self.dropout = dropout
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def weights(self, numbers: Tensor, states: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """a (n, 1), p, v and w (n, n_kinds), b (n, GROUPS)."""
        # Cut, so that a history unlike all it has learnt from stays near what it knows.
        x = ((numbers - self.mean) / self.scale).clamp(-2.5, 2.5)
        # Half hidden: the state knows more than six thousand moments can teach to use.
        seen = self.state(F.dropout(states, 0.5, self.training))
        x = F.dropout(torch.cat([x, seen], 1), self.dropout, self.training)
        out = self.outer(F.gelu(self.inner(x)))
        k = len(self.dense)
        p, v, w, a, b = out.split([k, k, k, 1, GROUPS], 1)
        # Around 1, at which the mixture is the plain log of a mean of shares.
        return 1 + a, p.softmax(1), v, w, b

    def logs(self, shares: Tensor) -> Tensor:
        """The logarithms of shares (..., n_kinds)."""
        return torch.where(self.dense, (shares + FLOOR).log(), (shares / UNIT).log1p())

    def group(self, own: Tensor, popular: Tensor) -> Tensor:
        """Played by the listener (0), by others (1) or by nobody (2), from two shares of each track."""
        return torch.where(own > 0, 0, torch.where(popular > 0, 1, 2))

    def forward(self, shares: Tensor, numbers: Tensor, states: Tensor) -> Tensor:
        """Scores (n, m) of shares (n, m, n_kinds)."""
        a, p, v, w, b = self.weights(numbers, states)
        logs, (own, popular) = self.logs(shares), self.played
        mixed = (shares * p[:, None]).sum(2) + FLOOR
        score = a * mixed.log() + (logs * v[:, None]).sum(2) + (shares * w[:, None]).sum(2)
        for_logs, for_shares = self.apart[: len(p[0])], self.apart[len(p[0]) :]
        apart = logs @ for_logs + shares @ for_shares + b[:, None]
        group = self.group(shares[..., own], shares[..., popular])
        return torch.add(score, apart.gather(2, group[..., None])[..., 0])

    @torch.no_grad()
    def score(self, shares: Floats, numbers: Floats, states: Floats) -> Floats:
        """The same for shares (n_kinds, n, n_tracks), one kind at a time: float32 (n, n_tracks)."""
        a, p, v, w, b = (t.numpy() for t in self.weights(*map(torch.from_numpy, (numbers, states))))
        own, popular = (torch.from_numpy(shares[k]) for k in self.played)
        group = self.group(own, popular).numpy()
        # Of each request the weights of its three groups, which its tracks take: (n, GROUPS).
        for_logs, for_shares = np.split(self.apart.numpy()[:, None], 2)
        mixed = np.full(shares.shape[1:], FLOOR, np.float32)
        total = np.take_along_axis(b, group, axis=1)
        for k, (share, dense) in enumerate(zip(shares, self.dense.tolist(), strict=True)):
            mixed += p[:, k, None] * share
            log = np.log(share + np.float32(FLOOR)) if dense else np.log1p(share / np.float32(UNIT))
            total += np.take_along_axis(v[:, k, None] + for_logs[k], group, axis=1) * log
            total += np.take_along_axis(w[:, k, None] + for_shares[k], group, axis=1) * share
        return np.asarray(total + a * np.log(mixed), np.float32)


def learn_gate(gate: Gate, moments: Moments, seed: int) -> dict[str, float]:
    """Fit by the likelihood of what was played, in place.

    What is judged, and stays where it did best on a fifth put aside, is the running mean of the parameters.
    """
    torch.manual_seed(seed)
    n = len(moments.numbers)
    # Whole stretches of the log: moments beside each other are alike, and would tell nothing of others.
    aside = np.arange(n) * STRETCHES // max(n, 1) % 5 == 4
    gate.mean.copy_(torch.from_numpy(moments.numbers.mean(axis=0)))
    # A number that hardly varied in the log must not be blown up where it does.
    gate.scale.copy_(torch.from_numpy(moments.numbers.std(axis=0)).clamp(min=0.25))
    mean, optimiser = copy.deepcopy(gate), _optimiser(gate)
    peaks = [group["lr"] for group in optimiser.param_groups]
    rng = np.random.default_rng(seed)
    best, kept, since = np.inf, {n: t.clone() for n, t in gate.state_dict().items()}, 0
    for epoch in range(EPOCHS):
        _epoch(gate, mean, moments, rng.permutation(np.flatnonzero(~aside)), optimiser)
        for group, peak in zip(optimiser.param_groups, peaks, strict=True):
            group["lr"] = peak * 0.5 * (1 + np.cos(np.pi * (epoch + 1) / EPOCHS))
        value = likelihood(mean, moments, np.flatnonzero(aside))
        if value < best - 1e-4:
            best, since = value, 0
            kept = {n: t.clone() for n, t in mean.state_dict().items()}
        elif (since := since + 1) >= PATIENCE:
            break
    gate.load_state_dict(kept)
    gate.train(False)
    return {"gate_loss": round(float(best), 4), "gate_epochs": epoch + 1 - since}


def _optimiser(gate: Gate) -> torch.optim.Optimizer:
    """Three groups: the fixed weights, those of what was played, new or cold, and what a history changes."""
    # The weights that hold for all histories have further to go than what a history changes in them.
    fixed = (gate.outer.bias, gate.apart)
    rest = [p for p in gate.parameters() if all(p is not f for f in fixed)]
    groups: list[dict[str, Any]] = [{"params": [gate.outer.bias], "lr": FASTER * RATE, "weight_decay": 0.0}]
    groups += [{"params": [gate.apart], "lr": FASTER / 3 * RATE}, {"params": rest}]
    return torch.optim.AdamW(groups, lr=RATE, weight_decay=DECAY)


def _epoch(
    gate: Gate, mean: Gate, moments: Moments, order: NDArray[np.int64], optimiser: torch.optim.Optimizer
) -> None:
    """A step for every 128 moments or so, in the order given; `mean` follows, steadier than the gate is."""
    gate.train()
    for batch in np.array_split(order, max(1, len(order) // 128)):
        loss = _loss(gate, moments, batch).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(gate.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            for slow, quick in zip(mean.parameters(), gate.parameters(), strict=True):
                slow.lerp_(quick, 1 - STEADY)


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
