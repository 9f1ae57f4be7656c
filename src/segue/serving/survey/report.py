"""What raters said: wins, ties and losses with intervals, how far raters agree, the picture, the export."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from segue.kit.bootstrap import Interval, interval
from segue.kit.errors import SegueError, needed
from segue.kit.tables import aligned, with_interval
from segue.kit.workspace import whole_directory
from segue.serving.survey.store import QUESTIONS, Surveys

OUTCOMES = (("a", "win"), ("tie", "tie"), ("b", "lose"))
COLOURS = {"win": "#0072B2", "tie": "#BBBBBB", "lose": "#D55E00"}
LABELS = {"track": "Recommendation relevance", "sentence": "Response naturalness"}
SCHEMA: dict[str, Any] = {
    "rater": pl.String,
    "scenario": pl.Int64,
    "swapped": pl.Boolean,
    "track": pl.String,
    "sentence": pl.String,
    "answered_at": pl.String,
}


@dataclass(frozen=True)
class Result:
    """What was answered to one question of one survey, from the side of its first system.

    Args:
        shares: of win, tie and lose, with 95 % intervals over scenarios.
        alpha: Krippendorff's, of nominal values; None where it is not defined (`alpha`).
        left: share of answers other than ties that took the left side; 0.5 where the side did not matter.
    """

    a: str
    b: str
    question: str
    answers: int
    shares: dict[str, Interval]
    lead: Interval
    alpha: float | None
    left: float | None


def result(a: str, b: str, question: str, answers: pl.DataFrame) -> Result:
    """The result of one question; `answers` has the columns of `SCHEMA`."""
    said, groups = answers[question], answers["scenario"].to_numpy()
    shares = {name: interval((said == key).to_numpy(), groups) for key, name in OUTCOMES}
    sign = said.replace_strict({"a": 1.0, "tie": 0.0, "b": -1.0}, return_dtype=pl.Float64)
    decided = answers.filter(pl.col(question) != "tie")
    left = decided.select(((pl.col(question) == "a") != pl.col("swapped")).mean()).item()
    lead = interval(sign.to_numpy(), groups)
    return Result(a, b, question, answers.height, shares, lead, alpha(answers, question), left)


def alpha(answers: pl.DataFrame, question: str) -> float | None:
    """Krippendorff's alpha over scenarios, values nominal.

    None where nothing was rated twice, or where all answers are one: chance agreement is complete then, and
    the measure is not defined.
    """
    with needed("NLTK is missing", "serve"):
        from nltk.metrics.agreement import AnnotationTask
    if answers.group_by("scenario").len()["len"].max() == 1 or answers[question].n_unique() == 1:
        return None
    task = AnnotationTask(data=list(answers.select("rater", "scenario", question).iter_rows()))
    return float(task.alpha())


def write(surveys: Surveys, folder: Path, survey: str | None = None) -> list[str]:
    """Write the report of one survey, or of all that have answers, into a folder; returns its lines.

    The folder gets `report.md`, `figure.png` (as figure 3 of the paper: a row a pair of systems, a panel a
    question), `answers.csv` (a line an answer, by system) and `scenarios.jsonl`.

    Raises:
        SegueError: no such survey, or nobody has answered yet.
    """
    rows = [s for s in surveys.all() if survey in (None, s["id"])]
    if not rows:
        raise SegueError("no such survey" if survey else "no survey yet", cure="run `segue survey create`")
    tables = {s["id"]: pl.DataFrame(surveys.answers(s["id"]), SCHEMA) for s in rows}
    rows = [s for s in rows if tables[s["id"]].height]
    if not rows:
        raise SegueError("nobody has answered yet", cure="send raters the links of `segue survey create`")
    results = [result(s["a"], s["b"], q, tables[s["id"]]) for s in rows for q in QUESTIONS]
    lines = table_lines(results)
    with whole_directory(folder) as target:
        figure(results).savefig(target / "figure.png", dpi=150)
        pl.concat(export(s, tables[s["id"]]) for s in rows).write_csv(target / "answers.csv")
        with (target / "scenarios.jsonl").open("w", encoding="utf-8") as file:
            for s in rows:
                for number, scenario in enumerate(surveys.scenarios(s["id"])):
                    value = {"survey": s["id"], "number": number, "systems": [s["a"], s["b"]]} | scenario
                    file.write(json.dumps(value, ensure_ascii=False) + "\n")
        (target / "report.md").write_text(page(rows, tables, results), "utf-8")
    return lines


def table_lines(results: Sequence[Result]) -> list[str]:
    """The results as lines of text in columns."""
    head = ("systems", "question", "answers", "win [95 %]", "tie", "lose [95 %]", "lead [95 %]", "alpha")
    return aligned([head, *map(_cells, results)])


def _cells(r: Result) -> tuple[str, ...]:
    """A line of the table."""
    win, lose = (with_interval(r.shares[name], ".3f") for name in ("win", "lose"))
    lead = with_interval(r.lead, "+.3f")
    agreement = "-" if r.alpha is None else f"{r.alpha:.3f}"
    tie = f"{r.shares['tie'].mean:.3f}"
    return f"{r.a} : {r.b}", r.question, str(r.answers), win, tie, lose, lead, agreement


def page(rows: Sequence[Any], tables: dict[str, pl.DataFrame], results: Sequence[Result]) -> str:
    """The report as Markdown."""
    parts = ["# Survey\n", "```", *table_lines(results), "```\n", "![wins, ties, losses](figure.png)\n"]
    parts.append(
        "Win: raters preferred the first system. Intervals are over scenarios (whole scenarios are drawn, "
        "with all their raters). Alpha is Krippendorff's over nominal values, by NLTK.\n"
    )
    for place, s in enumerate(rows):
        table = tables[s["id"]]
        parts.append(f"## {s['a']} : {s['b']} ({s['id']})\n")
        counts = ", ".join(
            f"{rater} {n}" for rater, n in table.group_by("rater").len().sort("rater").iter_rows()
        )
        parts.append(f"- made {s['created_at'][:16]}; answers: {counts}")
        parts += [f"- {key}: {value}" for key, value in s["about"].items()]
        own = results[place * len(QUESTIONS) : (place + 1) * len(QUESTIONS)]
        lefts = [(r.question, r.left) for r in own]
        parts += [f"- {q}: the left side was taken in {x:.0%} of choices" for q, x in lefts if x is not None]
        parts.append("")
    return "\n".join(parts)


def export(survey: Any, answers: pl.DataFrame) -> pl.DataFrame:
    """One row an answer, with what was preferred by the system's name, and which side it stood on."""
    names = {"a": survey["a"], "b": survey["b"], "tie": "tie"}
    system = [pl.col(q).replace_strict(names, return_dtype=pl.String) for q in QUESTIONS]
    left = pl.when("swapped").then(pl.lit(survey["b"])).otherwise(pl.lit(survey["a"])).alias("left")
    return answers.select(
        pl.lit(survey["id"]).alias("survey"), "rater", "scenario", left, *system, "answered_at"
    )


def figure(results: Sequence[Result]) -> Figure:
    """Wins, ties and losses as bars of a hundred per cent, a panel a question. Source: TalkPlay figure 3."""
    n = len(results) // len(QUESTIONS)
    picture = Figure(figsize=(11, 1.6 + 0.6 * n), layout="constrained")
    panels = np.atleast_1d(picture.subplots(1, len(QUESTIONS), sharey=True))
    for axes, question in zip(panels, QUESTIONS, strict=True):
        shown = [r for r in results if r.question == question]
        start = np.zeros(len(shown))
        for _, name in OUTCOMES:
            values = np.array([r.shares[name].mean for r in shown]) * 100
            bars = axes.barh(range(len(shown)), values, left=start, color=COLOURS[name], label=name)
            texts = [f"{v:.1f}" if v >= 6 else "" for v in values]
            axes.bar_label(bars, texts, label_type="center", color="black" if name == "tie" else "white")
            start += values
        axes.set_yticks(range(len(shown)), [f"{r.a} vs.\n{r.b}" for r in shown])
        axes.set(title=f"{LABELS[question]} (n={sum(r.answers for r in shown)})", xlim=(0, 100))
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("% of answers")
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return picture
