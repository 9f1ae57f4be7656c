"""Ranking metrics that are exact under ties: what a random order of equal scores gives on average.

A recommender that gives many tracks the same score (a code lookup, BM25 without a shared word) has no
ranking among them. Sorting would let catalogue order decide; here every metric is computed from two counts
for each target: the tracks *above* it (a higher score) and the tracks *tied* with it (itself included).

- `expected_rank`: the mean rank of the best target over all orders of the tied tracks.
- `reciprocal_rank`: 1 / that rank. It rewards no luck: it is at most `mean_reciprocal_rank`, and equal to
  it where nothing ties.
- `mean_reciprocal_rank`: the mean of 1 / rank over all orders of the tied tracks.
- `hit`, `ndcg`, `in_top`: means over all orders of the tied tracks; for `hit` that is a probability.

`METRICS` is the table from which both tasks take their columns: a new metric is a function and a line there.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Places(NamedTuple):
    """Where targets stand in rankings, each (..., n_targets): tracks above, tracks tied (itself included)."""

    above: Ints
    tied: Ints


class Best(NamedTuple):
    """The place of the best target, each (...): tracks above it, tied with it, targets among those tied."""

    above: Ints
    tied: Ints
    targets: Ints


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
    # Comparisons with NaN are all False: such a target would stand at the top.
    if np.isnan(ranked).any():
        raise ValueError("a score is not a number")
    wanted = scores[rows][:, None]
    above = np.count_nonzero(ranked > wanted, axis=1)
    tied = np.count_nonzero(ranked == wanted, axis=1)
    return Places(np.asarray(above, dtype=np.int64), np.asarray(tied, dtype=np.int64))


def best(targets: Places) -> Best:
    """The best place among the targets' places (at least one)."""
    first = targets.above.argmin(axis=-1)[..., None]
    above = np.take_along_axis(targets.above, first, -1)
    tied = np.take_along_axis(targets.tied, first, -1)
    # Targets with as many above are tied with each other: equal counts mean equal scores.
    return Best(above[..., 0], tied[..., 0], np.count_nonzero(targets.above == above, axis=-1))


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


def mean_reciprocal_rank(
    above: ArrayLike, tied: ArrayLike, targets: ArrayLike = 1, k: int | None = None
) -> Floats:
    """The mean of 1 / rank of the best target over all orders of the tied tracks; broadcasts.

    With one target and nothing above this is H(n) / n, the chance level of the mean reciprocal rank. Where a
    k is given, a rank below it counts nothing.
    """
    above, tied, targets = np.broadcast_arrays(*(np.asarray(x, np.int64) for x in (above, tied, targets)))
    # No tied track can stand deeper than all above and all tied together.
    longest = int(np.max(above + tied, initial=0)) if k is None else k
    gains = 1 / np.arange(1.0, longest + 1)
    found = _mean_gain(gains, above, tied)
    # Several tied targets are rare (code lookups), so the exact sum is made one by one.
    for i in map(tuple, np.argwhere(targets > 1)):
        chance = _first_of_several(int(tied[i]), int(targets[i]))
        counted = gains[above[i] : above[i] + len(chance)]
        found[i] = chance[: len(counted)] @ counted
    return found


def _first_of_several(tied: int, targets: int) -> Floats:
    """The probability of each depth, from 1, of the first of some targets among tied tracks."""
    depth = np.arange(1, tied - targets + 1, dtype=np.float64)
    # P(first target at depth j + 1) = P(at depth j) x (tied - j - targets + 1) / (tied - j)
    ratios = (tied - depth - targets + 1) / (tied - depth)
    return np.asarray(targets / tied * np.concatenate(([1.0], np.cumprod(ratios))))


def _mean_gain(gains: Floats, above: Ints, tied: Ints) -> Floats:
    """The mean of `gains[rank - 1]`, 0 beyond their end, over the ranks that one tied track may have."""
    total = np.concatenate(([0.0], np.cumsum(gains)))
    # A window over the running sum is the sum of the gains of all ranks it may have.
    low, high = np.minimum(above, len(gains)), np.minimum(above + tied, len(gains))
    return np.asarray((total[high] - total[low]) / tied)


def hit(above: ArrayLike, tied: ArrayLike, targets: ArrayLike, k: int) -> Floats:
    """The probability that at least one target is in the top k; broadcasts.

    One minus the hypergeometric probability that the places left in the top k, filled at random from the
    tied tracks, hold none of the tied targets.
    """
    above, tied, targets = np.broadcast_arrays(*(np.asarray(x, np.int64) for x in (above, tied, targets)))
    room = np.clip(k - above, 0, tied)
    miss = np.ones(above.shape, dtype=np.float64)
    # Factor by factor the chance that no target is among the places left; never through factorials.
    for i in range(int(targets.max(initial=0))):
        factor = np.clip(tied - room - i, 0, None) / np.maximum(tied - i, 1)
        miss = np.where(i < targets, miss * factor, miss)
    return 1 - miss


def in_top(tracks: Places, k: int) -> Floats:
    """The probability of each track to be in the top k, shape (n_rows,); their sum is the expected count."""
    return np.asarray(np.clip(k - tracks.above, 0, tracks.tied) / tracks.tied)


def ndcg(targets: Places, k: int = 20) -> Floats:
    """The mean NDCG@k over all orders of the tied tracks, shape (...); every target has gain 1.

    Divided by the DCG of min(n_targets, k) targets at the top.
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    gains = _mean_gain(discounts, targets.above, targets.tied).sum(axis=-1)
    return np.asarray(gains / discounts[: targets.above.shape[-1]].sum())


class Metric(NamedTuple):
    """A column of every result table: its name, how a page calls it, and what it is of some targets."""

    name: str
    label: str
    of: Callable[[Places], Floats]


def _of_best(metric: Callable[..., Floats], **at: int) -> Callable[[Places], Floats]:
    """A metric of the best target's place as one of all targets' places."""
    return lambda targets: metric(*best(targets), **at)


CUTS = (1, 5, 10, 20, 100)
METRICS: tuple[Metric, ...] = (
    *(Metric(f"hit{k}", f"Hit@{k}", _of_best(hit, k=k)) for k in CUTS),
    *(Metric(f"ndcg{k}", f"NDCG@{k}", partial(ndcg, k=k)) for k in CUTS),
    *(Metric(f"mrr{k}", f"MRR@{k}", _of_best(mean_reciprocal_rank, k=k)) for k in CUTS),
    Metric("mrr", "MRR, ties at random", _of_best(mean_reciprocal_rank)),
    Metric("rr", "MRR", _of_best(reciprocal_rank)),
    Metric("rank", "rank", _of_best(expected_rank)),
)
"""What both tasks measure, in the order of their columns. With one target `hitK` is Recall@K too."""


def measure(targets: Places) -> dict[str, Floats]:
    """Every one of `METRICS`, shape (...)."""
    return {metric.name: metric.of(targets) for metric in METRICS}


def measure_each(requests: Sequence[Places]) -> dict[str, Floats]:
    """Every one of `METRICS`, shape (n_requests,), of requests with any number of targets each."""
    found = {metric.name: np.empty(len(requests)) for metric in METRICS}
    sizes = np.array([len(targets.above) for targets in requests])
    # Requests with as many targets are one array: a loop over sizes, not over requests.
    for size in np.unique(sizes):
        at = np.flatnonzero(sizes == size).tolist()
        together = Places(*(np.stack(part) for part in zip(*(requests[i] for i in at), strict=True)))
        for name, values in measure(together).items():
            found[name][at] = values
    return found


def chance(n_tracks: int, n_targets: int = 1) -> dict[str, float]:
    """The expected metrics of a random order of `n_tracks` with `n_targets` targets, in closed form."""
    every = Places(np.zeros(n_targets, dtype=np.int64), np.full(n_targets, n_tracks, dtype=np.int64))
    return {name: float(value) for name, value in measure(every).items()}
