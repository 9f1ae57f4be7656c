"""Ranking metrics that are exact under ties: what a random order of equal scores gives on average.

A recommender that gives many tracks the same score (a code lookup, BM25 without a shared word) has no
ranking among them. Sorting would let catalogue order decide; here every metric is computed from two counts
for each target: the tracks *above* it (a higher score) and the tracks *tied* with it (itself included).

- `expected_rank`: the mean rank of the best target over all orders of the tied tracks.
- `reciprocal_rank`: 1 / that rank. It rewards no luck: it is at most `mean_reciprocal_rank`, and equal to
  it where nothing ties.
- `mean_reciprocal_rank`: the mean of 1 / rank over all orders of the tied tracks.
- `hit`, `ndcg`, `in_top`: means over all orders of the tied tracks; for `hit` that is a probability.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Places(NamedTuple):
    """Where tracks stand in a ranking, each (n_rows,): tracks above, tracks tied (itself included)."""

    above: Ints
    tied: Ints


class Best(NamedTuple):
    """The place of the best target: tracks above it, tracks tied with it, targets among those tied."""

    above: int
    tied: int
    targets: int


def places(scores: NDArray[Any], allowed: NDArray[np.bool_], rows: ArrayLike) -> Places:
    """The places of some tracks among the allowed ones.

    Args:
        scores: shape (n_tracks,), higher is better; `-inf` ranks below all else, tied.
        allowed: shape (n_tracks,), the tracks that are ranked.
        rows: shape (n_rows,), distinct rows, all of them allowed.

    Raises:
        ValueError: a row is not allowed, or a score is not a number.
    """
    rows = np.asarray(rows, dtype=np.int64)
    if not allowed[rows].all():
        raise ValueError("a track that is not allowed has no place in the ranking")
    ranked = scores[allowed]
    if np.isnan(ranked).any():
        raise ValueError("a score is not a number")
    wanted = scores[rows][:, None]
    above = np.count_nonzero(ranked > wanted, axis=1)
    tied = np.count_nonzero(ranked == wanted, axis=1)
    return Places(np.asarray(above, dtype=np.int64), np.asarray(tied, dtype=np.int64))


def best(targets: Places) -> Best:
    """The best place among the targets' places (at least one)."""
    first = int(targets.above.argmin())
    together = int(np.count_nonzero(targets.above == targets.above[first]))
    return Best(int(targets.above[first]), int(targets.tied[first]), together)


def expected_rank(above: ArrayLike, tied: ArrayLike, targets: ArrayLike = 1) -> Floats:
    """The mean rank, from 1, of the best of `targets` tied targets; broadcasts.

    With one target this is the mean of its best and its worst rank. With m of them among t tied tracks the
    first stands (t + 1) / (m + 1) deep on average.
    """
    above, tied, targets = (np.asarray(x, dtype=np.float64) for x in (above, tied, targets))
    return np.asarray(above + (tied + 1) / (targets + 1))


def reciprocal_rank(above: ArrayLike, tied: ArrayLike, targets: ArrayLike = 1) -> Floats:
    """1 / expected rank of the best target; broadcasts."""
    return np.asarray(1 / expected_rank(above, tied, targets))


def mean_reciprocal_rank(above: int, tied: int, targets: int = 1) -> float:
    """The mean of 1 / rank of the best target over all orders of the tied tracks.

    With one target and nothing above this is H(n) / n, the chance level of the mean reciprocal rank.
    """
    if tied == targets:
        return 1 / (above + 1)
    depth = np.arange(1, tied - targets + 2, dtype=np.float64)
    # P(first target at depth j + 1) = P(at depth j) x (tied - j - targets + 1) / (tied - j)
    ratios = (tied - depth[:-1] - targets + 1) / (tied - depth[:-1])
    chance = targets / tied * np.concatenate(([1.0], np.cumprod(ratios)))
    return float(chance @ (1 / (above + depth)))


def hit(above: ArrayLike, tied: ArrayLike, targets: ArrayLike, k: int) -> Floats:
    """The probability that at least one target is in the top k; broadcasts.

    One minus the hypergeometric probability that the places left in the top k, filled at random from the
    tied tracks, hold none of the tied targets.
    """
    above, tied, targets = np.broadcast_arrays(*(np.asarray(x, np.int64) for x in (above, tied, targets)))
    room = np.clip(k - above, 0, tied)
    miss = np.ones(above.shape, dtype=np.float64)
    for i in range(int(targets.max(initial=0))):
        factor = np.clip(tied - room - i, 0, None) / np.maximum(tied - i, 1)
        miss = np.where(i < targets, miss * factor, miss)
    return 1 - miss


def in_top(tracks: Places, k: int) -> Floats:
    """The probability of each track to be in the top k, shape (n_rows,); their sum is the expected count."""
    return np.asarray(np.clip(k - tracks.above, 0, tracks.tied) / tracks.tied)


def ndcg(targets: Places, k: int = 20) -> float:
    """The mean nDCG@k over all orders of the tied tracks; every target has gain 1.

    Divided by the DCG of min(n_targets, k) targets at the top.
    """
    discounts = np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))))
    start = np.minimum(targets.above, k)
    end = np.minimum(targets.above + targets.tied, k)
    gains = (discounts[end] - discounts[start]) / targets.tied
    return float(gains.sum() / discounts[min(len(gains), k)])


def chance(n_tracks: int, n_targets: int = 1) -> dict[str, float]:
    """The expected metrics of a random order of `n_tracks` with `n_targets` targets, in closed form."""
    every = Places(np.zeros(n_targets, dtype=np.int64), np.full(n_targets, n_tracks, dtype=np.int64))
    hits = {f"hit{k}": float(hit(0, n_tracks, n_targets, k)) for k in (1, 10, 100)}
    rank = float(expected_rank(0, n_tracks, n_targets))
    rr = mean_reciprocal_rank(0, n_tracks, n_targets)
    return {"rank": rank, "rr": rr, **hits, "ndcg20": ndcg(every, 20)}
