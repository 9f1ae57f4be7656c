"""Blend: a weighted sum of the shares of several recommenders, weighted on held-out training sessions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from segue.data.library import Library
from segue.data.log import Log
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.progress import watched
from segue.kit.settings import Settings
from segue.kit.workspace import read_card, write_json
from segue.models.counting.base import Listening
from segue.models.counting.item_neighbours import ItemNeighbours
from segue.models.counting.markov import Markov
from segue.models.counting.own_plays import OwnPlays
from segue.models.counting.rules import SequentialRules
from segue.models.counting.session_knn import SessionKNN
from segue.models.counting.sessions import Sessions, in_order, training_log
from segue.models.recommender import Recommender

HELD_OUT = 0.1
"""The share of the training sessions, the newest, on which the weights are chosen."""
AT_MOST = 3000
"""Held-out requests that are looked at."""
BATCH = 32
DEPTH = 100
"""The best tracks of each part that a held-out request keeps."""
FACTORS = (0.0, 0.25, 0.5, 0.8, 1.25, 2.0, 4.0)
"""What each weight is tried multiplied by, in turn."""

Candidates = list[tuple[NDArray[np.float64], NDArray[np.bool_]]]


class Blend(Recommender):
    """The weighted mean of what its parts give: shares in, shares out.

    The weights maximise the mean NDCG@20 of the next track in the newest tenth of the training sessions,
    after a fit of the parts on the others; then the parts are fitted on all. The test part plays no role.

    Args:
        parts: fitted recommenders whose scores are shares, by name.
    """

    name = "blend"
    reads = ("log",)
    kinds: ClassVar[tuple[type[Listening[Any]], ...]] = (
        SessionKNN,
        SequentialRules,
        ItemNeighbours,
        Markov,
        OwnPlays,
    )

    def __init__(self, parts: dict[str, Listening[Any]], weights: dict[str, float]) -> None:
        super().__init__(next(iter(parts.values())).catalogue)
        self.parts, self.weights = parts, weights

    @classmethod
    def _fit(cls, library: Library, settings: Settings) -> Self:
        """Parts of every kind with their default settings, and the weights; the seed draws the requests."""
        sessions = Sessions.of_library(library)
        weights = held_out_weights(library, cls.kinds, sessions.earlier(HELD_OUT), settings.seed)
        parts = {kind.name: kind.of_sessions(library.catalogue, sessions) for kind in cls.kinds}
        return cls(parts, weights)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Shares, float32 (n_requests, n_tracks)."""
        total = np.zeros((len(requests), len(self.catalogue)), np.float32)
        for name, weight in self.weights.items():
            if weight:
                scores = self.parts[name].score(requests)
                scores *= np.float32(weight)
                total += scores
        return total

    def _save(self, directory: Path) -> None:
        for name, part in self.parts.items():
            part.save(directory / name)
        write_json(directory / "card.json", {"recommender": self.name, "weights": self.weights})

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        weights = read_card(directory, f"fit {cls.name}")["weights"]
        parts = {kind.name: kind.load(directory / kind.name, library) for kind in cls.kinds}
        return cls(parts, {name: float(weight) for name, weight in weights.items()})


def held_out_weights(
    library: Library, kinds: Sequence[type[Listening[Any]]], earlier: Sessions, seed: int
) -> dict[str, float]:
    """The weights of parts that are fitted on the earlier sessions, chosen on the others.

    A function of its own, so that all it holds is gone before the parts are fitted on all sessions.
    """
    trial = {kind.name: kind.of_sessions(library.catalogue, earlier) for kind in kinds}
    log, times = training_log(library)
    # Sessions are in order of time, so what is behind the earlier ones is the newest.
    newest = in_order(log, times)[1][len(earlier.rows) :]
    # Twice as many, because first plays and unseen targets will be left out.
    chosen = np.random.default_rng(seed).permutation(newest)[: 2 * AT_MOST]
    return choose(held_out(trial, log, chosen), list(trial))


def held_out(parts: dict[str, Listening[Any]], log: Log, events: NDArray[np.int64]) -> Candidates:
    """Requests for the log's `events` with what their listeners played before, at most `AT_MOST`.

    Each is the shares of the tracks worth ranking, float64 (n_candidates, n_parts), and which is the target,
    bool (n_candidates,): the best `DEPTH` tracks of each part and the target. Left out are the first plays
    of listeners and the targets that no part has seen, which nothing here could find.
    """
    prior = next(iter(parts.values())).prior
    first = log.starts[np.searchsorted(log.starts, events, side="right") - 1]
    events = events[(events > first) & (prior[log.rows[events]] > 0)][:AT_MOST]
    found: Candidates = []
    batches = range(0, len(events), BATCH)
    for start in watched(batches, "blend weights"):
        batch = events[start : start + BATCH]
        requests = [Request(history=log.history(event)) for event in batch.tolist()]
        shares = [part.score(requests) for part in parts.values()]
        depth = min(DEPTH, len(prior))
        best = np.hstack([np.argpartition(-s, depth - 1, axis=1)[:, :depth] for s in shares])
        for n, target in enumerate(log.rows[batch]):
            rows = np.unique(np.append(best[n], target))
            found.append((np.stack([s[n, rows] for s in shares], 1).astype(np.float64), rows == target))
    return found


def choose(candidates: Candidates, names: list[str]) -> dict[str, float]:
    """The weights, summing to 1, with the best NDCG@20 that one weight changed at a time leads to.

    Starts from equal weights, which stay where there is nothing to choose on.
    """
    weights = np.ones(len(names))
    best = gain(candidates, weights)
    improved = bool(candidates)
    while improved:
        improved = False
        for i in range(len(names)):
            for factor in FACTORS:
                tried = weights.copy()
                tried[i] *= factor
                # The least gain counts as none, or rounding could let the search walk in a circle.
                if tried.any() and (value := gain(candidates, tried)) > best + 1e-5:
                    weights, best, improved = tried, value, True
    return dict(zip(names, (weights / weights.sum()).tolist(), strict=True))


def gain(candidates: Candidates, weights: NDArray[np.float64]) -> float:
    """The mean NDCG@20 of the targets, a tie counting as the middle of its ranks."""
    total = 0.0
    for shares, is_target in candidates:
        scores = shares @ weights
        target = scores[is_target][0]
        rank = np.count_nonzero(scores > target) + (np.count_nonzero(scores == target) + 1) / 2
        total += 1 / np.log2(rank + 1) if rank <= 20 else 0.0
    return total / max(len(candidates), 1)
