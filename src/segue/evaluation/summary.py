"""Means of the metrics with bootstrap intervals, for parts of the requests: the same for both tasks."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.kit.bootstrap import AVERAGES, RESAMPLES, Average, Interval, interval, intervals
from segue.kit.errors import SegueError
from segue.kit.metrics import METRICS
from segue.kit.progress import watched

SEED_OF = re.compile(r"(?P<model>.+)\.seed\d+")
"""The name of a further fit of a model with another seed; the model itself is of seed 0."""


class Series(NamedTuple):
    """A metric over numbered parts, as a table and a picture: its subsets are called "PREFIX NUMBER"."""

    prefix: str
    metric: str
    title: str
    axis: str
    note: str
    file: str
    least: float = 0
    """Parts with a smaller share of the requests of the commonest are left out."""
    names: Mapping[int, str] = {}
    """What a number is called, where not by itself."""


@dataclass(frozen=True)
class Task:
    """How the results of one protocol are read.

    Args:
        reads: the input of the workspace that the report goes stale with.
        keys: the columns that tell requests apart.
        averages: those reported of every part, the one of the tables first; of all requests both are.
        main: the metric of the bar picture, and of differences where none is named.
        shown: the metrics of the overall table.
        with_interval: those of them shown with their intervals.
        compared: the metrics of the paired differences.
        bars: the subsets of the bar picture.
        pairs: the comparisons to make beside those of the model of interest.
        measured: adds the columns of the metrics to the results.
        subsets: the parts that are reported apart, the empty ones left out.
        labels: what a page calls a metric, where not as in `METRICS`.
    """

    name: str
    title: str
    reads: str
    keys: tuple[str, str]
    averages: tuple[Average, ...]
    main: str
    shown: tuple[str, ...]
    with_interval: tuple[str, ...]
    compared: tuple[str, ...]
    bars: tuple[str, ...]
    series: Series
    pairs: tuple[tuple[str, str], ...]
    measured: Callable[[pl.DataFrame], pl.DataFrame]
    subsets: Callable[[pl.DataFrame], dict[str, pl.DataFrame]]
    metrics: tuple[str, ...] = tuple(metric.name for metric in METRICS)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The column of what is drawn again: requests of one of these are not independent."""
        return self.keys[0]

    @property
    def command(self) -> str:
        """What was typed, where the caller does not say."""
        return f"segue evaluate --task {self.name}"

    @property
    def groups(self) -> str:
        """What the groups are called: dialogues, users."""
        return {"dialogue_id": "dialogues", "user_id": "listeners"}[self.group]

    def label(self, metric: str) -> str:
        """What a page calls a metric."""
        return ({m.name: m.label for m in METRICS} | dict(self.labels))[metric]


def models_of(results: pl.DataFrame) -> list[str]:
    """The names in the order of the results."""
    return [str(name) for name in results["model"].unique(maintain_order=True)]


def part_of(table: pl.DataFrame, average: Average, subset: str) -> pl.DataFrame:
    """The rows of one average and subset of `all_summaries`, one a model."""
    return table.filter((pl.col("average") == average) & (pl.col("subset") == subset))


def summary(
    task: Task,
    results: pl.DataFrame,
    average: Average | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> pl.DataFrame:
    """One row a model in the order of the results: counts, each metric with `_low`, `_high`, and ms.

    Args:
        average: "micro" over requests or "macro" over the means of the groups; the task's own if None.
        seed: of the draws, which all models and metrics share.
        resamples: how often the groups are drawn; bounds are NaN where there is only one.

    Raises:
        SegueError: the models were not asked the same.
    """
    names = models_of(results)
    # All models and metrics in one matrix, so that all share the same draws.
    values, groups = _values(task, results, task.metrics)
    found = intervals(values, groups, average=average or task.averages[0], resamples=resamples, seed=seed)
    shaped = found.reshape(3, len(names), len(task.metrics))
    ms = dict(results.group_by("model").agg(1000 * pl.col("seconds").median()).iter_rows())
    rows = []
    for name, (mean, low, high) in zip(names, shaped.transpose(1, 0, 2), strict=True):
        row: dict[str, Any] = {"model": name, task.groups: len(np.unique(groups)), "requests": len(groups)}
        for i, metric in enumerate(task.metrics):
            row |= {metric: mean[i], f"{metric}_low": low[i], f"{metric}_high": high[i]}
        rows.append(row | {"ms": ms[name]})
    return pl.DataFrame(rows)


def all_summaries(
    task: Task, results: pl.DataFrame, *, seed: int = 0, resamples: int = RESAMPLES
) -> pl.DataFrame:
    """`summary` of every subset under the averages of the task, with `average` and `subset` in front."""
    wanted = [
        (average, name, part)
        for name, part in task.subsets(results).items()
        for average in (AVERAGES if name == "all" else task.averages)
    ]
    shown = watched(wanted, "intervals")
    return pl.concat(
        summary(task, part, average, seed=seed, resamples=resamples).select(
            pl.lit(average).alias("average"), pl.lit(name).alias("subset"), pl.all()
        )
        for average, name, part in shown
    )


def compare(
    task: Task,
    results: pl.DataFrame,
    a: str,
    b: str,
    *,
    metric: str | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """The paired difference a - b of a metric, request by request; the task's own metric if None.

    Raises:
        SegueError: the results have no such model, or the two were not asked the same.
    """
    names = models_of(results)
    for name in (a, b):
        if name not in names:
            raise SegueError(f"no model {name!r} in the results", cure=f"models: {', '.join(names)}")
    # A model compared with itself is one side, and differs by exactly nothing.
    sides = pl.concat(results.filter(pl.col("model") == name) for name in dict.fromkeys((a, b)))
    values, groups = _values(task, sides, (metric or task.main,))
    paired = values[:, 0] - values[:, -1]
    return interval(paired, groups, average=task.averages[0], resamples=resamples, seed=seed)


def over_seeds(task: Task, table: pl.DataFrame) -> pl.DataFrame:
    """For each model of several seeds the mean of each metric over them and its `_sd` (ddof 1).

    The rows NAME.seed1, NAME.seed2, ... give one named "NAME (3 seeds)", whose `of` is the NAME.
    """
    base = pl.col("model").str.replace(rf"^{SEED_OF.pattern}$", "${model}").alias("of")
    metrics = [pl.col(task.metrics).mean(), pl.col(task.metrics).std().name.suffix("_sd")]
    found = table.group_by(base, maintain_order=True).agg(pl.len().alias("seeds"), *metrics)
    found = found.filter(pl.col("seeds") > 1)
    return found.select(pl.format("{} ({} seeds)", "of", "seeds").alias("model"), pl.all())


def coverage(results: pl.DataFrame, n_tracks: int) -> dict[str, float]:
    """Model -> the share of the catalogue that stands in at least one of its top 10."""
    seen = pl.col("top10").explode(empty_as_null=True).drop_nulls().n_unique()
    return dict(results.group_by("model").agg(seen / n_tracks).iter_rows())


def _values(
    task: Task, results: pl.DataFrame, metrics: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Shape (n_requests, n_models x n_metrics), model by model, NaN where unknown, and the groups."""
    table = task.measured(results).sort(task.keys, maintain_order=True)
    parts = {part["model"][0]: part for part in table.partition_by("model", maintain_order=False)}
    ordered = [parts[name] for name in models_of(results)]
    keys = ordered[0].select(task.keys)
    if not all(part.select(task.keys).equals(keys) for part in ordered):
        raise SegueError("the models were not asked the same", cure="evaluate them together")
    columns = [pl.col(metric).cast(pl.Float64).fill_null(float("nan")) for metric in metrics]
    groups = keys[task.group].rank("dense").to_numpy()
    return np.hstack([part.select(columns).to_numpy() for part in ordered]), groups
