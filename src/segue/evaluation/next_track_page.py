"""What the report of the next-track task says beside what every report does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from segue.evaluation.checks import against_chance, chance_lines, listed_twice
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.page import Asked, Page, cell
from segue.evaluation.summary import compare, coverage, models_of, part_of
from segue.evaluation.tasks import chance_expected, duplicated, with_metrics
from segue.kit.bootstrap import RESAMPLES
from segue.kit.tables import markdown, with_interval

KINDS = ("repeat", "new", "new, warm", "cold", "content", "no content")
PARTS = (*KINDS, "new, content", "new, no content", "cold, content", "cold, no content")
N_HEARD = 5
NOTES = f"""- One target a request, so Recall@K is Hit@K. Every metric is the mean over all orders of equally
  scored tracks. MRR counts all ranks, MRR@K none below K.
- Means over targets (micro); the means over listeners (macro) are in metrics.parquet. Intervals: bootstrap
  over listeners, {RESAMPLES} draws. "sd" is over the seeds of a model.
- Coverage: the share of the catalogue that is in the top 10 of at least one request.
- ms/request: the median, scoring alone."""


def _facts(asked: Asked) -> list[str]:
    requests, log = asked.requests, asked.library.log
    n_listeners, n_tracks = requests["user_id"].n_unique(), len(asked.library.catalogue)
    repeat, cold, known = (int(requests[name].sum()) for name in ("repeat", "cold", "content"))
    return [
        f"Protocol, seed {asked.protocol.seed}: {asked.protocol.words}",
        f"{requests.height} targets of {n_listeners} listeners in the {asked.split} split: "
        f"{repeat} repeat a play of the history, {cold} are cold, {known} have content",
        f"Catalogue: {n_tracks} tracks; log: {len(log)} plays of {len(log.users)} listeners",
    ]


def _columns(asked: Asked) -> Mapping[str, Mapping[str, str]]:
    covered = coverage(asked.results, len(asked.library.catalogue))
    return {"coverage@10": {name: f"{share:.4f}" for name, share in covered.items()}}


def _chance(asked: Asked) -> Mapping[str, float]:
    expected = chance_expected(asked.results, duplicated=asked.protocol.duplicated)
    return {asked.task.label(metric): expected[metric] for metric in asked.task.shown}


def _checks(asked: Asked) -> list[str]:
    lines = [f"**Warning**: {warning}\n" for warning in listed_twice(asked.results)]
    if not asked.protocol.duplicated:
        lines += ["### Against chance\n", *(f"- {line}" for line in chance_lines(asked.results)), ""]
    return lines


def _parts(asked: Asked, table: pl.DataFrame) -> list[str]:
    """Hit@10 and NDCG@10 of the parts, a column each."""
    lines = ["## Repeats, new and cold tracks, content\n"]
    parts = {name: part for name in PARTS if (part := part_of(table, "micro", name)).height}
    for metric in ("hit10", "ndcg10"):
        columns = [["model", *models_of(asked.results)]]
        for name, part in parts.items():
            shown = [cell(row, metric) for row in part.iter_rows(named=True)]
            columns.append([f"{name} (n={part['requests'][0]})", *shown])
        lines += [f"### {asked.task.label(metric)} [95 %]\n"]
        lines += markdown([list(row) for row in zip(*columns, strict=True)])
    note = (
        "Content: the track has a vector of its own, whoever played it. New: not in the listener's history."
    )
    return [*lines, f"{note}\n"]


def _more(asked: Asked) -> list[str]:
    return [*_by_part(asked), *_published(asked.published)]


def _by_part(asked: Asked) -> list[str]:
    """The pairs again, part by part: NDCG@10."""
    if not asked.pairs:
        return []
    task, results = asked.task, asked.results
    parts = {name: part for name, part in task.subsets(results).items() if name in ("all", *PARTS)}
    n_models = results["model"].n_unique()
    rows = [["A - B", *(f"{name} (n={part.height // n_models})" for name, part in parts.items())]]
    for a, b in asked.pairs:
        found = [compare(task, part, a, b, seed=asked.seed) for part in parts.values()]
        rows.append([f"{a} - {b}", *(with_interval(one, "+.4f") for one in found)])
    return ["### By part, NDCG@10 [95 %]\n", *markdown(rows)]


def _published(results: pl.DataFrame | None) -> list[str]:
    """The published protocol, its form with the target listed twice, and how far chance is."""
    if results is None:
        return []
    shown = {
        "Hit@1": "hit1",
        "Hit@5": "hit5",
        "Hit@10": "hit10",
        "Hit@100": "hit100",
        "NDCG@10": "ndcg10",
        "MRR": "mrr",
    }
    rows = [["model", "target listed", *shown]]
    for name in models_of(results):
        part = results.filter(pl.col("model") == name)
        for label, table in (("once", part), ("twice", duplicated(part))):
            means = with_metrics(table).select(shown.values()).mean().row(0)
            rows.append([name, label, *(f"{mean:.4f}" for mean in means)])
    tests = against_chance(results)
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


def _sample(
    asked: Asked, row: Mapping[str, Any], titles: Mapping[str, str]
) -> tuple[str, list[str], Collection[str]]:
    log, target = asked.library.log, row["target"]
    heard = log.history(int(log.starts[log.users.index(row["user_id"])]) + row["position"])
    again = " (played before)" if row["repeat"] else ""
    lines = [f"Last played: {'; '.join(titles[i] for i in heard.ids[-N_HEARD:])}\n"]
    lines += [f"Target: {titles[target]}{again}\n"]
    return f"Listener {row['user_id']}, after {len(heard)} plays", lines, {target}


PAGE = Page(
    title="Next track: what was played next, ranked after every play",
    command="segue evaluate --task next-track",
    reads="log",
    notes=NOTES,
    facts=_facts,
    columns=_columns,
    chance=_chance,
    checks=_checks,
    parts=_parts,
    more=_more,
    sample=_sample,
)
