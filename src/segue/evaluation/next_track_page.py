"""What the report of the next-track task says beside what every report does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from segue.evaluation.checks import against_chance, chance_lines, listed_twice
from segue.evaluation.listeners_page import listeners, sections
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.page import Page, cell
from segue.evaluation.rows import CHANCE
from segue.evaluation.summary import compare, models_of, part_of
from segue.evaluation.tasks import NEXT_TRACK, duplicated, with_metrics
from segue.kit.bootstrap import RESAMPLES
from segue.kit.tables import markdown, with_interval

KINDS = ("repeat", "new", "new, warm", "cold", "content", "no content")
PARTS = (*KINDS, "new, content", "new, no content", "cold, content", "cold, no content")
N_HEARD = 5
NOTES = f"""- One target a request, so Recall@K is Hit@K. Every metric is the mean over all orders of equally
  scored tracks. MRR counts all ranks, MRR@K none below K.
- Means over targets (micro); the means over listeners (macro) are in metrics.parquet. Intervals: bootstrap
  over listeners, {RESAMPLES} draws. "sd" is over the seeds of a model.
- ms/request: the median, scoring alone."""


class NextTrackPage(Page):
    """The page."""

    notes = NOTES

    def facts(self) -> list[str]:
        """What was measured."""
        requests, log = self.requests, self.library.log
        n_listeners, n_tracks = requests["user_id"].n_unique(), len(self.library.catalogue)
        repeat, cold, known = (int(requests[name].sum()) for name in ("repeat", "cold", "content"))
        return [
            f"Protocol, seed {self.protocol.seed}: {self.protocol.words}",
            f"{requests.height} targets of {n_listeners} listeners in the {self.split} split: "
            f"{repeat} repeat a play of the history, {cold} are cold, {known} have content",
            f"Catalogue: {n_tracks} tracks; log: {len(log)} plays of {len(log.users)} listeners",
        ]

    def checks(self) -> list[str]:
        """Whether the target is listed twice, and who is near chance."""
        lines = [f"**Warning**: {warning}\n" for warning in listed_twice(self.results)]
        if not self.protocol.duplicated:
            lines += ["### Against chance\n", *(f"- {line}" for line in chance_lines(self.results)), ""]
        return lines

    def parts(self, table: pl.DataFrame) -> list[str]:
        """Hit@10 and NDCG@10 of the parts, a column each."""
        lines = ["## Repeats, new and cold tracks, content\n"]
        parts = {name: part for name in PARTS if (part := part_of(table, "micro", name)).height}
        for metric in ("hit10", "ndcg10"):
            columns = [["model", *models_of(self.results)]]
            for name, part in parts.items():
                shown = [cell(row, metric) for row in part.iter_rows(named=True)]
                columns.append([f"{name} (n={part['requests'][0]})", *shown])
            lines += [f"### {self.task.label(metric)} [95 %]\n"]
            lines += markdown([list(row) for row in zip(*columns, strict=True)])
        note = "Content: the track has a vector of its own. New: not in the listener's history.\n"
        return [*lines, note]

    def more(self) -> list[str]:
        """The pairs part by part, and the published protocol."""
        means = with_metrics(self.results).filter(pl.col("model") != CHANCE)
        means = means.group_by("model", maintain_order=True).agg(pl.col("ndcg10").mean())
        best = str(means.sort("ndcg10", descending=True, maintain_order=True)["model"][0])
        who = sections(self.library, self.results, best, self.seed)
        return [*self._by_part(), *who, *_published(self.published)]

    def beside(self, folder: Path) -> None:
        """Pages of single listeners, where every track was ranked."""
        if self.protocol.candidates == "all":
            text = "\n".join(listeners(self.library, self.results))
            (folder / "listeners.md").write_text(text + "\n", "utf-8")

    def _by_part(self) -> list[str]:
        """The pairs again, part by part: NDCG@10."""
        if not self.pairs:
            return []
        task, results = self.task, self.results
        parts = {name: part for name, part in task.subsets(results).items() if name in ("all", *PARTS)}
        n_models = results["model"].n_unique()
        rows = [["A - B", *(f"{name} (n={part.height // n_models})" for name, part in parts.items())]]
        for a, b in self.pairs:
            found = [compare(task, part, a, b, seed=self.seed) for part in parts.values()]
            rows.append([f"{a} - {b}", *(with_interval(one, "+.4f") for one in found)])
        return ["### By part, NDCG@10 [95 %]\n", *markdown(rows)]

    def sample(self, row: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[str, list[str], set[str]]:
        """A request in words, and its targets."""
        log, target = self.library.log, row["target"]
        heard = log.history(int(log.starts[log.users.index(row["user_id"])]) + row["position"])
        again = " (played before)" if row["repeat"] else ""
        lines = [f"Last played: {'; '.join(titles[i] for i in heard.ids[-N_HEARD:])}\n"]
        lines += [f"Target: {titles[target]}{again}\n"]
        return f"Listener {row['user_id']}, after {len(heard)} plays", lines, {target}


def _published(results: pl.DataFrame | None) -> list[str]:
    """The published protocol, its form with the target listed twice, and how far chance is."""
    if results is None:
        return []
    shown = ("hit1", "hit5", "hit10", "hit100", "ndcg10", "mrr")
    rows = [["model", "target listed", *(NEXT_TRACK.label(metric) for metric in shown)]]
    for name in models_of(results):
        part = results.filter(pl.col("model") == name)
        for label, table in (("once", part), ("twice", duplicated(part))):
            means = with_metrics(table).select(shown).mean().row(0)
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
