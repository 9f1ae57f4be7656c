"""The report of an import: what the catalogue holds, what is new, what was dropped and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from segue.data.account import Account
from segue.data.catalogue import SPLITS, Catalogue
from segue.kit.tables import markdown as markdown_table
from segue.kit.workspace import Workspace, whole_directory

SHOWN = 5
"""Files from which nothing came that are named in the terminal."""
PICTURE = "lengths_and_coverage.png"


@dataclass(frozen=True)
class Lengths:
    """The spread of some lengths; zeros where there are none."""

    min: int
    median: float
    mean: float
    max: int

    @classmethod
    def of(cls, values: Sequence[int]) -> Self:
        """The spread of the values."""
        if not len(values):
            return cls(0, 0.0, 0.0, 0)
        return cls(int(min(values)), float(np.median(values)), float(np.mean(values)), int(max(values)))


@dataclass(frozen=True)
class Report:
    """The counts of one import and of the catalogue after it."""

    new: dict[str, int]
    """What this import added: tracks, known tracks with fields filled, playlists, plays, dialogues."""
    totals: dict[str, int]
    """What the catalogue holds now: tracks, artists, warm and cold tracks, playlists, plays, ..."""
    splits: dict[str, dict[str, int]]
    """"playlists" and "dialogues" -> split -> how many."""
    lengths: dict[str, Lengths]
    """Tracks a playlist, turns a dialogue, tracks a dialogue."""
    coverage: dict[str, float]
    """Track column -> share of the tracks that have it, in [0, 1]."""
    known: dict[str, int]
    """What of this import was there already: tracks, playlists, plays, dialogues."""
    dropped: Account
    """Reason -> how many were left out of this import, with examples, notes and files that gave nothing."""

    @property
    def lines(self) -> list[str]:
        """The report as lines of plain text."""
        came = {name: n for name, n in self.dropped.came.items() if n}
        lines = [
            "rows read: " + _listed(came),
            "new: " + _listed(self.new),
            "now: " + _listed(self.totals),
            *(f"{kind}: {_listed(counts)}" for kind, counts in self.splits.items() if any(counts.values())),
        ]
        for kind, x in self.lengths.items():
            if x.max:
                lines.append(f"{kind}: min {x.min}, median {x.median:g}, mean {x.mean:.1f}, max {x.max}")
        lines.append("coverage: " + ", ".join(f"{c} {100 * x:.1f} %" for c, x in self.coverage.items()))
        if any(self.known.values()):
            lines.append("known already: " + _listed({name: n for name, n in self.known.items() if n}))
        lines += [f"dropped: {line}" for line in self.dropped.lines]
        lines += [f"note: {note}" for note in self.dropped.notes]
        files = [f"nothing came from {name} ({why})" for name, why in self.dropped.barren.items()]
        more = [f"nothing came from {len(files) - SHOWN} further files (reports/import/report.md)"]
        return lines + files[:SHOWN] + (more if len(files) > SHOWN else [])


def describe(catalogue: Catalogue, new: dict[str, int], known: dict[str, int], dropped: Account) -> Report:
    """The report on a catalogue after an import that added `new`, found `known`, and left out `dropped`."""
    heads = catalogue.playlists.group_by("playlist_id").agg(pl.col("split").first(), pl.col("title").first())
    n_cold = int(catalogue.cold.sum())
    totals = {
        "tracks": len(catalogue),
        "artists": catalogue.tracks.filter(pl.col("artist") != "")["artist"].n_unique(),
        "warm tracks": len(catalogue) - n_cold,
        "cold tracks": n_cold,
        "playlists": heads.height,
        "playlists without title": heads["title"].null_count(),
        "plays": catalogue.plays.height,
        "listeners": catalogue.plays["user_id"].n_unique(),
        "dialogues": len(catalogue.dialogues),
    }
    playlists, dialogues = Counter(heads["split"]), Counter(d.split for d in catalogue.dialogues)
    splits: dict[str, dict[str, int]] = {
        "playlists": {s: playlists[s] for s in SPLITS},
        "dialogues": {s: dialogues[s] for s in SPLITS},
    }
    columns = [c for c in catalogue.tracks.columns if c != "track_id"]
    coverage = {c: _filled(catalogue.tracks[c]) for c in columns}
    lengths = {name: Lengths.of(values) for name, values in _lengths(catalogue).items()}
    return Report(new, totals, splits, lengths, coverage, known, dropped)


def write(report: Report, catalogue: Catalogue, workspace: Workspace) -> None:
    """Write `reports/import`: `report.md` and one picture, whole or not at all."""
    with whole_directory(workspace.report("import")) as folder:
        (folder / "report.md").write_text(markdown(report), "utf-8")
        _draw(report, catalogue, folder / PICTURE)


def markdown(report: Report) -> str:
    """The report as a page of Markdown."""
    totals = [[name, f"{n:,}"] for name, n in report.totals.items()]
    new = [[name, f"{n:,}"] for name, n in report.new.items()]
    splits = [[kind, *(f"{counts[s]:,}" for s in SPLITS)] for kind, counts in report.splits.items()]
    lengths = [
        [kind, str(x.min), f"{x.median:g}", f"{x.mean:.1f}", str(x.max)]
        for kind, x in report.lengths.items()
        if x.max
    ]
    coverage = [[column, f"{100 * share:.1f} %"] for column, share in report.coverage.items()]
    examples = report.dropped.examples
    dropped = [[r, ", ".join(examples.get(r, ())), f"{n:,}"] for r, n in report.dropped.most_common()]
    known = [[name, f"{n:,}"] for name, n in report.known.items()]
    files = [[name, why] for name, why in report.dropped.barren.items()]
    sections = [
        ("New in this import", _table([["what", "how many"], *new])),
        (
            "Left out of this import",
            _table([["reason", "for example", "how many"], *dropped]) if dropped else "Nothing.",
        ),
        ("Known already", _table([["what", "how many"], *known])),
        ("Notes", "\n".join(f"- {note}" for note in report.dropped.notes) or "None."),
        ("Files from which nothing came", _table([["file", "why"], *files]) if files else "None."),
        ("The catalogue now", _table([["what", "how many"], *totals])),
        ("Splits", _table([["", *SPLITS], *splits])),
        ("Lengths", _table([["", "min", "median", "mean", "max"], *lengths]) if lengths else "No lists."),
        ("Tracks that have a field", _table([["field", "share"], *coverage])),
    ]
    body = "\n".join(f"## {title}\n\n{text}\n" for title, text in sections)
    return f"# Import\n\n{body}\n![lengths and coverage]({PICTURE})\n"


def _table(rows: list[list[str]]) -> str:
    return "\n".join(markdown_table(rows)).rstrip()


def _listed(counts: dict[str, int]) -> str:
    """Names and numbers in one line."""
    return ", ".join(f"{name} {n:,}" for name, n in counts.items())


def _filled(column: pl.Series) -> float:
    """The share of the values that are there; a blank title or artist is none."""
    blank = (column == "").sum() if column.dtype == pl.String else 0
    return float(1 - (column.null_count() + blank) / len(column))


def _lengths(catalogue: Catalogue) -> dict[str, list[int]]:
    """The lengths of every playlist and dialogue."""
    return {
        "tracks a playlist": catalogue.playlists.group_by("playlist_id").len()["len"].to_list(),
        "turns a dialogue": [len(d.turns) for d in catalogue.dialogues],
        "tracks a dialogue": [sum(t.role == "music" for t in d.turns) for d in catalogue.dialogues],
    }


def _draw(report: Report, catalogue: Catalogue, path: Path) -> None:
    """Draw the lengths (what there is of them) and the coverage side by side."""
    from matplotlib.figure import Figure

    shown = {name: values for name, values in _lengths(catalogue).items() if values}
    figure = Figure(figsize=(4 * (len(shown) + 1), 3.2), layout="constrained")
    axes = figure.subplots(1, len(shown) + 1, squeeze=False)[0]
    for axis, (name, values) in zip(axes, shown.items(), strict=False):
        # The longest hundredth would squeeze all others into the first bars.
        axis.hist(np.minimum(values, np.quantile(values, 0.99)), bins=30)
        axis.set(xlabel=f"{name} (longest 1 % in the last bar)", ylabel="how many")
    columns = list(report.coverage)[::-1]
    axes[-1].barh(columns, [100 * report.coverage[c] for c in columns])
    axes[-1].set(xlabel="tracks that have it (%)", xlim=(0, 100))
    figure.savefig(path, format="png")  # a Figure without pyplot draws with Agg, on no screen
