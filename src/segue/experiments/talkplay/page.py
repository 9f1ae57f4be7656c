"""What the study says: tables with intervals for a terminal and a page, and figure 2."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from segue.evaluation import figures
from segue.evaluation.page import cell, number
from segue.evaluation.rows import CHANCE
from segue.evaluation.summary import all_summaries, compare, models_of, part_of, summary
from segue.evaluation.tasks import CONVERSATION
from segue.experiments.rows import Outcome
from segue.experiments.talkplay.table import TABLES, Table
from segue.kit.tables import aligned, markdown, versions, with_interval
from segue.kit.workspace import whole_directory

SHOWN = ("rr", "hit1", "hit10", "hit100", "ndcg20")
Cells = list[list[str]]
NOTES = """- MRR of the best target at its expected rank: the mean over dialogues of the mean over their
  requests; 95 % intervals: bootstrap over dialogues. "against X": the paired difference of MRR.
- made in: seconds to make the row, 0 where it shares a model with a row above; peak: of the process while
  the row was made and measured, with what earlier rows left in memory. All else comes again."""


def write(
    folder: Path,
    results: Mapping[str, pl.DataFrame],
    outcomes: Mapping[tuple[str, str], Outcome],
    *,
    command: str,
    more: Sequence[str] = (),
    seed: int = 0,
) -> list[str]:
    """Write the page, `metrics.parquet`, `per_request.parquet` and `figure2.png`; the lines for a terminal.

    Args:
        folder: of the report, written whole or not at all.
        results: table -> the results of all its rows that did not fail, with the chance row.
        outcomes: (table, row) -> what came of it.
        command: what was typed.
        more: further sections of the page.
        seed: of the bootstrap.
    """
    page = [
        f"# The study of TalkPlay\n\n- Command: `{command}`",
        f"- Python {platform.python_version()}, {', '.join(versions())}\n",
    ]
    lines: list[str] = []
    parts = []
    with whole_directory(folder) as temporary:
        for table in TABLES:
            told = {row: outcome for (of, row), outcome in outcomes.items() if of == table.name}
            if not told:
                continue
            found = results.get(table.name)
            rows = rows_of(table, found, told, seed) if found is not None else []
            pairs = differences(table, found, seed) if found is not None else []
            failed = [f"{row}: {outcome.failed}" for row, outcome in told.items() if outcome.failed]
            said = [*pairs, *(f"failed: {line}" for line in failed)]
            lines += ["", table.title, *(aligned(rows) if rows else []), *said]
            page += [f"## {table.title}\n", _asked(found), *(markdown(rows) if rows else [])]
            page += [*(f"- {line}" for line in said), ""]
            if found is not None:
                all_of = all_summaries(CONVERSATION, found, seed=seed)
                parts.append(all_of.select(pl.lit(table.name).alias("table"), pl.all()))
                if table is TABLES[0]:
                    page += _figure(all_of, models_of(found), temporary)
        pl.concat(parts).drop("ms").write_parquet(temporary / "metrics.parquet")
        kept = [f.select(pl.lit(t).alias("table"), pl.all()) for t, f in results.items()]
        pl.concat(kept).drop("seconds").write_parquet(temporary / "per_request.parquet")
        page += [NOTES, "", *more]
        (temporary / "report.md").write_text("\n".join(page) + "\n", "utf-8")
    return [*lines, *more]


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
