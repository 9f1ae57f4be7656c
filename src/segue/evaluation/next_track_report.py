"""The report of the next-track protocol: tables with intervals, comparisons, figures, requests to read."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.progress import track

from segue.data import stages
from segue.data.catalogue import Catalogue, Split
from segue.data.library import Library
from segue.data.log import Log
from segue.evaluation.conversation import CHANCE
from segue.evaluation.figures import part_of
from segue.evaluation.next_track_figures import decile_values, deciles, save
from segue.evaluation.next_track_metrics import chance_expected, duplicated, of_counts
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.next_track_summary import (
    all_summaries,
    compare,
    coverage,
    models_of,
    over_seeds,
    subsets,
    summary,
)
from segue.evaluation.null_test import duplicate_detector, null_lines, null_test
from segue.kit.bootstrap import RESAMPLES, Interval
from segue.kit.tables import aligned, markdown, versions, with_interval
from segue.kit.workspace import stable_fraction, whole_directory

SHOWN = {
    "Hit@1": "hit1",
    "Hit@5": "hit5",
    "Hit@10": "hit10",
    "Hit@20": "hit20",
    "Hit@100": "hit100",
    "NDCG@10": "ndcg10",
    "NDCG@20": "ndcg20",
    "MRR@20": "mrr20",
    "MRR": "mrr",
}
WITH_INTERVAL = ("hit10", "ndcg10", "mrr")
KINDS = ("repeat", "new", "new, warm", "cold", "content", "no content")
PARTS = (*KINDS, "new, content", "new, no content", "cold, content", "cold, no content")
N_SAMPLES = 3
N_HEARD = 5
NOTES = f"""- One target a request, so Recall@K is Hit@K. Every metric is the mean over all orders of equally
  scored tracks. MRR counts all ranks, MRR@K none below K.
- Means over targets (micro); the means over listeners (macro) are in metrics.parquet. Intervals: bootstrap
  over listeners, {RESAMPLES} draws. "sd" is over the seeds of a model.
- Coverage: the share of the catalogue that is in the top 10 of at least one request.
- ms/request: the median, scoring alone."""


def table_lines(results: pl.DataFrame, *, seed: int = 0) -> list[str]:
    """The overall table of `next_track.evaluate`'s results as aligned lines for a terminal, and warnings."""
    table = summary(results, seed=seed)
    return [*aligned([_header(), *_cells(table), *_seed_cells(table)]), *duplicate_detector(results)]


def write(
    library: Library,
    results: pl.DataFrame,
    *,
    protocol: Protocol | None = None,
    command: str = "",
    split: Split = "test",
    seed: int = 0,
    of_interest: str | None = None,
    pairs: Sequence[tuple[str, str]] = (),
    published: pl.DataFrame | None = None,
) -> Path:
    """Write `reports/next-track/` (page, tables, figures), whole or not at all, and return the folder.

    Args:
        library: the one that was evaluated.
        results: of `segue.evaluation.next_track.evaluate`.
        protocol: what it was asked with; the default one if None.
        command: what the reader types to get the same numbers.
        split: whose plays were measured.
        seed: of the bootstrap and the samples.
        of_interest: the model compared with every other; the first if None.
        pairs: further comparisons, also part by part; left out where one of the two was not measured.
        published: results under `Protocol.as_published()`, for a section that shows what it does.
    """
    protocol = protocol or Protocol()
    catalogue, log = library.catalogue, library.log
    table = all_summaries(results, seed=seed)
    names = models_of(results)
    pairs = [pair for pair in pairs if set(pair) <= set(names)]
    with whole_directory(folder := library.workspace.report("next-track")) as temporary:
        results.write_parquet(temporary / "per_request.parquet")
        table.write_parquet(temporary / "metrics.parquet")
        save(table, names, temporary)
        lines = [
            *_provenance(catalogue, log, results, protocol, command, split, seed),
            *_overall(table, results, protocol, len(catalogue)),
            *_parts(table, names),
            *_deciles(table, names),
            *_comparisons(results, of_interest or names[0], pairs, seed),
            *_by_part(results, pairs, seed),
            *_published(published),
            *_samples(catalogue, log, results, seed),
        ]
        (temporary / "report.md").write_text("\n".join(lines) + "\n", "utf-8")
        stages.record_report(library.workspace, temporary, "next-track", names, "log")
    return folder


def _provenance(
    catalogue: Catalogue,
    log: Log,
    results: pl.DataFrame,
    protocol: Protocol,
    command: str,
    split: Split,
    seed: int,
) -> list[str]:
    """What was measured and how to do it again; no date, so that a second run gives the same page."""
    asked = results.filter(pl.col("model") == CHANCE)
    cold, repeat = int(asked["cold"].sum()), int(asked["repeat"].sum())
    known = int(asked["content"].sum())
    return [
        "# Next track: what was played next, ranked after every play\n",
        f"- Command: `{command or 'segue evaluate --task next-track'}`, seed {protocol.seed}, "
        f"bootstrap seed {seed}",
        f"- Protocol: {protocol.words}",
        f"- {asked.height} targets of {asked['user_id'].n_unique()} listeners in the {split} split: {repeat} "
        f"repeat a play of the history, {cold} are cold, {known} have content",
        f"- Catalogue: {len(catalogue)} tracks; log: {len(log)} plays of {len(log.users)} listeners",
        f"- Python {platform.python_version()}, {', '.join(versions())}\n",
    ]


def _header() -> list[str]:
    """The columns of the overall table."""
    titles = [f"{title} [95 %]" if name in WITH_INTERVAL else title for title, name in SHOWN.items()]
    return ["model", *titles, "ms/request"]


def _cells(table: pl.DataFrame) -> list[list[str]]:
    """The rows of a summary as text under `_header`."""
    rows = []
    for row in table.iter_rows(named=True):
        cells = [_cell(row, name) if name in WITH_INTERVAL else f"{row[name]:.4f}" for name in SHOWN.values()]
        rows.append([row["model"], *cells, f"{row['ms']:.2f}"])
    return rows


def _seed_cells(table: pl.DataFrame) -> list[list[str]]:
    """A row for each model of several seeds: mean and standard deviation over them."""
    return [
        [row["model"], *(f"{row[name]:.4f} sd {row[f'{name}_sd']:.4f}" for name in SHOWN.values()), ""]
        for row in over_seeds(table).iter_rows(named=True)
    ]


def _cell(row: Mapping[str, float], metric: str) -> str:
    """One metric of a summary with its interval."""
    return with_interval(Interval(row[metric], row[f"{metric}_low"], row[f"{metric}_high"]), ".4f")


def _overall(table: pl.DataFrame, results: pl.DataFrame, protocol: Protocol, n_tracks: int) -> list[str]:
    """All targets: the table, the closed form of chance, and what the two checks say."""
    part = part_of(table, "micro", "all")
    covered = coverage(results, n_tracks)
    rows = [[*_header(), "coverage@10"]]
    rows += [[*cells, f"{covered[cells[0]]:.4f}"] for cells in _cells(part)]
    rows += [[*cells, ""] for cells in _seed_cells(part)]
    expected = chance_expected(results, duplicated=protocol.duplicated)
    closed = ", ".join(f"{title} {expected[name]:.4f}" for title, name in SHOWN.items())
    lines = ["## Overall\n", "![NDCG@10](ndcg10.png)\n", *markdown(rows), NOTES]
    lines.append(f"- Chance in closed form: {closed}.\n")
    lines += [f"**Warning**: {warning}\n" for warning in duplicate_detector(results)]
    if not protocol.duplicated:
        lines += ["### Against chance\n", *(f"- {line}" for line in null_lines(results)), ""]
    return lines


def _parts(table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Hit@10 and NDCG@10 of the parts, a column each."""
    lines = ["## Repeats, new and cold tracks, content\n"]
    parts = [name for name in PARTS if part_of(table, "micro", name).height]
    for title, metric in (("Hit@10", "hit10"), ("NDCG@10", "ndcg10")):
        columns = []
        for name in parts:
            part = part_of(table, "micro", name)
            cells = [_cell(row, metric) for row in part.iter_rows(named=True)]
            columns.append([f"{name} (n={part['requests'][0]})", *cells])
        lines += [f"### {title} [95 %]\n"]
        lines += markdown([list(row) for row in zip(["model", *names], *columns, strict=True)])
    note = (
        "Content: the track has a vector of its own, whoever played it. New: not in the listener's history.\n"
    )
    return [*lines, note]


def _deciles(table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Hit@10 by how often the target is played in the training part."""
    shown = deciles(table)
    rows = [["model", *(f"{decile or 'cold'} (n={n})" for decile, n in shown.items())]]
    for name in names:
        rows.append([name, *(f"{x:.3f}" for x in decile_values(table, name, list(shown)))])
    note = "Tenths of the tracks by training plays, 10 the most played; equally played tracks share one.\n"
    return ["## Hit@10 by popularity decile\n", "![Hit@10](deciles.png)\n", *markdown(rows), note]


def _comparisons(
    results: pl.DataFrame, chosen: str, pairs: Sequence[tuple[str, str]], seed: int
) -> list[str]:
    """Paired differences of one model and each other, then of the further pairs."""
    wanted = [(chosen, name) for name in models_of(results) if name != chosen]
    wanted += [pair for pair in pairs if pair not in wanted]
    shown = {"Hit@10": "hit10", "NDCG@10": "ndcg10", "MRR": "mrr"}
    rows = [["A - B", *(h for title in shown for h in (f"{title} [95 %]", "excludes zero"))]]
    for a, b in track(wanted, description="differences", console=Console(stderr=True), transient=True):
        row = [f"{a} - {b}"]
        for metric in shown.values():
            found = compare(results, a, b, metric=metric, seed=seed)
            row += [with_interval(found, "+.4f"), "yes" if found.excludes_zero else "no"]
        rows.append(row)
    note = "Target by target, then listeners drawn. Not corrected for the number of comparisons.\n"
    return ["## Paired differences\n", note, *markdown(rows)]


def _by_part(results: pl.DataFrame, pairs: Sequence[tuple[str, str]], seed: int) -> list[str]:
    """The pairs again, part by part: NDCG@10."""
    if not pairs:
        return []
    parts = {name: part for name, part in subsets(results).items() if name in ("all", *PARTS)}
    n_models = results["model"].n_unique()
    rows = [["A - B", *(f"{name} (n={part.height // n_models})" for name, part in parts.items())]]
    for a, b in pairs:
        cells = [with_interval(compare(part, a, b, seed=seed), "+.4f") for part in parts.values()]
        rows.append([f"{a} - {b}", *cells])
    return ["### By part, NDCG@10 [95 %]\n", *markdown(rows)]


def _published(results: pl.DataFrame | None) -> list[str]:
    """The published protocol, its form with the target listed twice, and the null test."""
    if results is None:
        return []
    shown = ("hit1", "hit5", "hit10", "hit100", "ndcg10", "mrr")
    titles = ("Hit@1", "Hit@5", "Hit@10", "Hit@100", "NDCG@10", "MRR")
    rows = [["model", "target listed", *titles]]
    for name in models_of(results):
        part = results.filter(pl.col("model") == name)
        for label, table in (("once", part), ("twice", duplicated(part))):
            means = of_counts(table["above"].to_numpy(), table["tied"].to_numpy())
            rows.append([name, label, *(f"{means[metric].mean():.4f}" for metric in shown)])
    tests = null_test(results)
    z = [["model", *(f"z of Hit@{k}" for k in tests["k"].unique(maintain_order=True)), "within 3"]]
    for part in tests.partition_by("model", maintain_order=True):
        values = [f"{value:+.2f}" for value in part["z"]]
        z.append([part["model"][0], *values, "yes" if part["within"].all() else "no"])
    return [
        "## The published protocol\n",
        f"{Protocol.as_published().words}; {tests['n'][0]} targets. Only to compare with published figures: "
        "the sampled tracks are known never to be played, and ranks among a sample need not order models as "
        "full ranks do. Listed twice, the copy behind counts, and every rank is one too large.\n",
        *markdown(rows),
        "Standard errors from chance, target listed once:\n",
        *markdown(z),
    ]


def _samples(catalogue: Catalogue, log: Log, results: pl.DataFrame, seed: int) -> list[str]:
    """A few targets of different listeners, chosen by hash, with what every model put first."""
    titles = {
        i: f"{title} - {artist}"
        for i, title, artist in catalogue.tracks.select("track_id", "title", "artist").iter_rows()
    }
    listeners = results["user_id"].unique(maintain_order=True).to_list()
    chosen = sorted(listeners, key=lambda i: stable_fraction(i, seed + 1))[:N_SAMPLES]
    lines = ["## Requests to read\n", "The top 3 of every model; the target is in bold.\n"]
    for number, user in enumerate(chosen, start=1):
        answers = results.filter(pl.col("user_id") == user)
        positions = sorted(answers["position"].unique())
        position = positions[number % len(positions)]
        answers = answers.filter(pl.col("position") == position)
        heard = log.history(int(log.starts[log.users.index(user)]) + position)
        last = [titles[i] for i in heard.ids[-N_HEARD:]]
        target = answers["target"][0]
        lines.append(f"### {number}. Listener {user}, after {len(heard)} plays\n")
        lines.append(f"Last played: {'; '.join(last)}\n")
        lines.append(f"Target: {titles[target]}{' (played before)' if answers['repeat'][0] else ''}\n")
        for name, top in answers.select("model", "top10").iter_rows():
            best = [f"**{titles[i]}**" if i == target else titles[i] for i in top[:3]]
            lines.append(f"- {name}: {'; '.join(best) or 'nothing'}")
        lines.append("")
    return lines
