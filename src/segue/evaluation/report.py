"""The report of the conversation protocol: tables with intervals, comparisons, figures, requests to read."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from segue.data import stages
from segue.data.catalogue import Catalogue, Dialogue, Split
from segue.data.library import Library
from segue.dialogues.format import moments
from segue.evaluation.conversation import CHANCE, chance_expected
from segue.evaluation.figures import part_of, save, shown_turns, turn_values
from segue.kit.bootstrap import AVERAGES, RESAMPLES, Average, Interval, all_summaries, compare, summary
from segue.kit.tables import aligned, markdown, versions, with_interval
from segue.kit.workspace import stable_fraction, whole_directory

__all__ = ["compare", "table_lines", "write"]

HEADER = [
    "model",
    "MRR [95 %]",
    "MRR, ties at random",
    "Hit@1",
    "Hit@10",
    "Hit@100",
    "nDCG@20",
    "dislikes in top 10",
    "ms/request",
]
PAIRS = (("talkplay", "talkplay-as-published"),)
SUBSETS = {
    "warm": "Warm: every target has plays, playlists or dialogues in training",
    "mixed": "Mixed: some targets are cold",
    "cold": "Cold: no target was seen in training",
}
N_SAMPLES = 3
N_LINES = 12
NOTES = f"""- macro: the mean over dialogues of the mean over their requests; micro: the mean over requests.
- MRR counts the best target at its expected rank; "ties at random" is the mean of 1 / rank over all orders of
  equally scored tracks. The further the two lie apart, the more the model ties. Hit and nDCG are such means.
- Dislikes in the top 10: the share of the tracks that the listener then disliked; "-" where none is known.
- Intervals: bootstrap over dialogues, {RESAMPLES} draws. ms/request: the median, scoring alone."""


def table_lines(results: pl.DataFrame, average: Average = "macro", *, seed: int = 0) -> list[str]:
    """The overall table of `conversation.evaluate`'s results as aligned lines for a terminal."""
    return aligned([HEADER, *_cells(summary(results, average, seed=seed))])


def write(
    library: Library,
    results: pl.DataFrame,
    *,
    command: str = "",
    split: Split = "test",
    seed: int = 0,
    of_interest: str | None = None,
    pairs: Sequence[tuple[str, str]] = PAIRS,
) -> Path:
    """Write `reports/conversation/` (page, tables, figures), whole or not at all, and return the folder.

    Args:
        library: the one that was evaluated.
        results: of `segue.evaluation.conversation.evaluate`.
        command: what the reader types to get the same numbers.
        split: which dialogues were measured.
        seed: of the evaluation, and of the bootstrap and the samples.
        of_interest: the model compared with every other; "hybrid" where there is one, else the first.
        pairs: further comparisons; left out where one of the two was not measured.
    """
    catalogue = library.catalogue
    table = all_summaries(results, seed=seed)
    names = results["model"].unique(maintain_order=True).to_list()
    wanted = _wanted(names, of_interest, pairs)
    with whole_directory(folder := library.workspace.report("conversation")) as temporary:
        results.write_parquet(temporary / "per_request.parquet")
        table.write_parquet(temporary / "metrics.parquet")
        save(table, names, temporary)
        parts = [
            *_provenance(catalogue, results, command, split, seed),
            *_overall(table, results),
            *_warm_and_cold(table),
            *_turns(table, names),
            *_comparisons(results, wanted, seed),
            *_samples(catalogue, results, names, seed),
        ]
        (temporary / "report.md").write_text("\n".join(parts) + "\n", "utf-8")
        stages.record_report(library.workspace, temporary, "conversation", names, "dialogues")
    return folder


def _wanted(
    names: Sequence[str], of_interest: str | None, pairs: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The comparisons of the report: one model against each other, then the further pairs."""
    chosen = of_interest or ("hybrid" if "hybrid" in names else names[0])
    wanted = [(chosen, name) for name in names if name != chosen]
    return wanted + [pair for pair in pairs if pair not in wanted and set(pair) <= set(names)]


def _provenance(
    catalogue: Catalogue, results: pl.DataFrame, command: str, split: Split, seed: int
) -> list[str]:
    """What was measured and how to do it again; no date, so that a second run gives the same page."""
    asked = results.filter(pl.col("model") == CHANCE)
    measured = asked["dialogue_id"].n_unique()
    return [
        "# Conversation: the whole catalogue ranked at every request\n",
        f"- Command: `{command or 'segue evaluate'}`, seed {seed}",
        f"- {asked.height} requests of {measured} dialogues, out of {len(catalogue.dialogues_of(split))} in "
        f"the {split} split; every request has the true dialogue before it",
        f"- Catalogue: {len(catalogue)} tracks, {int(catalogue.cold.sum())} of them cold; "
        f"{asked['n_targets'].sum() / asked.height:.2f} targets a request",
        f"- Python {platform.python_version()}, {', '.join(versions())}\n",
    ]


def _overall(table: pl.DataFrame, results: pl.DataFrame) -> list[str]:
    """Both averages over all requests, the closed form of chance beside the measured row."""
    lines = ["## Overall\n", "![MRR](mrr.png)\n"]
    for average in AVERAGES:
        lines += [
            f"### {average.capitalize()}\n",
            *markdown([HEADER, *_cells(part_of(table, average, "all"))]),
        ]
    expected = chance_expected(results).select(pl.exclude("dialogue_id", "turn").mean()).row(0, named=True)
    shown = ("rr", "hit1", "hit10", "hit100", "ndcg20")
    closed = ", ".join(f"{label} {expected[key]:.4f}" for label, key in zip(_LABELS, shown, strict=True))
    return [*lines, f"{NOTES}\n- Chance in closed form (micro): {closed}.\n"]


_LABELS = ("MRR", "Hit@1", "Hit@10", "Hit@100", "nDCG@20")


def _warm_and_cold(table: pl.DataFrame) -> list[str]:
    """One table for each kind of target that occurs."""
    lines = ["## Warm and cold tracks\n"]
    for subset, title in SUBSETS.items():
        part = part_of(table, "macro", subset)
        count = f"{part['requests'][0]} requests" if part.height else "no requests"
        lines.append(f"### {title} ({count})\n")
        lines += markdown([HEADER, *_cells(part)]) if part.height else []
    return lines


def _turns(table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """MRR of every model at every turn number that is asked often enough."""
    turns, counts = shown_turns(table)
    rows = [["model", *(f"{turn} (n={n})" for turn, n in zip(turns, counts, strict=True))]]
    for name in names:
        rows.append([name, *(f"{x:.3f}" for x in turn_values(table, name, turns))])
    note = "Turns with less than a tenth of the commonest turn's requests are only in metrics.parquet.\n"
    return ["## MRR by turn\n", "![MRR by turn](mrr_by_turn.png)\n", *markdown(rows), note]


def _comparisons(results: pl.DataFrame, wanted: Sequence[tuple[str, str]], seed: int) -> list[str]:
    """Paired differences, macro."""
    metrics = {"MRR": "rr", "MRR, ties at random": "rr_random", "nDCG@20": "ndcg20"}
    rows = [["A - B", *(h for label in metrics for h in (f"{label} [95 %]", "excludes zero"))]]
    for a, b in wanted:
        row = [f"{a} - {b}"]
        for metric in metrics.values():
            found = compare(results, a, b, metric=metric, seed=seed)
            row += [with_interval(found, "+.4f"), "yes" if found.excludes_zero else "no"]
        rows.append(row)
    note = "Macro; request by request, then dialogues drawn. Not corrected for the number of comparisons.\n"
    return ["## Paired differences\n", note, *markdown(rows)]


def _samples(catalogue: Catalogue, results: pl.DataFrame, names: Sequence[str], seed: int) -> list[str]:
    """A few requests of different dialogues, chosen by hash, with what every model put first."""
    dialogues = {d.dialogue_id: d for d in catalogue.dialogues}
    titles = dict(zip(catalogue.ids, _titles(catalogue), strict=True))
    found = results["dialogue_id"].unique(maintain_order=True).to_list()
    chosen = sorted(found, key=lambda i: stable_fraction(i, seed + 1))[:N_SAMPLES]
    lines = ["## Requests to read\n", "The top 3 of every model; a target is in bold.\n"]
    for number, dialogue_id in enumerate(chosen, start=1):
        answers = results.filter(pl.col("dialogue_id") == dialogue_id)
        turns = sorted(answers["turn"].unique())
        turn = turns[number % len(turns)]
        answers = answers.filter(pl.col("turn") == turn)
        targets = set(answers["targets"][0])
        lines += [f"### {number}. Dialogue {dialogue_id}, turn {turn}\n"]
        lines += [f"> {line}  " for line in _words(dialogues[dialogue_id], turn, titles)]
        lines += ["", f"Target: {'; '.join(titles[t] for t in answers['targets'][0])}\n"]
        for name, top in (
            answers.filter(pl.col("model").is_in(list(names))).select("model", "top10").iter_rows()
        ):
            shown = [f"**{titles[t]}**" if t in targets else titles[t] for t in top[:3]]
            lines.append(f"- {name}: {'; '.join(shown) or 'nothing'}")
        lines.append("")
    return lines


def _words(dialogue: Dialogue, turn: int, titles: dict[Any, str]) -> list[str]:
    """The end of the dialogue up to a request, one line a turn, tracks by title."""
    moment = next(m for m in moments(dialogue) if m.turn == turn)
    lines = []
    for said in moment.request.messages:
        content = titles.get(said.content, said.content) if said.role == "music" else said.content
        mood = {True: " (liked)", False: " (disliked)", None: ""}[said.liked]
        lines.append(f"{said.role}: {' '.join(content.split())}{mood}")
    return ["..."] * (len(lines) > N_LINES) + lines[-N_LINES:]


def _titles(catalogue: Catalogue) -> list[str]:
    """One line a track: title and artist."""
    return [f"{t} - {a}" for t, a in catalogue.tracks.select("title", "artist").iter_rows()]


def _cells(table: pl.DataFrame) -> list[list[str]]:
    """The rows of a summary as text under `HEADER`."""
    rows = []
    for row in table.iter_rows(named=True):
        mrr = with_interval(Interval(row["rr"], row["rr_low"], row["rr_high"]), ".4f")
        plain = [f"{row[m]:.4f}" for m in ("rr_random", "hit1", "hit10", "hit100", "ndcg20")]
        share = row["dislike_share"]
        rows.append(
            [row["model"], mrr, *plain, "-" if share != share else f"{share:.3f}", f"{row['ms']:.2f}"]
        )
    return rows
