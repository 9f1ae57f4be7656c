"""The metrics of one target a request in closed form, exact under ties, from two counts.

With `above` tracks scored higher and `tied` tracks scored the same (the target included), the target's rank
is uniform on above + 1 ... above + tied over the orders of the tied tracks; a metric is its mean over them.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
CUTS = (1, 5, 10, 20, 100)
METRICS = (*(f"{name}{k}" for name in ("hit", "ndcg", "mrr") for k in CUTS), "mrr", "rank")
"""`hitK` is Recall@K too (one target); `mrrK` counts nothing below K, `mrr` all ranks; `rank` is from 1."""


def hit(above: ArrayLike, tied: ArrayLike, k: int) -> Floats:
    """The probability that the target is in the top k, (n,)."""
    return _mean(np.ones(k), above, tied)


def ndcg(above: ArrayLike, tied: ArrayLike, k: int) -> Floats:
    """The mean of 1 / log2(1 + rank), 0 below the top k, (n,)."""
    return _mean(1 / np.log2(np.arange(2, k + 2)), above, tied)


def mrr(above: ArrayLike, tied: ArrayLike, k: int | None = None) -> Floats:
    """The mean of 1 / rank, 0 below the top k where one is given, (n,)."""
    longest = int(np.max(np.asarray(above) + np.asarray(tied), initial=0))
    return _mean(1 / np.arange(1.0, (longest if k is None else k) + 1), above, tied)


def rank(above: ArrayLike, tied: ArrayLike) -> Floats:
    """The mean rank: the mean of the best and the worst, (n,)."""
    return np.asarray(np.asarray(above) + (np.asarray(tied) + 1) / 2, np.float64)


def _mean(gains: Floats, above: ArrayLike, tied: ArrayLike) -> Floats:
    """The mean of `gains[rank - 1]`, 0 beyond their end, over the ranks that the target may have."""
    above, tied = np.asarray(above, np.int64), np.asarray(tied, np.int64)
    total = np.concatenate([[0.0], np.cumsum(gains)])
    low, high = np.minimum(above, len(gains)), np.minimum(above + tied, len(gains))
    return np.asarray((total[high] - total[low]) / tied)


def of_counts(above: ArrayLike, tied: ArrayLike) -> dict[str, Floats]:
    """Every one of `METRICS`, each float64 (n,)."""
    found: dict[str, Floats] = {}
    for k in CUTS:
        found |= {
            f"hit{k}": hit(above, tied, k),
            f"ndcg{k}": ndcg(above, tied, k),
            f"mrr{k}": mrr(above, tied, k),
        }
    found |= {"mrr": mrr(above, tied), "rank": rank(above, tied)}
    return {name: found[name] for name in METRICS}


def with_metrics(results: pl.DataFrame) -> pl.DataFrame:
    """The results of `next_track.evaluate` with the columns of `METRICS`."""
    return results.with_columns(**of_counts(results["above"].to_numpy(), results["tied"].to_numpy()))


def chance_expected(results: pl.DataFrame, *, duplicated: bool = False) -> dict[str, float]:
    """The closed form of the chance row: the mean of every metric where all orders are as likely.

    Args:
        results: of `next_track.evaluate`.
        duplicated: they are of a protocol that lists the target twice.
    """
    n_ranked = results.filter(pl.col("model") == results["model"][0])["n_ranked"].to_numpy()
    shift = int(duplicated)
    found = of_counts(np.full(len(n_ranked), shift), n_ranked - shift)
    return {name: float(values.mean()) for name, values in found.items()}


def duplicated(results: pl.DataFrame) -> pl.DataFrame:
    """What the same rankings give where the target is listed twice and only the copy behind counts.

    Source: E4SRec spec 10.3. Every target of rank r is reported at r + 1, out of one track more.
    """
    return results.with_columns(pl.col("above") + 1, pl.col("n_ranked") + 1)
