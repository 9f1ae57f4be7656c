"""The two pictures of a report: bars with intervals, and a line a model over numbered parts."""

import colorsys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from segue.evaluation.rows import CHANCE
from segue.evaluation.summary import Series, Task, part_of
from segue.kit.bootstrap import Floats

# Okabe and Ito's colours, told apart by the colour-blind too; yellow, faint on white, is the last.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#F0E442")
LINES = ("-", "--", "-.", ":")
MARKERS = "os^DvPX*<>hpd"
GREY = "#888888"
GAP = 0.045
"""The least distance of two names at lines' ends, as a part of the picture's height."""


def save(task: Task, table: pl.DataFrame, names: Sequence[str], folder: Path) -> None:
    """Write the task's bar picture and its picture of lines, of `summary.all_summaries`."""
    bars(task, table, names).savefig(folder / bar_file(task), dpi=150)
    lines(task, table, names).savefig(folder / task.series.file, dpi=150)


def bar_file(task: Task) -> str:
    """The name of the bar picture: the metric's label in small letters."""
    return f"{task.label(task.main).lower().replace('@', '')}.png"


def styles(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Colour, line and marker of every name, no colour twice (up to 32 names); chance is grey.

    After eight names the colours come again darker, then lighter, with another line.
    """
    found = {}
    for i, name in enumerate(n for n in names if n != CHANCE):
        turn, which = divmod(i, len(COLOURS))
        hue, light, full = colorsys.rgb_to_hls(*to_rgb(COLOURS[which]))
        # Black has no darker tone: it goes through the greys.
        light = (light, 0.6 * light + 0.2 * (which == 4), 0.5 + 0.5 * light, 0.3 * light + 0.1)[turn % 4]
        colour = to_hex(colorsys.hls_to_rgb(hue, min(light, 0.8), full)) if turn else COLOURS[which]
        line, marker = LINES[turn % len(LINES)], MARKERS[i % len(MARKERS)]
        found[name] = {"color": colour, "linestyle": line, "marker": marker}
    return found | {CHANCE: {"color": GREY, "linestyle": ":", "marker": "."}}


def series_counts(series: Series, table: pl.DataFrame) -> dict[int, int]:
    """The numbers of the series that are shown and their requests."""
    part = table.filter(pl.col("subset").str.starts_with(f"{series.prefix} "), model=CHANCE)
    counts = dict(part.select(pl.col("subset").str.split(" ").list.get(1).cast(int), "requests").iter_rows())
    return {i: n for i, n in sorted(counts.items()) if n >= series.least * max(counts.values())}


def series_values(task: Task, table: pl.DataFrame, name: str, shown: Sequence[int]) -> list[float]:
    """The metric of the series of one model at each of the numbers, over requests."""
    part = table.filter(model=name, average="micro")
    values = dict(part.select("subset", task.series.metric).iter_rows())
    return [values[f"{task.series.prefix} {i}"] for i in shown]


def lines(task: Task, table: pl.DataFrame, names: Sequence[str]) -> Figure:
    """A line a model over the numbers of the series, its name at its end."""
    counts = series_counts(task.series, table)
    shown, style = list(counts), styles(names)
    figure = Figure(figsize=(10, max(5, 0.3 * len(names))), layout="constrained")
    axes = figure.subplots()
    values = {name: series_values(task, table, name, shown) for name in names}
    for name in names:
        axes.plot(shown, values[name], markersize=6, label=name, **style[name])  # type: ignore[arg-type]
    labels = [f"{task.series.names.get(i, i)}\nn={n}" for i, n in counts.items()]
    axes.set_xticks(shown, labels)
    axes.set(xlabel=task.series.axis, ylabel=task.label(task.series.metric), ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    top = axes.get_ylim()[1]
    # With many names the gaps shrink, or the last names would leave the picture.
    gap = min(GAP, 1 / len(names))
    ends = np.array([values[name][-1] for name in names]) / top
    for name, end, place in zip(names, ends, spread(ends, gap), strict=True):
        axes.annotate(
            name,
            (shown[-1], end * top),
            xytext=(1.03, place),
            textcoords="axes fraction",
            color=style[name]["color"] if style[name]["color"] != COLOURS[-1] else "#8a8200",
            va="center",
            arrowprops={"arrowstyle": "-", "color": style[name]["color"], "alpha": 0.5, "relpos": (0, 0.5)},
        )
    return figure


def spread(places: Floats, gap: float) -> Floats:
    """Places in 0 to 1, those closer than a gap moved apart from their middle."""
    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(len(places))
    slack = places[order] - steps
    # Pushed up from below and down from above; both keep the gaps, and so does their middle.
    middle = (np.maximum.accumulate(slack) + np.minimum.accumulate(slack[::-1])[::-1]) / 2
    found = np.empty_like(places)
    found[order] = np.clip(middle, 0, 1 - steps[-1]) + steps
    return found


def bars(task: Task, table: pl.DataFrame, names: Sequence[str]) -> Figure:
    """A bar a model with its interval, in the colour of its line; a panel for each of the task's bars."""
    average, metric = task.averages[0], task.main
    parts = {s: part for s in task.bars if (part := part_of(table, average, s)).height}
    figure = Figure(figsize=(5 + 3 * len(parts), 1.2 + 0.35 * len(names)), layout="constrained")
    colours = [styles(names)[name]["color"] for name in names]
    panels = np.atleast_1d(figure.subplots(1, len(parts), sharey=True))
    for axes, (subset, part) in zip(panels, parts.items(), strict=True):
        mean = part[metric].to_numpy()
        ends = part.select(pl.col(f"{metric}_{end}").fill_nan(pl.col(metric)) for end in ("low", "high"))
        low, high = ends.to_numpy().T
        # An interval of a skewed metric can, rarely, lie to one side of the mean.
        error = np.maximum([mean - low, high - mean], 0)
        axes.barh(range(len(names)), mean, xerr=error, color=colours, ecolor="#333333", capsize=3)
        axes.set_yticks(range(len(names)), names)
        axes.set(
            title=f"{subset} targets (n={part['requests'][0]})" if len(parts) > 1 else None, xlim=(0, None)
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="x", alpha=0.3)
    axes.invert_yaxis()
    figure.supxlabel(
        f"{task.label(metric)}, {average}, with the 95 % interval over {task.groups}", fontsize=10
    )
    return figure
