"""Summaries, intervals, the two checks, and the report: right when computed again from the requests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread

from evaluation.listeners import N_TRACKS, ByHistory, listeners_workspace, noise_rule, oracle_rule
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.evaluation import next_track, report
from segue.evaluation.checks import against_chance, chance_lines, listed_twice
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.summary import all_summaries, compare, coverage, models_of, over_seeds, summary
from segue.evaluation.tasks import NEXT_TRACK, duplicated, next_track_subsets, with_metrics
from segue.kit import bootstrap as significance
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

COLUMNS = ["hit1", "hit10", "ndcg10", "mrr", "rank"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return listeners_workspace(tmp_path_factory.mktemp("listeners") / "music")


@pytest.fixture(scope="module")
def models(template: Workspace) -> dict[str, ByHistory]:
    catalogue = Catalogue.load(template)
    return {
        "good": ByHistory(catalogue, noise_rule(1, 0.4)),
        "good.seed1": ByHistory(catalogue, noise_rule(2, 0.4)),
        "good.seed2": ByHistory(catalogue, noise_rule(3, 0.4)),
        "oracle": ByHistory(catalogue, oracle_rule),
        "noise": ByHistory(catalogue, noise_rule(4)),
    }


@pytest.fixture(scope="module")
def results(template: Workspace, models: dict[str, ByHistory]) -> pl.DataFrame:
    return next_track.evaluate(Library.open(template), models)


def test_summaries_are_the_means_of_the_requests(results: pl.DataFrame) -> None:
    table = all_summaries(NEXT_TRACK, results, resamples=200)
    measured = with_metrics(results)
    parts = {
        "all": measured,
        "repeat": measured.filter("repeat"),
        "new": measured.filter(~pl.col("repeat")),
        "cold, no content": measured.filter(pl.col("cold") & ~pl.col("content")),
        "has lyrics": measured.filter("content"),
        "decile 10": measured.filter(pl.col("decile") == 10),
    }
    for subset, part in parts.items():
        wanted = part.group_by("model").agg(pl.col(COLUMNS).mean()).sort("model")
        found = table.filter(average="micro", subset=subset).sort("model")
        np.testing.assert_allclose(found.select(COLUMNS).to_numpy(), wanted.select(COLUMNS).to_numpy())
        assert found["requests"].unique().to_list() == [part.height // 6]
    by_listener = measured.group_by("model", "user_id").agg(pl.col(COLUMNS).mean())
    wanted = by_listener.group_by("model").agg(pl.col(COLUMNS).mean()).sort("model")
    found = table.filter(average="macro").sort("model")
    np.testing.assert_allclose(found.select(COLUMNS).to_numpy(), wanted.select(COLUMNS).to_numpy())
    assert {f"decile {i}" for i in range(11)} >= {s for s in table["subset"] if s.startswith("decile")}
    counts = [
        table.filter(subset=s, model="noise", average="micro")["requests"][0] for s in ("repeat", "new")
    ]
    assert sum(counts) == results.height // 6


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_intervals_agree_with_those_of_the_conversation_protocol(
    results: pl.DataFrame, average: significance.Average
) -> None:
    part = with_metrics(results.filter((pl.col("model") == "good") & ~pl.col("repeat")))
    listeners = part["user_id"].rank("dense").to_numpy()
    wanted = significance.interval(part["ndcg10"].to_numpy(), listeners, average=average)
    found = summary(NEXT_TRACK, results.filter(~pl.col("repeat")), average).row(0, named=True)
    assert found["ndcg10"] == pytest.approx(wanted.mean)
    width = wanted.high - wanted.low
    assert found["ndcg10_low"] == pytest.approx(wanted.low, abs=0.08 * width)
    assert found["ndcg10_high"] == pytest.approx(wanted.high, abs=0.08 * width)


def test_differences_are_paired(results: pl.DataFrame) -> None:
    assert compare(NEXT_TRACK, results, "good", "good") == significance.Interval(0.0, 0.0, 0.0)
    found = compare(NEXT_TRACK, results, "oracle", "noise", metric="hit10")
    means = dict(summary(NEXT_TRACK, results).select("model", "hit10").iter_rows())
    assert found.mean == pytest.approx(means["oracle"] - means["noise"])
    assert found.excludes_zero
    shuffled = results.sample(fraction=1, shuffle=True, seed=1)
    again = compare(NEXT_TRACK, shuffled, "oracle", "noise", metric="hit10")
    assert again.mean == pytest.approx(found.mean)
    assert (again.low, again.high) == pytest.approx((found.low, found.high))
    with pytest.raises(SegueError, match="no model 'nobody'"):
        compare(NEXT_TRACK, results, "good", "nobody")
    with pytest.raises(SegueError, match="not asked the same"):
        summary(NEXT_TRACK, results[1:])


def test_one_listener_has_no_interval(results: pl.DataFrame) -> None:
    row = summary(NEXT_TRACK, results.filter(pl.col("user_id") == "u03")).row(0, named=True)
    assert row["listeners"] == 1
    assert np.isnan(row["hit10_low"])


def test_seeds_become_one_row(results: pl.DataFrame) -> None:
    table = summary(NEXT_TRACK, results)
    found = over_seeds(NEXT_TRACK, table)
    assert found["model"].to_list() == ["good (3 seeds)"]
    values = table.filter(pl.col("model").str.starts_with("good"))["ndcg10"].to_numpy()
    assert found["ndcg10"][0] == pytest.approx(values.mean())
    assert found["ndcg10_sd"][0] == pytest.approx(values.std(ddof=1))
    assert over_seeds(NEXT_TRACK, table.filter(pl.col("model") == "oracle")).height == 0


def test_coverage_counts_distinct_tracks(results: pl.DataFrame) -> None:
    part = results.filter(pl.col("model") == "oracle")
    seen = {track for top in part["top10"] for track in top}
    assert coverage(results, N_TRACKS)["oracle"] == pytest.approx(len(seen) / N_TRACKS)


def test_null_test_is_the_formula_and_tells_chance_from_skill(results: pl.DataFrame) -> None:
    table = against_chance(results)
    part = with_metrics(results.filter(pl.col("model") == "good"))
    n, p = part.height, 10 / N_TRACKS
    row = table.filter(model="good", k=10).row(0, named=True)
    assert row["z"] == pytest.approx((part["hit10"].mean() - p) / np.sqrt(p * (1 - p) / n))  # type: ignore[operator]
    assert abs(row["z_listeners"]) <= abs(row["z"]) + 1e-12
    verdicts = dict(table.group_by("model").agg(pl.col("within").all()).iter_rows())
    assert {name for name, within in verdicts.items() if within} == {"noise", "chance"}
    lines = chance_lines(results)
    assert [line.split(":")[0] for line in lines if "not within" not in line] == ["noise", "chance"]


def test_null_test_rejects_chance_about_as_often_as_it_should() -> None:
    generator = np.random.default_rng(0)
    models = [f"m{i}" for i in range(400)]
    tables = []
    for name in models:
        above = generator.integers(0, 200, 638)
        users = pl.Series([str(i) for i in range(638)])
        tables.append(pl.DataFrame({"model": [name] * 638, "user_id": users, "above": above}))
    table = against_chance(pl.concat(tables).with_columns(tied=pl.lit(1), n_ranked=pl.lit(200)))
    assert table["z"].std() == pytest.approx(1, abs=0.08)
    assert (table["z"].abs() > 1.96).mean() == pytest.approx(0.05, abs=0.02)


def test_the_detector_sees_the_target_listed_twice_only(results: pl.DataFrame) -> None:
    assert listed_twice(results) == []
    found = listed_twice(duplicated(results))
    assert any(line.startswith("oracle: Hit@1 is 0.0000 but Hit@2 1.0000") for line in found)


@pytest.fixture(scope="module")
def folder(template: Workspace, results: pl.DataFrame, models: dict[str, ByHistory]) -> Path:
    published = next_track.evaluate(Library.open(template), models, protocol=Protocol.as_published())
    command = "segue evaluate my-music --task next-track"
    pairs = [("good", "noise"), ("good", "absent")]
    return report.write(
        NEXT_TRACK, Library.open(template), results, command=command, pairs=pairs, published=published
    )


def rows_after(text: str, heading: str) -> dict[str, list[str]]:
    """The first cell -> the others, of the first Markdown table under a heading."""
    lines = text[text.index(heading) :].split("\n| ")[1:]
    cells = [[c.strip() for c in line.split("\n")[0].strip(" |").split(" | ")] for line in lines]
    return {row[0]: row[1:] for row in reversed(cells)}


def test_report_is_whole_and_shows_the_numbers(folder: Path, results: pl.DataFrame) -> None:
    names = {"card.json", "report.md", "metrics.parquet", "per_request.parquet", "ndcg10.png", "deciles.png"}
    names.add("listeners.md")
    assert {p.name for p in folder.iterdir()} == names
    for name in ("ndcg10.png", "deciles.png"):
        assert imread(folder / name).std() > 0.01
    text = (folder / "report.md").read_text("utf-8")
    assert "nan" not in text
    assert "`segue evaluate my-music --task next-track`" in text
    assert "240 targets of 24 listeners" in text
    assert "every track of the catalogue is ranked" in text
    table = pl.read_parquet(folder / "metrics.parquet").filter(average="micro", subset="all")
    shown = rows_after(text, "## Overall")
    for row in table.iter_rows(named=True):
        assert shown[row["model"]][0] == f"{row['hit1']:.4f}"
        assert shown[row["model"]][2].startswith(f"{row['hit10']:.4f} [{row['hit10_low']:.4f}, ")
    assert shown["good (3 seeds)"][0].count("sd") == 1
    assert f"repeat (n={results.filter('repeat').height // 6})" in rows_after(text, "### Hit@10")["model"]
    assert rows_after(text, "## Paired differences")["good - oracle"][1] == "yes"
    assert "good - absent" not in text
    assert set(rows_after(text, "### By part")) >= {"good - noise"}
    assert pl.read_parquet(folder / "per_request.parquet").equals(results)


def test_report_shows_what_listing_the_target_twice_does(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    section = text[text.index("## The published protocol") :]
    assert "| oracle | once | 1.0000 | 1.0000 |" in section
    assert "| oracle | twice | 0.0000 | 1.0000 |" in section


def test_samples_can_be_read(folder: Path) -> None:
    samples = (folder / "report.md").read_text("utf-8").split("## Requests to read")[1]
    assert samples.count("### ") == 3
    for line in samples.splitlines():
        if line.startswith("- oracle: "):
            assert line.startswith("- oracle: **Title t")
    assert samples.count("Last played: Title t") == 3


def test_page_is_the_same_twice_and_a_wrong_name_leaves_it_alone(
    template: Workspace, results: pl.DataFrame, folder: Path
) -> None:
    first = report.write(NEXT_TRACK, Library.open(template), results)
    text = (first / "report.md").read_text("utf-8")
    assert (report.write(NEXT_TRACK, Library.open(template), results) / "report.md").read_text(
        "utf-8"
    ) == text
    with pytest.raises(SegueError, match="no model 'nobody'"):
        report.write(NEXT_TRACK, Library.open(template), results, of_interest="nobody")
    assert (first / "report.md").read_text("utf-8") == text


def test_a_duplicated_protocol_warns_on_the_page(template: Workspace, models: dict[str, ByHistory]) -> None:
    protocol = Protocol.as_published(duplicated=True)
    results = next_track.evaluate(Library.open(template), {"oracle": models["oracle"]}, protocol=protocol)
    text = (
        report.write(NEXT_TRACK, Library.open(template), results, protocol=protocol) / "report.md"
    ).read_text("utf-8")
    assert "**Warning**: oracle: Hit@1 is 0.0000" in text
    assert any("Hit@2" in line for line in report.table_lines(NEXT_TRACK, results))


def test_terminal_table_is_aligned(results: pl.DataFrame) -> None:
    lines = report.table_lines(NEXT_TRACK, results)
    assert len(lines) == 1 + 6 + 1
    assert len({len(line) for line in lines}) == 1
    assert lines[-1].startswith("good (3 seeds) ")


def test_subsets_split_the_requests(results: pl.DataFrame) -> None:
    parts = next_track_subsets(results)
    for one, other in (("repeat", "new"), ("content", "no content")):
        assert parts[one].height + parts[other].height == results.height
    assert sum(p.height for name, p in parts.items() if name.startswith("decile")) == results.height
    assert models_of(parts["cold"])[-1] == "chance"
