"""Sections by history length and hour, and pages of listeners: counted again from the requests."""

from __future__ import annotations

import re

import polars as pl
import pytest

from evaluation.listeners import ByHistory, listeners_workspace, noise_rule, oracle_rule
from segue.data.library import Library
from segue.evaluation import listeners_page, next_track
from segue.evaluation.tasks import with_metrics


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library.open(listeners_workspace(tmp_path_factory.mktemp("listeners") / "music"))


@pytest.fixture(scope="module")
def results(library: Library) -> pl.DataFrame:
    models = {
        "oracle": ByHistory(library.catalogue, oracle_rule),
        "noise": ByHistory(library.catalogue, noise_rule(4)),
    }
    return next_track.evaluate(library, models)


def test_lengths_are_those_of_the_histories(
    library: Library, results: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    middle = int(results["position"].median())  # type: ignore[arg-type]
    monkeypatch.setattr(listeners_page, "LENGTHS", ((0, middle), (middle, None)))
    monkeypatch.setattr(listeners_page, "FEWEST", 1)
    lines = listeners_page.sections(library, results, "oracle", 0)
    text = "\n".join(lines)
    short = with_metrics(results.filter(pl.col("position") < middle, pl.col("model") == "noise"))
    assert f"0 to {middle - 1} plays (n={short.height})" in text
    row = next(line for line in lines if line.startswith("| noise |"))
    assert row.split("|")[2].strip() == f"{short['ndcg10'].mean():.4f}"
    assert "gain of oracle" in text


def test_times_are_those_of_the_plays(library: Library, results: pl.DataFrame) -> None:
    times = listeners_page.times_of(library, results)
    log, row = library.log, results.row(5, named=True)
    event = int(log.starts[log.users.index(row["user_id"])]) + row["position"]
    assert times[5] == library.times[event]
    assert log.ids[log.rows[event]] == row["target"]


def test_a_listeners_page_says_what_is_true(library: Library, results: pl.DataFrame) -> None:
    lines = listeners_page.listeners(library, results)
    users = [line.removeprefix("## ").strip() for line in lines if line.startswith("## ")]
    assert 1 <= len(users) <= 3
    assert set(users) <= set(results["user_id"])
    first = results.filter(pl.col("user_id") == users[0], pl.col("model") == "oracle").sort("position")
    event = int(library.log.starts[library.log.users.index(users[0])]) + int(first["position"][0])
    heard = library.log.history(event).ids.tolist()
    at = lines.index(f"### After {len(heard)} plays\n")
    said = lines[at + 2]
    n = heard.count(first["target"][0])
    assert (f"played {n} times before" in said) if n else ("(new;" in said)
    place = next(line for line in lines[at:] if line.startswith("| oracle |"))
    expected = first["above"][0] + (first["tied"][0] + 1) / 2
    assert re.search(rf"\| {expected:g} \|", place)
