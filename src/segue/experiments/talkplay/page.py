"""What the study says: tables with intervals for a terminal and a page, and figure 2."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from segue.evaluation import figures
from segue.evaluation.page import cell, number
from segue.evaluation.summary import all_summaries, compare, models_of, part_of, summary
from segue.evaluation.tasks import CONVERSATION
from segue.experiments.rows import Outcome
from segue.experiments.study import write_each
from segue.experiments.talkplay.table import TABLES, Table
from segue.kit.tables import markdown, with_interval

SHOWN = ("rr", "hit1", "hit10", "hit100", "ndcg20")
Cells = list[list[str]]
NOTES = """- MRR of the best target at its expected rank: the mean over dialogues of the mean over their
  requests; 95 % intervals: bootstrap over dialogues. "against X": the paired difference of MRR.
- made in: seconds to make the row, 0 where it shares a model with a row above; peak: of the process while
  the row was made and measured, with what earlier rows left in memory. All else comes again."""


def write(
    folder: Path, rankings: Mapping[str, pl.DataFrame], said: Mapping[str, pl.DataFrame], seed: int
) -> list[str]:
    """Write what was measured as tables; replies to read, figure 2 and the cold tracks as lines.

    Args:
        rankings: table -> the results of all its rows that did not fail, with the chance row.
    """
    lines = ["Three answers of each, to read:\n"] if said else []
    for name, table in said.items():
        lines += [f"- {name}: {' '.join(text.split())}" for text in table["sentence"].head(3)]
    lines += [""] if said else []
    parts = []
    for name, found in rankings.items():
        all_of = all_summaries(CONVERSATION, found, seed=seed)
        parts.append(all_of.select(pl.lit(name).alias("table"), pl.all()).drop("ms"))
        if name == TABLES[0].name:
            lines += _figure(all_of, models_of(found), folder)
    if parts:
        pl.concat(parts).write_parquet(folder / "metrics.parquet")
    write_each(folder / "per_request.parquet", rankings)
    write_each(folder / "replies.parquet", said, "system")
    return lines


def rows_of(table: Table, found: pl.DataFrame, told: Mapping[str, Outcome], seed: int) -> Cells:
    """A table's cells, header first; cold targets in a column of their own where there are any."""
    means = summary(CONVERSATION, found, seed=seed)
    cold = found.filter(pl.col("cold"))
    of_cold = (
        dict(summary(CONVERSATION, cold, seed=seed, resamples=2).select("model", "rr").iter_rows())
        if cold.height
        else {}
    )
    names = models_of(found)
    header = ["row", *(f"{CONVERSATION.label(m)}{' [95 %]' if m == 'rr' else ''}" for m in SHOWN)]
    header += ["MRR, cold"] if of_cold else []
    rows = [[*header, f"against {table.against}", "made in", "ms/request", "peak"]]
    for line in means.iter_rows(named=True):
        name = line["model"]
        shown = [cell(line, m) if m == "rr" else number(line[m]) for m in SHOWN]
        shown += [number(of_cold[name])] if of_cold else []
        outcome = told.get(name, Outcome(""))
        rows.append([name, *shown, _difference(table, found, names, name, seed)])
        rows[-1] += [f"{outcome.making_s:.0f} s", f"{line['ms']:.1f}", f"{outcome.peak_mb:,.0f} MB"]
    return rows


def _difference(table: Table, found: pl.DataFrame, names: Sequence[str], name: str, seed: int) -> str:
    """The paired difference to the row that the table compares with."""
    if name == table.against or table.against not in names:
        return ""
    return with_interval(compare(CONVERSATION, found, name, table.against, metric="rr", seed=seed), "+.4f")


def differences(table: Table, found: pl.DataFrame, seed: int) -> list[str]:
    """The table's further comparisons of which both rows are there, a line each."""
    names = models_of(found)
    lines = []
    for a, b in table.pairs:
        if {a, b} <= set(names):
            one = compare(CONVERSATION, found, a, b, metric="rr", seed=seed)
            lines.append(f"{a} - {b}: {with_interval(one, '+.4f')}")
    return lines


def _figure(table: pl.DataFrame, names: Sequence[str], folder: Path) -> list[str]:
    """Figure 2: MRR by turn, as a picture and a table; then warm and cold targets apart."""
    series = CONVERSATION.series
    counts = figures.series_counts(series, table)
    figures.lines(CONVERSATION, table, names).savefig(folder / "figure2.png", dpi=150)
    rows = [["row", *(f"{i} (n={n})" for i, n in counts.items())]]
    for name in names:
        values = figures.series_values(CONVERSATION, table, name, list(counts))
        rows.append([name, *(f"{x:.3f}" for x in values)])
    found = ["## Figure 2: MRR by turn\n", "![MRR by turn](figure2.png)\n", *markdown(rows)]
    kinds = {k: part for k in ("warm", "mixed", "cold") if (part := part_of(table, "macro", k)).height}
    rows = [["MRR [95 %]", *(f"{kind} (n={part['requests'][0]})" for kind, part in kinds.items())]]
    for name in names:
        of_name = (p.row(by_predicate=pl.col("model") == name, named=True) for p in kinds.values())
        rows.append([name, *(cell(row, "rr") for row in of_name)])
    return [*found, "## Cold tracks apart\n", *markdown(rows)]
