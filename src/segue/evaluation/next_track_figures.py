"""The two figures of the next-track report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from segue.evaluation.conversation import CHANCE
from segue.evaluation.figures import COLOURS, MARKERS, part_of


def save(table: pl.DataFrame, names: Sequence[str], folder: Path) -> None:
    """Write ndcg10.png and deciles.png of `next_track_summary.all_summaries`."""
    bars(table, names).savefig(folder / "ndcg10.png", dpi=150)
    by_decile(table, names).savefig(folder / "deciles.png", dpi=150)


def bars(table: pl.DataFrame, names: Sequence[str]) -> Figure:
    """NDCG@10 of all targets with its interval, and of the targets that repeat a play and that do not."""
    parts = [part for part in ("all", "repeat", "new") if part_of(table, "micro", part).height]
    figure = Figure(figsize=(8, 1.2 + 0.6 * len(names)), layout="constrained")
    axes = figure.subplots()
    height = 0.8 / len(parts)
    for i, subset in enumerate(parts):
        part = part_of(table, "micro", subset).select("ndcg10", "ndcg10_low", "ndcg10_high").fill_nan(None)
        mean = part["ndcg10"].to_numpy()
        low, high = (part[c].fill_null(part["ndcg10"]).to_numpy() for c in ("ndcg10_low", "ndcg10_high"))
        where = np.arange(len(names)) + (i - (len(parts) - 1) / 2) * height
        # An interval of a skewed metric can, rarely, lie to one side of the mean.
        error = np.maximum([mean - low, high - mean], 0)
        axes.barh(where, mean, height, xerr=error, color=COLOURS[i], ecolor="#333333", label=subset)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="NDCG@10, with the 95 % interval over listeners", xlim=(0, None))
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside right upper", frameon=False, title="targets")
    return figure


def by_decile(table: pl.DataFrame, names: Sequence[str]) -> Figure:
    """A line a model: Hit@10 over the decile of the target's training plays, 0 the cold tracks."""
    shown = deciles(table)
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for i, name in enumerate(names):
        colour, line = ("#888888", "--") if name == CHANCE else (COLOURS[i % len(COLOURS)], "-")
        values = decile_values(table, name, list(shown))
        marker = MARKERS[i % len(MARKERS)]
        axes.plot(list(shown), values, label=name, color=colour, linestyle=line, marker=marker, markersize=6)
    axes.set_xticks(list(shown), [f"{d or 'cold'}\nn={n}" for d, n in shown.items()])
    axes.set(xlabel="decile of training plays (10: the most played tracks), and requests", ylabel="Hit@10")
    axes.set_ylim(0, None)
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def deciles(table: pl.DataFrame) -> dict[int, int]:
    """The deciles that occur, 0 for cold, and their requests."""
    part = table.filter(pl.col("subset").str.starts_with("decile ") & (pl.col("model") == CHANCE))
    counts = part.select("subset", "requests").iter_rows()
    return dict(sorted((int(subset.removeprefix("decile ")), n) for subset, n in counts))


def decile_values(table: pl.DataFrame, name: str, shown: Sequence[int]) -> list[float]:
    """Hit@10 of one model in each decile."""
    part = table.filter(pl.col("model") == name)
    values = dict(part.select("subset", "hit10").iter_rows())
    return [values[f"decile {decile}"] for decile in shown]
