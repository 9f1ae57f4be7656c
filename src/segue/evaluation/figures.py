"""The two figures of the conversation report, and how they and its tables read the summaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from segue.evaluation.conversation import CHANCE
from segue.kit.bootstrap import Average

# Okabe and Ito's colours, told apart by the colour-blind too; the marker tells apart what shares a colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^DvPX*<>hp"


def part_of(table: pl.DataFrame, average: Average, subset: str) -> pl.DataFrame:
    """The rows of one average and subset, one a model."""
    return table.filter((pl.col("average") == average) & (pl.col("subset") == subset))


def shown_turns(table: pl.DataFrame) -> tuple[list[int], list[int]]:
    """Turn numbers with at least a tenth of the requests of the commonest one, and their requests."""
    part = table.filter(pl.col("subset").str.starts_with("turn ") & (pl.col("model") == CHANCE))
    counts = {int(s.removeprefix("turn ")): n for s, n in part.select("subset", "requests").iter_rows()}
    turns = [turn for turn, n in sorted(counts.items()) if 10 * n >= max(counts.values())]
    return turns, [counts[turn] for turn in turns]


def turn_values(table: pl.DataFrame, name: str, turns: Sequence[int]) -> list[float]:
    """MRR of one model at each turn number."""
    part = table.filter((pl.col("model") == name) & (pl.col("average") == "micro"))
    values = dict(part.select("subset", "rr").iter_rows())
    return [values[f"turn {turn}"] for turn in turns]


def save(table: pl.DataFrame, names: Sequence[str], folder: Path) -> None:
    """Write mrr.png and mrr_by_turn.png of `significance.all_summaries`."""
    bars(table, names).savefig(folder / "mrr.png", dpi=150)
    by_turn(table, names).savefig(folder / "mrr_by_turn.png", dpi=150)


def by_turn(table: pl.DataFrame, names: Sequence[str]) -> Figure:
    """A line a model: MRR over the turn number."""
    turns, counts = shown_turns(table)
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for i, name in enumerate(names):
        colour, line = ("#888888", "--") if name == CHANCE else (COLOURS[i % len(COLOURS)], "-")
        values = turn_values(table, name, turns)
        marker = MARKERS[i % len(MARKERS)]
        axes.plot(turns, values, label=name, color=colour, linestyle=line, marker=marker, markersize=6)
    axes.set_xticks(turns, [f"{turn}\nn={n}" for turn, n in zip(turns, counts, strict=True)])
    axes.set(xlabel="request number in the dialogue, and requests", ylabel="MRR", ylim=(0, None))
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def bars(table: pl.DataFrame, names: Sequence[str]) -> Figure:
    """A bar a model: macro MRR with its 95 % interval."""
    part = part_of(table, "macro", "all").select("rr", "rr_low", "rr_high").fill_nan(None)
    mean = part["rr"].to_numpy()
    below, above = (part[c].fill_null(part["rr"]).to_numpy() for c in ("rr_low", "rr_high"))
    figure = Figure(figsize=(8, 1 + 0.4 * len(names)), layout="constrained")
    axes = figure.subplots()
    # An interval of a skewed metric can, rarely, lie to one side of the mean.
    error = np.maximum([mean - below, above - mean], 0)
    axes.barh(range(len(names)), mean, xerr=error, color=COLOURS[0], ecolor="#333333", capsize=3)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="MRR, macro, with the 95 % interval over dialogues", xlim=(0, None))
    axes.grid(axis="x", alpha=0.3)
    return figure
