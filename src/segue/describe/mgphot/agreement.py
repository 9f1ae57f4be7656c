"""Whether several raters agree, attribute by attribute."""

import warnings

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.describe.mgphot.schema import ATTRIBUTES
from segue.kit.arrays import Floats


def agreement(ratings: Floats) -> pl.DataFrame:
    """One row an attribute: attribute, category, tracks (with two ratings or more), difference, alpha.

    Args:
        ratings: (n_raters, n_tracks, 58) in [0, 1], NaN where a rater said nothing.
    """
    rows = []
    for column, attribute in enumerate(ATTRIBUTES):
        values = ratings[:, :, column].astype(np.float64)
        paired = values[:, np.isfinite(values).sum(axis=0) >= 2]
        rows.append(
            {
                "attribute": attribute.name,
                "category": attribute.category,
                "tracks": paired.shape[1],
                "difference": mean_difference(paired),
                "alpha": krippendorff(paired),
            }
        )
    return pl.DataFrame(rows)


def mean_difference(values: NDArray[np.float64]) -> float:
    """The mean absolute difference of two ratings of a track, (n_raters, n_tracks); NaN without any."""
    n = len(values)
    pairs = [np.abs(values[i] - values[j]) for i in range(n) for j in range(i + 1, n)]
    return float(np.nanmean(pairs)) if pairs and np.isfinite(pairs).any() else float("nan")


def krippendorff(values: NDArray[np.float64]) -> float:
    """Krippendorff's alpha for interval data: 1 full agreement, 0 what chance gives.

    Args:
        values: (n_raters, n_tracks), NaN where missing; tracks with one rating do not count.

    Returns:
        1 - observed / expected squared difference; NaN where all ratings are equal, or none are paired.
    """
    known = np.isfinite(values)
    raters = known.sum(axis=0)
    values, known, raters = values[:, raters > 1], known[:, raters > 1], raters[raters > 1]
    n = int(raters.sum())
    if n == 0:
        return float("nan")
    # Squared differences over all ordered pairs of a set are 2 m times the squares around its mean.
    filled = np.where(known, values, 0)
    means = filled.sum(axis=0) / raters
    within = np.where(known, values - means, 0) ** 2
    observed = float((2 * raters * within.sum(axis=0) / (raters - 1)).sum()) / n
    pooled = values[known]
    expected = 2 * float(((pooled - pooled.mean()) ** 2).sum()) / (n - 1)
    # What rounding leaves of equal ratings is no difference.
    return 1 - observed / expected if expected > 1e-12 else float("nan")


def consensus(ratings: Floats, how: str = "median") -> Floats:
    """One rating out of several, (n_tracks, 58): their median or mean; NaN where most said nothing.

    Args:
        ratings: (n_raters, n_tracks, 58), NaN where a rater said nothing, wholly NaN where he was not asked.
    """
    if len(ratings) == 1:
        only: Floats = ratings[0]
        return only
    known = np.isfinite(ratings)
    asked = known.any(axis=2).sum(axis=0)
    enough = 2 * known.sum(axis=0) >= np.maximum(asked, 1)[:, None]
    pick = np.nanmedian if how == "median" else np.nanmean
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of numpy, where nobody said anything
        found = pick(ratings, axis=0)
    agreed: Floats = np.where(enough, found, np.nan).astype(np.float32)
    return agreed
