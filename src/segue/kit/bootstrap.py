"""Means with bootstrap intervals over dialogues, for one model and for the difference of two.

The requests of one dialogue are not independent, so whole dialogues are drawn. A difference is taken request
by request before anything is drawn (paired): what is hard for both models cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segue.kit.errors import SegueError

Average = Literal["macro", "micro"]
AVERAGES: tuple[Average, ...] = ("macro", "micro")
RESAMPLES = 2000
METRICS = ("rr", "rr_random", "hit1", "hit10", "hit100", "ndcg20", "dislike_share")


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval; the bounds are NaN where fewer than two dialogues were measured."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval (False where there is none)."""
        return self.low > 0 or self.high < 0


def interval(
    values: ArrayLike,
    dialogues: ArrayLike,
    *,
    average: Average = "macro",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The mean of per-request values with its percentile bootstrap interval over dialogues.

    Args:
        values: shape (n_requests,); NaN is left out.
        dialogues: shape (n_requests,), which dialogue each request belongs to, in any labels.
        average: "macro" is the mean over dialogues of the mean over requests, "micro" the mean over requests.
        resamples: how many times the dialogues are drawn with replacement.
        seed: of the draws; the same seed draws the same dialogues for every model.
    """
    value: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(value)
    labels, owner = np.unique(np.asarray(dialogues)[known], return_inverse=True)
    if len(labels) == 0:
        return Interval(np.nan, np.nan, np.nan)
    sums: NDArray[Any] = np.bincount(owner, weights=value[known], minlength=len(labels))
    counts: NDArray[Any] = np.bincount(owner, minlength=len(labels)).astype(np.float64)
    if average == "macro":
        sums, counts = sums / counts, np.ones_like(counts)
    mean = float(sums.sum() / counts.sum())
    if len(labels) == 1:
        return Interval(mean, np.nan, np.nan)
    draws = _draws(len(labels), resamples, seed)
    low, high = np.quantile((draws @ sums) / (draws @ counts), (0.025, 0.975))
    return Interval(mean, float(low), float(high))


def difference(
    a: ArrayLike,
    b: ArrayLike,
    dialogues: ArrayLike,
    *,
    average: Average = "macro",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The mean of a - b with its paired interval; `a` and `b` hold the same requests in the same order."""
    paired = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    return interval(paired, dialogues, average=average, resamples=resamples, seed=seed)


@lru_cache(maxsize=4)
def _draws(n: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """Shape (resamples, n): how often each dialogue was drawn; kept, as every model needs the same draws."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)


def compare(
    results: pl.DataFrame, a: str, b: str, *, metric: str = "rr", average: Average = "macro", seed: int = 0
) -> Interval:
    """The paired difference a - b of one column of `conversation.evaluate`'s results.

    Raises:
        SegueError: the results have no such model.
    """
    names = results["model"].unique(maintain_order=True).to_list()
    for name in (a, b):
        if name not in names:
            raise SegueError(f"no model {name!r} in the results", cure=f"models: {', '.join(names)}")
    keys = ["dialogue_id", "turn"]
    sides = [results.filter(pl.col("model") == name).select(*keys, metric) for name in (a, b)]
    both = sides[0].join(sides[1], on=keys, suffix="_b", validate="1:1", maintain_order="left").drop_nulls()
    return difference(
        both[metric].to_numpy(),
        both[f"{metric}_b"].to_numpy(),
        both["dialogue_id"].rank("dense").to_numpy(),
        average=average,
        seed=seed,
    )


def summary(results: pl.DataFrame, average: Average = "macro", *, seed: int = 0) -> pl.DataFrame:
    """One row a model in the order of the results: counts, each of `METRICS` with `_low`, `_high`, and ms."""
    table = results.with_columns(
        dislike_share=pl.col("dislikes_top10") / pl.col("n_dislikes"),
        dialogue=pl.col("dialogue_id").rank("dense").cast(pl.Int64),
    )
    rows = []
    for part in table.partition_by("model", maintain_order=True):
        dialogues = part["dialogue"].to_numpy()
        row: dict[str, Any] = {
            "model": part["model"][0],
            "dialogues": part["dialogue"].n_unique(),
            "requests": part.height,
        }
        for metric in METRICS:
            values = part[metric].fill_null(float("nan")).to_numpy()
            found = interval(values, dialogues, average=average, seed=seed)
            row |= {metric: found.mean, f"{metric}_low": found.low, f"{metric}_high": found.high}
        rows.append(row | {"ms": 1000 * float(np.median(part["seconds"].to_numpy()))})
    return pl.DataFrame(rows)


def subsets(results: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The parts that are reported apart, the empty ones left out: all, warm, mixed, cold, and `turn N`."""
    n_cold, n_targets = pl.col("n_cold"), pl.col("n_targets")
    parts = {
        "all": results,
        "warm": results.filter(n_cold == 0),
        "mixed": results.filter((n_cold > 0) & (n_cold < n_targets)),
        "cold": results.filter(n_cold == n_targets),
    }
    for turn in sorted(results["turn"].unique()):
        parts[f"turn {turn}"] = results.filter(pl.col("turn") == turn)
    return {name: part for name, part in parts.items() if part.height}


def all_summaries(results: pl.DataFrame, *, seed: int = 0) -> pl.DataFrame:
    """`summary` of every subset under both averages, with the columns `average` and `subset` in front."""
    found = []
    for subset, part in subsets(results).items():
        for average in AVERAGES:
            labels = [pl.lit(average).alias("average"), pl.lit(subset).alias("subset")]
            found.append(summary(part, average, seed=seed).select(*labels, pl.all()))
    return pl.concat(found)
