"""What the study says: the paper's tables with intervals over listeners and the spread over seeds."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from segue.evaluation.checks import against_chance
from segue.evaluation.page import number
from segue.evaluation.summary import compare, models_of, summary
from segue.evaluation.tasks import NEXT_TRACK, duplicated, next_track_subsets, with_metrics
from segue.experiments.e4srec.table import Table
from segue.experiments.rows import Outcome, base
from segue.kit.tables import with_interval

PARTS = ("new", "cold")
NOTES = """- Each target counts once a seed. [95 %]: bootstrap over listeners, all seeds of a row together;
  "sd of seeds": of their means. "against": the paired difference of NDCG@10, seed by seed; rows
  without a seed stand beside each.
- Zero-shot and published tables: each listener's first test play among 199 uniform tracks that the listener
  never plays, as in the paper; all others: every track is ranked, every test play asked (a sample by hash).
- "listed twice" is what the paper's script reported of the same ranks: the target stood twice in its list.
- A cell that failed says why; run the same command again after mending it, all else is kept."""


def stacked(results: pl.DataFrame) -> pl.DataFrame:
    """The results with every seed of a row under the row's name, and each target once a seed.

    A row with one seed only stands beside each of the others' seeds.
    """
    seed = pl.col("model").str.extract(r"\.seed(\d+)$").cast(pl.Int64)
    table = results.with_columns(base=pl.col("model").str.replace(r"\.seed\d+$", ""), seed=seed)
    names = table["base"].unique(maintain_order=True)
    seeds = sorted(table["seed"].unique(), key=lambda s: -1 if s is None else s)
    frames = []
    for place, number_ in enumerate(seeds):
        own = table.filter(pl.col("seed").eq_missing(number_))
        others = table.filter(pl.col("seed").is_null(), ~pl.col("base").is_in(own["base"].unique().implode()))
        # Another place for each seed, so that targets are told apart.
        frames.append(pl.concat([own, others]).with_columns(pl.col("position") + (place << 40)))
    both = pl.concat(frames).with_columns(model="base").select(results.columns)
    order = {name: place for place, name in enumerate(names)}
    return both.sort(pl.col("model").replace_strict(order, return_dtype=pl.Int64), maintain_order=True)


def rows_of(table: Table, found: pl.DataFrame, told: Mapping[str, Outcome], seed: int) -> list[list[str]]:
    """A table's cells, header first."""
    together = stacked(found)
    names = models_of(together)
    of_seed, twice = _means(found), _means(duplicated(together))
    apart = {n: _means(part) for n, part in next_track_subsets(together).items() if n in PARTS}
    header = ["row", "seeds", "NDCG@10 [95 %]", "sd of seeds", "Hit@5", "Hit@10", "Hit@20", "MRR"]
    header += ["listed twice"] if table.published else [f"NDCG@10, {n}" for n in apart]
    cells = [[*header, f"against {table.against}", "made in"]]
    for line in summary(NEXT_TRACK, together, seed=seed).iter_rows(named=True):
        name = line["model"]
        seeds = [v for n, v in of_seed.items() if base(n) == name]
        spread = number(float(np.std(seeds, ddof=1))) if len(seeds) > 1 else ""
        interval = f"{number(line['ndcg10'])} [{number(line['ndcg10_low'])}, {number(line['ndcg10_high'])}]"
        row = [name, str(len(seeds)), interval, spread]
        row += [number(line[m]) for m in ("hit5", "hit10", "hit20", "mrr")]
        row += [number(twice[name])] if table.published else [number(part[name]) for part in apart.values()]
        against = ""
        if name != table.against and table.against in names:
            difference = compare(NEXT_TRACK, together, name, table.against, metric="ndcg10", seed=seed)
            against = with_interval(difference, "+.4f") + "*" * difference.excludes_zero
        took = sum(o.making_s for n, o in told.items() if base(n) == name)
        cells.append([*row, against, f"{took:.0f} s"])
    return cells


def _means(results: pl.DataFrame) -> dict[str, float]:
    """The mean NDCG@10 of each model."""
    return dict(with_metrics(results).group_by("model").agg(pl.col("ndcg10").mean()).iter_rows())


def chance_lines(found: pl.DataFrame) -> list[str]:
    """Over all draws: the mean and spread of z against chance (0 and 1 for a random ranker)."""
    tests = against_chance(found)
    lines = []
    for k, part in tests.partition_by("k", as_dict=True, maintain_order=True).items():
        z = part["z"].to_numpy()
        spread = f", sd {z.std(ddof=1):.2f}" if len(z) > 1 else ""
        inside = f"{part['within'].sum()} of {part.height} within three standard errors"
        lines.append(f"Hit@{k[0]}: chance {part['p'][0]:.3f}, mean z {z.mean():+.2f}{spread}, {inside}")
    return lines
