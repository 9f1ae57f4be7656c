"""What the study says: tables with intervals for a terminal and a page, and figure 2."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from segue.evaluation import figures
from segue.evaluation.page import cell, number
from segue.evaluation.rows import CHANCE
from segue.evaluation.summary import all_summaries, compare, models_of, part_of, summary
from segue.evaluation.tasks import CONVERSATION
from segue.experiments.rows import Outcome
from segue.experiments.talkplay.replies import table_of
from segue.experiments.talkplay.table import REPLIES, TABLES, Table
from segue.kit.tables import aligned, markdown, versions, with_interval
from segue.kit.workspace import whole_directory

SHOWN = ("rr", "hit1", "hit10", "hit100", "ndcg20")
Cells = list[list[str]]
NOTES = """- MRR of the best target at its expected rank: the mean over dialogues of the mean over their
  requests; 95 % intervals: bootstrap over dialogues. "against X": the paired difference of MRR.
- made in: seconds to make the row, 0 where it shares a model with a row above; peak: of the process while
  the row was made and measured, with what earlier rows left in memory. All else comes again."""


class Told(NamedTuple):
    """What came of a study.

    Args:
        results: table -> the results of all its rows that did not fail, with the chance row.
        outcomes: (table, row) -> what came of it.
        said: system -> its replies.
    """

    results: Mapping[str, pl.DataFrame]
    outcomes: Mapping[tuple[str, str], Outcome]
    said: dict[str, pl.DataFrame]

    def of(self, table: str) -> dict[str, Outcome]:
        """Row -> what came of it, of one table."""
        return {row: outcome for (name, row), outcome in self.outcomes.items() if name == table}


def write(folder: Path, told: Told, *, command: str, seed: int = 0) -> list[str]:
    """Write the page, its tables as Parquet and figure 2, whole or not at all; the lines for a terminal.

    Args:
        folder: of the report.
        told: what came of the study.
        command: what was typed.
        seed: of the bootstrap.
    """
    page = [
        f"# The study of TalkPlay\n\n- Command: `{command}`",
        f"- Python {platform.python_version()}, {', '.join(versions())}\n",
    ]
    lines: list[str] = []
    with whole_directory(folder) as temporary:
        for table in (t for t in TABLES if told.of(t.name)):
            found, outcomes = told.results.get(table.name), told.of(table.name)
            rows = rows_of(table, found, outcomes, seed) if found is not None else []
            pairs = differences(table, found, seed) if found is not None else []
            more = [*pairs, *_failed(outcomes)]
            lines += ["", table.title, *(aligned(rows) if rows else []), *more]
            page += [f"## {table.title}\n", _asked(found), *(markdown(rows) if rows else [])]
            page += [*(f"- {line}" for line in more), ""]
        if told.of(REPLIES):
            rows, failed = table_of(told.said, seed) if told.said else [], _failed(told.of(REPLIES))
            lines += ["", "Replies", *(aligned(rows) if rows else []), *failed]
            page += ["## Replies\n", *(markdown(rows) if rows else []), *(f"- {line}" for line in failed), ""]
            page += _samples(told.said)
        page += [*_parquet(told, temporary, seed), NOTES]
        (temporary / "report.md").write_text("\n".join(page) + "\n", "utf-8")
    return lines


def _failed(outcomes: Mapping[str, Outcome]) -> list[str]:
    """A line for each row that failed."""
    return [f"failed: {row}: {outcome.failed}" for row, outcome in outcomes.items() if outcome.failed]


def _parquet(told: Told, folder: Path, seed: int) -> list[str]:
    """Write what was measured as tables, without the seconds; figure 2 and the cold tracks as lines."""
    parts, lines = [], []
    for name, found in told.results.items():
        all_of = all_summaries(CONVERSATION, found, seed=seed)
        parts.append(all_of.select(pl.lit(name).alias("table"), pl.all()).drop("ms"))
        if name == TABLES[0].name:
            lines = _figure(all_of, models_of(found), folder)
    if parts:
        pl.concat(parts).write_parquet(folder / "metrics.parquet")
        kept = [f.select(pl.lit(t).alias("table"), pl.all()) for t, f in told.results.items()]
        pl.concat(kept).drop("seconds").write_parquet(folder / "per_request.parquet")
    if told.said:
        kept = [f.select(pl.lit(name).alias("system"), pl.all()) for name, f in told.said.items()]
        pl.concat(kept, how="diagonal").write_parquet(folder / "replies.parquet")
    return lines


def _samples(said: Mapping[str, pl.DataFrame]) -> list[str]:
    """The first three replies of each system."""
    lines = ["Three answers of each, to read:\n"]
    for name, table in said.items():
        lines += [f"- {name}: {' '.join(text.split())}" for text in table["sentence"].head(3)]
    return [*lines, ""]


def _asked(found: pl.DataFrame | None) -> str:
    """How much was asked of a table's rows."""
    if found is None:
        return "No row could be measured.\n"
    asked = found.filter(pl.col("model") == CHANCE)
    return f"{asked.height} requests of {asked['dialogue_id'].n_unique()} test dialogues.\n"


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
        rows.append(
            [
                name,
                *(
                    cell(p.row(by_predicate=pl.col("model") == name, named=True), "rr")
                    for p in kinds.values()
                ),
            ]
        )
    return [*found, "## Cold tracks apart\n", *markdown(rows)]
