"""Two checks that the published experiment would have failed: is it chance, and is the target listed twice?

Source: E4SRec spec 10.1 and 10.3.
"""

from typing import Any

import numpy as np
import polars as pl

from segue.evaluation.summary import models_of
from segue.kit.metrics import hit

CHANCE_CUTS = (5, 10, 20)
WITHIN = 3.0
FEWEST_HITS = 10
"""Below so many expected hits in the top 2 nothing can be said about duplicates."""


def against_chance(results: pl.DataFrame) -> pl.DataFrame:
    """One row for each model and cut: model, k, n, hit rate, p, z, z_listeners, within.

    z = (hit rate - p) / sqrt(p (1 - p) / n), with p the probability of a hit by chance; where requests rank
    different numbers of tracks, p is the mean and the variance the sum of theirs. `within` says |z| <= 3. z
    takes the requests for independent, which several of one listener are not: `z_listeners` takes the spread
    between listeners, where that is the larger.

    Args:
        results: of `next_track.evaluate` with the target listed once.
    """
    rows: list[dict[str, Any]] = []
    for name in models_of(results):
        part = results.filter(pl.col("model") == name)
        listeners = part["user_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
        n = part.height
        for k in CHANCE_CUTS:
            p = np.minimum(k / part["n_ranked"].to_numpy(), 1.0)
            excess = hit(part["above"].to_numpy(), part["tied"].to_numpy(), 1, k) - p
            error = float(np.sqrt((p * (1 - p)).sum())) / n
            of_listener = np.bincount(listeners, weights=excess)
            spread = max(error, float(np.sqrt((of_listener**2).sum())) / n)
            mean = float(excess.mean())
            z, z_listeners = (mean / e if e else 0.0 for e in (error, spread))
            measured = {"hit": mean + float(p.mean()), "p": float(p.mean()), "z": z}
            more = {"z_listeners": z_listeners, "within": abs(z) <= WITHIN}
            rows.append({"model": name, "k": k, "n": n} | measured | more)
    return pl.DataFrame(rows)


def chance_lines(results: pl.DataFrame) -> list[str]:
    """One line a model: whether it is within three standard errors of chance at every cut."""
    lines = []
    for part in against_chance(results).partition_by("model", maintain_order=True):
        shown = ", ".join(f"{z:+.2f} at {k}" for k, z in part.select("k", "z").iter_rows())
        verdict = "within" if part["within"].all() else "not within"
        lines.append(f"{part['model'][0]}: {verdict} three standard errors of chance (z of Hit: {shown})")
    return lines


def listed_twice(results: pl.DataFrame) -> list[str]:
    """A warning for each model whose targets are hardly ever first, yet often second.

    Of two neighbouring places the upper is not the rarer one unless something that is never the target
    stands there: a second copy of the target, or a track that the data cannot ask for.
    """
    found = []
    for name in models_of(results):
        part = results.filter(pl.col("model") == name)
        counts = part["above"].to_numpy(), part["tied"].to_numpy()
        first, two = float(hit(*counts, 1, 1).mean()), float(hit(*counts, 1, 2).mean())
        # From a handful of hits nothing can be told: ten is where a first place is to be expected.
        if two * part.height >= FEWEST_HITS and first < 0.1 * two:
            found.append(
                f"{name}: Hit@1 is {first:.4f} but Hit@2 {two:.4f}; is the target listed twice, or does "
                "something that is never asked for stand first?"
            )
    return found
