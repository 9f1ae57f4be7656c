"""Means of the next-track metrics with bootstrap intervals over listeners, for parts of the targets.

The targets of one listener are not independent, so whole listeners are drawn. All models and metrics of a
part share the draws, so the draws of a difference are the difference of the draws (paired).
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from segue.evaluation.next_track_metrics import METRICS, with_metrics
from segue.kit.bootstrap import RESAMPLES, Average, Interval
from segue.kit.errors import SegueError

Floats = NDArray[np.float64]
KEYS = ("user_id", "position")
SEED_OF = re.compile(r"(?P<model>.+)\.seed\d+")
"""The name of a further fit of a model with another seed; the model itself is of seed 0."""
DRAWS_AT_ONCE = 100


def models_of(results: pl.DataFrame) -> list[str]:
    """The names in the order of the results."""
    return [str(name) for name in results["model"].unique(maintain_order=True)]


def subsets(results: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The parts that are reported apart, the empty ones left out.

    `new` targets are not in the history, `cold` ones nobody plays in the training part, `content` ones have a
    vector of some content feature, `has X` one of modality X; `decile 10` are the most played tracks.
    """
    repeat, cold, content, decile = (pl.col(c) for c in ("repeat", "cold", "content", "decile"))
    wanted = {
        "all": pl.lit(True),
        "repeat": repeat,
        "new": ~repeat,
        "new, warm": ~repeat & ~cold,
        "cold": cold,
        "content": content,
        "no content": ~content,
        "new, content": ~repeat & content,
        "new, no content": ~repeat & ~content,
        "cold, content": cold & content,
        "cold, no content": cold & ~content,
    }
    for name in results["modalities"].explode().drop_nulls().unique().sort():
        wanted[f"has {name}"] = pl.col("modalities").list.contains(name)
    wanted |= {f"decile {i}": decile == i for i in range(11)}
    parts = {name: results.filter(condition) for name, condition in wanted.items()}
    return {name: part for name, part in parts.items() if part.height}


def summary(
    results: pl.DataFrame, average: Average = "micro", *, seed: int = 0, resamples: int = RESAMPLES
) -> pl.DataFrame:
    """One row a model in the order of the results: counts, each of `METRICS` with `_low`, `_high`, and ms.

    Args:
        results: of `next_track.evaluate`, or a part of its requests, the same for every model.
        average: "micro" is the mean over targets, "macro" the mean over listeners of the mean over theirs.
        seed: of the draws.
        resamples: how often the listeners are drawn; bounds are NaN where there is only one.
    """
    names = models_of(results)
    values, listeners = _values(results, METRICS)
    mean, draws = resampled(values, listeners, average, resamples, seed)
    with np.errstate(invalid="ignore"):
        low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    n_listeners = len(np.unique(listeners))
    ms = dict(results.group_by("model").agg(1000 * pl.col("seconds").median()).iter_rows())
    rows = []
    for i, name in enumerate(names):
        row: dict[str, Any] = {"model": name, "listeners": n_listeners, "requests": len(listeners)}
        for j, metric in enumerate(METRICS, start=i * len(METRICS)):
            row |= {metric: mean[j], f"{metric}_low": low[j], f"{metric}_high": high[j]}
        rows.append(row | {"ms": ms[name]})
    return pl.DataFrame(rows)


def all_summaries(results: pl.DataFrame, *, seed: int = 0, resamples: int = RESAMPLES) -> pl.DataFrame:
    """`summary` of every subset (micro), and of all targets macro, with `average` and `subset` in front."""
    wanted: list[tuple[Average, str, pl.DataFrame]] = [("macro", "all", results)]
    wanted += [("micro", name, part) for name, part in subsets(results).items()]
    shown = track(wanted, description="intervals", console=Console(stderr=True), transient=True)
    return pl.concat(
        summary(part, average, seed=seed, resamples=resamples).select(
            pl.lit(average).alias("average"), pl.lit(name).alias("subset"), pl.all()
        )
        for average, name, part in shown
    )


def compare(
    results: pl.DataFrame,
    a: str,
    b: str,
    *,
    metric: str = "ndcg10",
    average: Average = "micro",
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """The paired difference a - b of one of `METRICS`, target by target, with its interval.

    Raises:
        SegueError: the results have no such model.
    """
    names = models_of(results)
    for name in (a, b):
        if name not in names:
            raise SegueError(f"no model {name!r} in the results", cure=f"models: {', '.join(names)}")
    sides = pl.concat(results.filter(pl.col("model") == name) for name in dict.fromkeys((a, b)))
    values, listeners = _values(sides, (metric,))
    difference = values[:, :1] - values[:, -1:]
    mean, draws = resampled(difference, listeners, average, resamples, seed)
    low, high = np.quantile(draws[:, 0], (0.025, 0.975))
    return Interval(float(mean[0]), float(low), float(high))


def coverage(results: pl.DataFrame, n_tracks: int) -> dict[str, float]:
    """Model -> the share of the catalogue that stands in at least one of its top 10."""
    seen = pl.col("top10").explode(empty_as_null=True).drop_nulls().n_unique()
    return dict(results.group_by("model").agg(seen / n_tracks).iter_rows())


def over_seeds(table: pl.DataFrame) -> pl.DataFrame:
    """For each model of several seeds the mean of each metric over them and its `_sd` (ddof 1).

    Args:
        table: of `summary`; NAME.seed1, NAME.seed2, ... belong to NAME.

    Returns:
        A row a model, named "NAME (3 seeds)", with `of` the NAME; no row where nothing has two seeds.
    """
    base = pl.col("model").str.replace(rf"^{SEED_OF.pattern}$", "${model}").alias("of")
    metrics = [pl.col(METRICS).mean(), pl.col(METRICS).std().name.suffix("_sd")]
    found = table.group_by(base, maintain_order=True).agg(pl.len().alias("seeds"), *metrics)
    found = found.filter(pl.col("seeds") > 1)
    return found.select(pl.format("{} ({} seeds)", "of", "seeds").alias("model"), pl.all())


def resampled(
    values: Floats, listeners: NDArray[Any], average: Average, resamples: int, seed: int
) -> tuple[Floats, Floats]:
    """The means (m,) of columns of values, and their means (resamples, m) over listeners drawn again.

    Args:
        values: shape (n_requests, m).
        listeners: shape (n_requests,), whose request each is, in any labels.
        average: over requests ("micro") or over listeners ("macro").
        resamples: how often as many listeners as there are get drawn with replacement.
        seed: of the draws.
    """
    labels, owner = np.unique(listeners, return_inverse=True)
    n = len(labels)
    counts = np.bincount(owner, minlength=n).astype(np.float64)
    order = np.argsort(owner, kind="stable")
    sums = np.add.reduceat(values[order], np.cumsum(counts.astype(np.int64)) - counts.astype(np.int64))
    if average == "macro":
        sums, counts = sums / counts[:, None], np.ones(n)
    mean = sums.sum(axis=0) / counts.sum()
    if n == 1:
        return mean, np.full((resamples, values.shape[1]), np.nan)
    generator = np.random.default_rng(seed)
    draws = np.empty((resamples, values.shape[1]))
    for start in range(0, resamples, DRAWS_AT_ONCE):
        size = min(DRAWS_AT_ONCE, resamples - start)
        times = [np.bincount(generator.integers(0, n, n), minlength=n) for _ in range(size)]
        weights = np.array(times, np.float64)
        draws[start : start + size] = (weights @ sums) / (weights @ counts)[:, None]
    return mean, draws


def _values(results: pl.DataFrame, metrics: tuple[str, ...]) -> tuple[Floats, NDArray[Any]]:
    """Shape (n_requests, n_models x n_metrics), model by model, and the listener of each request.

    Raises:
        SegueError: the models were not asked the same.
    """
    parts = with_metrics(results).sort(KEYS, maintain_order=True).partition_by("model", maintain_order=False)
    by_name = {part["model"][0]: part for part in parts}
    ordered = [by_name[name] for name in models_of(results)]
    keys = ordered[0].select(KEYS)
    if not all(part.select(KEYS).equals(keys) for part in ordered):
        raise SegueError("the models were not asked the same", cure="evaluate them together")
    listeners = keys["user_id"].rank("dense").to_numpy()
    return np.hstack([part.select(metrics).to_numpy() for part in ordered]), listeners
