"""Means with bootstrap intervals over groups of requests: the dialogues, or the listeners.

The requests of one group are not independent, so whole groups are drawn. A difference is taken request by
request before anything is drawn (paired): what is hard for both models cancels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Average = Literal["macro", "micro"]
Floats = NDArray[np.float64]
AVERAGES: tuple[Average, ...] = ("macro", "micro")
RESAMPLES = 2000
DRAWS_AT_ONCE = 100
MANY = 1000
"""With more groups than this, drawing them one by one is quicker than their multinomial counts."""


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval; the bounds are NaN where fewer than two groups were measured."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval (False where there is none)."""
        return self.low > 0 or self.high < 0


def intervals(
    values: Floats,
    groups: NDArray[Any],
    *,
    average: Average = "macro",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Floats:
    """The means of columns and the bounds of their percentile bootstrap intervals, shape (3, m).

    Args:
        values: shape (n_requests, m); NaN is left out.
        groups: shape (n_requests,), which group each request belongs to, in any labels.
        average: "macro" is the mean over groups of the mean over requests, "micro" the mean over requests.
    """
    known = ~np.isnan(values)
    found = np.full((3, values.shape[1]), np.nan)
    # Columns that are known at the same requests share their draws.
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for i, pattern in enumerate(patterns.T):
        if pattern.any():
            columns = np.flatnonzero(which == i)
            part = values[np.ix_(pattern, columns)]
            found[:, columns] = _resampled(part, groups[pattern], average, resamples, seed)
    return found


def _resampled(values: Floats, groups: NDArray[Any], average: Average, resamples: int, seed: int) -> Floats:
    """`intervals` of columns without NaN."""
    labels, owner = np.unique(groups, return_inverse=True)
    sizes = np.bincount(owner, minlength=len(labels))
    # No group is empty (they come from the labels that occur), so `reduceat` sums each of them alone.
    sums = np.add.reduceat(values[np.argsort(owner, kind="stable")], np.cumsum(sizes) - sizes)
    counts = sizes.astype(np.float64)
    if average == "macro":
        sums, counts = sums / counts[:, None], np.ones_like(counts)
    mean = sums.sum(axis=0) / counts.sum()
    # One group drawn again and again is always itself: an interval of width 0 would claim certainty.
    if len(labels) == 1:
        return np.stack([mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)])
    draws = [(times @ sums) / (times @ counts)[:, None] for times in _draws(len(labels), resamples, seed)]
    return np.vstack([mean, np.quantile(np.concatenate(draws), (0.025, 0.975), axis=0)])


def _draws(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each of n groups was drawn, (at most `DRAWS_AT_ONCE`, n) at a time."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, DRAWS_AT_ONCE):
        size = min(DRAWS_AT_ONCE, resamples - start)
        # Both draw n groups with replacement, but with other numbers of the generator: MANY moves bounds.
        if n > MANY:
            times = np.array([np.bincount(generator.integers(0, n, n), minlength=n) for _ in range(size)])
        else:
            times = generator.multinomial(n, np.full(n, 1 / n), size=size)
        yield times.astype(np.float64)


def interval(
    values: ArrayLike,
    groups: ArrayLike,
    *,
    average: Average = "macro",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The mean of one column (n_requests,) with its interval; see `intervals`."""
    column = np.asarray(values, dtype=np.float64)[:, None]
    found = intervals(column, np.asarray(groups), average=average, resamples=resamples, seed=seed)
    return Interval(*(float(x) for x in found[:, 0]))
