"""The report of a task: tables with intervals, comparisons, pictures, requests to read.

What the tasks have in common is here; what a page says of one task alone is in `conversation_page` and
`next_track_page`.
"""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from segue.data import stages
from segue.data.catalogue import Split
from segue.data.library import Library
from segue.evaluation.checks import listed_twice
from segue.evaluation.conversation_page import ConversationPage
from segue.evaluation.figures import bar_file, save, series_counts, series_values
from segue.evaluation.next_track_page import NextTrackPage
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.page import Page, cells, header, seed_cells
from segue.evaluation.summary import Task, all_summaries, compare, coverage, models_of, part_of, summary
from segue.evaluation.tasks import CONVERSATION, NEXT_TRACK, chance_by_request
from segue.kit.progress import watched
from segue.kit.tables import aligned, markdown, versions, with_interval
from segue.kit.workspace import stable_fraction, whole_directory

PAGES: dict[str, type[Page]] = {CONVERSATION.name: ConversationPage, NEXT_TRACK.name: NextTrackPage}
N_SAMPLES = 3
COVERAGE = "- Coverage: the share of the catalogue that is in the top 10 of at least one request."


def table_lines(task: Task, results: pl.DataFrame, *, seed: int = 0) -> list[str]:
    """The overall table of a task's results as aligned lines for a terminal, and warnings."""
    table = summary(task, results, seed=seed)
    lines = aligned([header(task), *cells(task, table), *seed_cells(task, table)])
    return [*lines, *(listed_twice(results) if task is NEXT_TRACK else [])]


def write(
    task: Task,
    library: Library,
    results: pl.DataFrame,
    *,
    command: str = "",
    split: Split = "test",
    seed: int = 0,
    of_interest: str | None = None,
    pairs: Sequence[tuple[str, str]] | None = None,
    protocol: Protocol | None = None,
    published: pl.DataFrame | None = None,
) -> Path:
    """Write `reports/TASK/` (page, tables, pictures), whole or not at all, and return the folder.

    Args:
        of_interest: the model compared with every other; "hybrid" where there is one, else the first.
        pairs: further comparisons, the task's own if None; left out where one of the two was not measured.
        protocol: of next track: what it was asked with; the default one if None.
        published: of next track: results under `Protocol.as_published()`, for a section of their own.
    """
    names = models_of(results)
    pairs = [pair for pair in (task.pairs if pairs is None else pairs) if set(pair) <= set(names)]
    chosen = of_interest or ("hybrid" if "hybrid" in names else names[0])
    page = PAGES[task.name](task, library, results, split, seed, protocol or Protocol(), pairs, published)
    table = all_summaries(task, results, seed=seed)
    with whole_directory(folder := library.workspace.report(task.name)) as temporary:
        results.write_parquet(temporary / "per_request.parquet")
        table.write_parquet(temporary / "metrics.parquet")
        save(task, table, names, temporary)
        lines = [
            *_provenance(page, command),
            *_overall(page, table),
            *page.parts(table),
            *_series(task, table, names),
            *_comparisons(page, chosen),
            *page.more(),
            *_samples(page),
        ]
        (temporary / "report.md").write_text("\n".join(lines) + "\n", "utf-8")
        page.beside(temporary)
        stages.record_report(library.workspace, temporary, task.name, names, task.reads)
    return folder


def _provenance(page: Page, command: str) -> list[str]:
    """What was measured and how to do it again; no date, so that a second run gives the same page."""
    return [
        f"# {page.task.title}\n",
        f"- Command: `{command or page.task.command}`, seed {page.seed}",
        *(f"- {fact}" for fact in page.facts()),
        f"- Python {platform.python_version()}, {', '.join(versions())}\n",
    ]


def _overall(page: Page, table: pl.DataFrame) -> list[str]:
    """All requests: a table for each average, what the numbers are, the closed form of chance, the checks."""
    task = page.task
    covered = {name: f"{x:.4f}" for name, x in coverage(page.results, len(page.library.catalogue)).items()}
    covered["model"] = "coverage@10"
    lines = ["## Overall\n", f"![{task.label(task.main)}]({bar_file(task)})\n"]
    for average in task.averages:
        part = part_of(table, average, "all")
        rows = [header(task), *cells(task, part), *seed_cells(task, part)]
        rows = [[*row, covered.get(row[0], "")] for row in rows]
        lines += [f"### {average.capitalize()}\n", *markdown(rows)]
    expected = chance_by_request(page.results, duplicated=page.protocol.duplicated).mean().row(0, named=True)
    # Not "rr": one over the mean rank is far below what orders at random give.
    closed = ", ".join(
        f"{task.label(m)} {expected[m]:.4f}" for m in task.shown if m in expected and m != "rr"
    )
    return [*lines, page.notes, COVERAGE, f"- Chance in closed form (micro): {closed}.\n", *page.checks()]


def _series(task: Task, table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """The metric over numbered parts."""
    series, counts = task.series, series_counts(task.series, table)
    rows = [["model", *(f"{series.names.get(i, i)} (n={n})" for i, n in counts.items())]]
    for name in names:
        rows.append([name, *(f"{x:.3f}" for x in series_values(task, table, name, list(counts)))])
    return [
        f"## {series.title}\n",
        f"![{series.title}]({series.file})\n",
        *markdown(rows),
        f"{series.note}\n",
    ]


def _comparisons(page: Page, chosen: str) -> list[str]:
    """Paired differences of one model and each other, then of the further pairs."""
    task = page.task
    wanted = [(chosen, name) for name in models_of(page.results) if name != chosen]
    wanted += [pair for pair in page.pairs if pair not in wanted]
    titles = [task.label(metric) for metric in task.compared]
    rows = [["A - B", *(h for title in titles for h in (f"{title} [95 %]", "excludes zero"))]]
    for a, b in watched(wanted, "differences"):
        found = [compare(task, page.results, a, b, metric=m, seed=page.seed) for m in task.compared]
        shown = ((with_interval(one, "+.4f"), "yes" if one.excludes_zero else "no") for one in found)
        rows.append([f"{a} - {b}", *(cell for pair in shown for cell in pair)])
    note = (
        f"{task.averages[0].capitalize()}; request by request, then {task.groups} drawn. "
        "Not corrected for the number of comparisons.\n"
    )
    return ["## Paired differences\n", note, *markdown(rows)]


def _samples(page: Page) -> list[str]:
    """A few requests of different groups, chosen by hash, with what every model put first."""
    results, (group, place) = page.results, page.task.keys
    titles: Mapping[str, str] = {
        i: f"{title} - {artist}"
        for i, title, artist in page.library.catalogue.tracks.select(
            "track_id", "title", "artist"
        ).iter_rows()
    }
    found = results[group].unique(maintain_order=True).to_list()
    # Another seed than that of the choice of dialogues, or always the first of them were shown.
    chosen = sorted(found, key=lambda i: stable_fraction(i, page.seed + 1))[:N_SAMPLES]
    lines = ["## Requests to read\n", "The top 3 of every model; a target is in bold.\n"]
    for number, owner in enumerate(chosen, start=1):
        answers = results.filter(pl.col(group) == owner)
        places = sorted(answers[place].unique())
        answers = answers.filter(pl.col(place) == places[number % len(places)])
        heading, words, targets = page.sample(answers.row(0, named=True), titles)
        lines += [f"### {number}. {heading}\n", *words]
        for name, top in answers.select("model", "top10").iter_rows():
            shown = [f"**{titles[t]}**" if t in targets else titles[t] for t in top[:3]]
            lines.append(f"- {name}: {'; '.join(shown) or 'nothing'}")
        lines.append("")
    return lines
