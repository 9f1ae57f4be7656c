"""How good probabilities are: do they order plays, and do they mean what they say?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from segue.kit.arrays import Bools

Doubles = NDArray[np.float64]
BINS = 15


def auc(p: Doubles, y: Bools) -> float:
    """The probability that a full play has a higher value than one that is not; ties count half."""
    n, m = int(y.sum()), int((~y).sum())
    if not n or not m:
        return float("nan")
    # The Mann-Whitney statistic: mean ranks make ties count half.
    return float((rankdata(p)[y].sum() - n * (n + 1) / 2) / (n * m))


def calibration(p: Doubles, y: Bools) -> list[tuple[float, float, int]]:
    """Mean probability, share of full plays and plays, of bins of equally many plays."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return [(float(p[part].mean()), float(y[part].mean()), len(part)) for part in parts]


def calibration_error(p: Doubles, y: Bools) -> float:
    """The expected calibration error: the mean distance of the two shares of `calibration`."""
    return float(sum(abs(a - b) * n for a, b, n in calibration(p, y)) / len(p))


def brier(p: Doubles, y: Bools) -> float:
    """The mean squared distance of probability and outcome."""
    return float(np.mean((p - y) ** 2))


def draw(curve: Sequence[tuple[float, float, int]], figures: Mapping[str, float], target: Path) -> None:
    """A picture of a calibration: what was said against what came."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=0.8)
    axes.plot([c[0] for c in curve], [c[1] for c in curve], "o-", linewidth=1.5)
    axes.set(xlabel="probability said", ylabel="share heard to the end", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"AUC {figures['auc']:.3f}, calibration error {figures['calibration_error']:.3f}")
    figure.savefig(target, dpi=110)
