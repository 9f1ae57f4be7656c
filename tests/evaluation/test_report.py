"""The report's files: there, readable, and right when the numbers are computed again from the requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread

from segue.data.library import Library
from segue.evaluation.conversation import evaluate
from segue.evaluation.report import table_lines, write
from segue.evaluation.summary import compare, summary
from segue.evaluation.tasks import CONVERSATION
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


@pytest.fixture
def results(workspace: Workspace, oracle: Any, noise: Any, constant: Any) -> pl.DataFrame:
    models = {"hybrid": noise, "oracle": oracle, "talkplay": noise, "talkplay-as-published": constant}
    return evaluate(Library.open(workspace), models, again_allowed=["hybrid"], seed=1)


@pytest.fixture
def folder(workspace: Workspace, results: pl.DataFrame) -> Path:
    return write(
        CONVERSATION, Library.open(workspace), results, command="segue evaluate my-music --seed 1", seed=1
    )


def table_after(text: str, heading: str) -> list[list[str]]:
    """The cells of the first Markdown table under a heading, without the rule."""
    lines = text[text.index(heading) :].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [rows[0], *rows[2:]]


def test_all_files_are_there(workspace: Workspace, folder: Path) -> None:
    assert folder == workspace.report("conversation")
    names = {"card.json", "report.md", "metrics.parquet", "per_request.parquet", "mrr.png", "mrr_by_turn.png"}
    assert {p.name for p in folder.iterdir()} == names
    for name in ("mrr.png", "mrr_by_turn.png"):
        assert imread(folder / name).std() > 0.01


def test_metrics_are_those_of_the_requests(folder: Path) -> None:
    requests = pl.read_parquet(folder / "per_request.parquet")
    table = pl.read_parquet(folder / "metrics.parquet")
    columns = ["rr", "mrr", "hit1", "hit10", "hit100", "ndcg20"]
    parts = {
        "all": requests,
        "warm": requests.filter(pl.col("n_cold") == 0),
        "cold": requests.filter(pl.col("cold")),
        "turn 2": requests.filter(pl.col("turn") == 2),
    }
    for subset, part in parts.items():
        by_dialogue = part.group_by("model", "dialogue_id").agg(pl.col(columns).mean())
        for average, expected in (("micro", part), ("macro", by_dialogue)):
            wanted = expected.group_by("model").agg(pl.col(columns).mean()).sort("model")
            chosen = (pl.col("subset") == subset) & (pl.col("average") == average)
            found = table.filter(chosen).sort("model")
            np.testing.assert_allclose(found.select(columns).to_numpy(), wanted.select(columns).to_numpy())
            assert (found["rr_low"] <= found["rr"] + 1e-12).all()
            assert (found["rr"] <= found["rr_high"] + 1e-12).all()


def test_page_shows_the_same_numbers(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    table = pl.read_parquet(folder / "metrics.parquet")
    for average in ("macro", "micro"):
        rows = table_after(text, f"### {average.capitalize()}")
        part = table.filter((pl.col("subset") == "all") & (pl.col("average") == average))
        assert [row[0] for row in rows[1:]] == part["model"].to_list()
        for cells, row in zip(rows[1:], part.iter_rows(named=True), strict=True):
            assert cells[1] == f"{row['rr']:.4f} [{row['rr_low']:.4f}, {row['rr_high']:.4f}]"
            shown = [float(x) for x in cells[2:7]]
            exact = [row[m] for m in ("mrr", "hit1", "hit10", "hit100", "ndcg20")]
            assert shown == pytest.approx(exact, abs=5.1e-5)
    turns = table_after(text, "## MRR by turn")
    assert turns[0] == ["model", "1 (n=12)", "2 (n=12)", "3 (n=12)"]
    assert "oracle" in [row[0] for row in turns]


def test_page_says_where_it_comes_from(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    assert "`segue evaluate my-music --seed 1`, seed 1" in text
    assert "36 requests of 12 dialogues, out of 12" in text
    assert "40 tracks, 10 of them cold" in text
    assert f"polars {pl.__version__}" in text
    for heading in ("### Warm", "### Mixed", "### Cold"):
        assert heading in text


def test_comparisons_have_the_right_verdicts(folder: Path, results: pl.DataFrame) -> None:
    rows = table_after((folder / "report.md").read_text("utf-8"), "## Paired differences")
    verdict = {row[0]: row for row in rows[1:]}
    assert verdict["hybrid - talkplay"][1:3] == ["+0.0000 [+0.0000, +0.0000]", "no"]
    assert verdict["hybrid - chance"][2] == "yes"
    assert "talkplay - talkplay-as-published" in verdict
    found = compare(CONVERSATION, results, "hybrid", "oracle", seed=1)
    assert verdict["hybrid - oracle"][1] == f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"


def test_samples_can_be_read(folder: Path) -> None:
    samples = (folder / "report.md").read_text("utf-8").split("## Requests to read")[1]
    assert samples.count("### ") == 3
    assert samples.count("> user: wish") >= 3
    for line in samples.splitlines():
        if line.startswith("- oracle: "):
            assert line.startswith("- oracle: **Title t")


def test_compare_is_paired_by_request_whatever_the_order(results: pl.DataFrame) -> None:
    shuffled = results.sample(fraction=1, shuffle=True, seed=4)
    ordered, mixed = (
        compare(CONVERSATION, results, "oracle", "hybrid"),
        compare(CONVERSATION, shuffled, "oracle", "hybrid"),
    )
    assert [mixed.mean, mixed.low, mixed.high] == pytest.approx([ordered.mean, ordered.low, ordered.high])
    mean = dict(summary(CONVERSATION, results).select("model", "rr").iter_rows())
    assert ordered.mean == pytest.approx(mean["oracle"] - mean["hybrid"])
    with pytest.raises(SegueError, match="models: hybrid"):
        compare(CONVERSATION, results, "oracle", "nobody")


def test_terminal_table_is_aligned(results: pl.DataFrame) -> None:
    lines = table_lines(CONVERSATION, results)
    assert len(lines) == 1 + results["model"].n_unique()
    assert len({len(line) for line in lines}) == 1
    assert lines[-1].startswith("chance ")


def test_page_is_the_same_twice(workspace: Workspace, results: pl.DataFrame, folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    again = write(
        CONVERSATION, Library.open(workspace), results, command="segue evaluate my-music --seed 1", seed=1
    )
    assert (again / "report.md").read_text("utf-8") == text


def test_one_dialogue_still_makes_a_report(workspace: Workspace, constant: Any) -> None:
    results = evaluate(Library.open(workspace), {"m": constant}, max_dialogues=1)
    text = (write(CONVERSATION, Library.open(workspace), results) / "report.md").read_text("utf-8")
    assert "nan" not in text


def test_an_unknown_model_of_interest_leaves_nothing_behind(
    workspace: Workspace, results: pl.DataFrame
) -> None:
    with pytest.raises(SegueError, match="no model 'nobody'"):
        write(CONVERSATION, Library.open(workspace), results, of_interest="nobody")
    assert not workspace.report("conversation").exists()
