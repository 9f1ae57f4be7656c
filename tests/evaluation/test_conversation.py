"""The protocol on a hand-made workspace with recommenders whose metrics are known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.evaluation.conversation import SCHEMA, evaluate
from segue.evaluation.tasks import chance_by_request
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.counting.chance import Chance


def only(results: pl.DataFrame, model: str) -> pl.DataFrame:
    return results.filter(pl.col("model") == model)


def test_oracle_is_perfect_and_anti_oracle_is_last(
    workspace: Workspace, oracle: Any, anti_oracle: Any
) -> None:
    results = evaluate(Library.open(workspace), {"oracle": oracle, "anti": anti_oracle})
    assert results.schema == pl.Schema(SCHEMA)
    assert results["model"].unique(maintain_order=True).to_list() == ["oracle", "anti", "chance"]
    first = only(results, "oracle")
    assert first.height == 36
    for metric in ("mrr", "hit1", "hit10", "hit100", "ndcg20"):
        assert first[metric].to_list() == pytest.approx([1.0] * 36)
    single = first.filter(pl.col("n_targets") == 1)
    assert single["rank"].to_list() == [1.0] * single.height
    last = only(results, "anti").filter(pl.col("n_targets") == 1)
    assert last["rank"].to_list() == last["n_ranked"].to_list()
    assert last["hit10"].sum() == 0


def test_an_oracle_whose_targets_do_not_tie_has_mrr_one(
    workspace: Workspace, by_rule: Callable[..., Any], answers: dict[str, tuple[str, ...]]
) -> None:
    ordered = by_rule(
        lambda c, r: np.isin(c.ids.astype(str), answers[r.said[-1]]) * (1 + np.arange(len(c)) / 1000)
    )
    assert (
        only(evaluate(Library.open(workspace), {"oracle": ordered}), "oracle")["rr"].to_list() == [1.0] * 36
    )


def test_played_tracks_never_count_above_the_target_unless_allowed_again(
    workspace: Workspace, played_first: Any
) -> None:
    results = evaluate(Library.open(workspace), {"m": played_first}, again_allowed=["m"])
    assert results["model"].unique(maintain_order=True).to_list() == ["m", "m (again allowed)", "chance"]
    without, again = only(results, "m"), only(results, "m (again allowed)")
    assert without.filter(pl.col("n_targets") == 1)["rank"].unique().to_list() == [1.0]
    played = {1: 0, 2: 1, 3: 4}
    assert without["n_ranked"].to_list() == [40 - played[t] for t in without["turn"]]
    assert again["n_ranked"].unique().to_list() == [40]
    assert again["rank"].to_list() == [
        played[turn] + rank for turn, rank in zip(without["turn"], without["rank"], strict=True)
    ]
    dialogues = {d.dialogue_id: d for d in Catalogue.load(workspace).dialogues}
    for row in without.filter(pl.col("turn") == 3).iter_rows(named=True):
        before = {t.content for t in dialogues[row["dialogue_id"]].turns[:7] if t.role == "music"}
        assert not before & set(row["top10"])
    assert len(played_first.asked) == 6  # 36 requests, 16 at once, twice
    assert all(not r.exclude for batch in played_first.asked[3:] for r in batch)


def test_cold_and_mixed_targets_are_told_apart(workspace: Workspace, oracle: Any) -> None:
    first = only(evaluate(Library.open(workspace), {"oracle": oracle}), "oracle")
    third = first.filter(pl.col("turn") == 3).with_columns(
        odd=pl.col("dialogue_id").str.slice(1).cast(int) % 2
    )
    assert first.filter(pl.col("turn") < 3)["n_cold"].sum() == 0
    assert third["n_cold"].to_list() == [1] * 12
    assert third["cold"].to_list() == [odd == 0 for odd in third["odd"]]


def test_dislikes_are_counted_where_they_are_known(
    workspace: Workspace, by_rule: Callable[..., Any], constant: Any
) -> None:
    disliked = {f"wish {n}.2": f"t{(3 * n + 1) % 30}" for n in range(12)}
    bad = by_rule(lambda c, r: c.ids.astype(str) == disliked.get(r.said[-1], ""))
    results = evaluate(Library.open(workspace), {"bad": bad, "constant": constant})
    for name, expected in (("bad", 1.0), ("constant", 10 / 39)):
        known = only(results, name).drop_nulls("dislikes_top10")
        assert known["turn"].unique().to_list() == [2]
        assert known["dislikes_top10"].to_list() == pytest.approx([expected] * 12)


def test_constant_scores_get_the_closed_form_of_chance(workspace: Workspace, constant: Any) -> None:
    results = evaluate(Library.open(workspace), {"constant": constant})
    expected, found = chance_by_request(results), only(results, "constant")
    assert found["mrr"].to_list() == pytest.approx(expected["mrr"].to_list())
    for metric in ("rank", "hit1", "hit10", "hit100", "ndcg20"):
        assert found[metric].to_list() == pytest.approx(expected[metric].to_list()), metric


def test_chance_row_is_near_its_closed_form(workspace: Workspace) -> None:
    runs = [only(evaluate(Library.open(workspace), {}, seed=seed), "chance") for seed in range(20)]
    expected = chance_by_request(runs[0])["rank"].mean()
    ranks = np.concatenate([run["rank"].to_numpy() for run in runs])
    assert abs(ranks.mean() - expected) < 4 * ranks.std() / np.sqrt(len(ranks))


def test_a_fitted_chance_is_the_chance_row(workspace: Workspace, constant: Any) -> None:
    own = evaluate(
        Library.open(workspace),
        {"chance": Chance.fit(Library.open(workspace), {"seed": 5}), "m": constant},
        seed=5,
    )
    assert own["model"].unique(maintain_order=True).to_list() == ["m", "chance"]
    assert own.drop("seconds").equals(
        evaluate(Library.open(workspace), {"m": constant}, seed=5).drop("seconds")
    )


def test_requests_come_in_dialogue_order_with_the_true_history(workspace: Workspace, constant: Any) -> None:
    evaluate(Library.open(workspace), {"m": constant}, batch_size=5)
    asked = [r for batch in constant.asked for r in batch]
    assert [len(batch) for batch in constant.asked] == [5] * 7 + [1]
    assert [r.said[-1] for r in asked] == [f"wish {n}.{i}" for n in range(12) for i in (1, 2, 3)]
    turns = {d.dialogue_id: d.turns for d in Catalogue.load(workspace).dialogues}
    assert [r.messages for r in asked[:3]] == [turns["d0"][:1], turns["d0"][:4], turns["d0"][:8]]


def test_the_sample_is_stable_and_not_the_first(workspace: Workspace, constant: Any) -> None:
    chosen = evaluate(Library.open(workspace), {"m": constant}, max_dialogues=5)["dialogue_id"].unique(
        maintain_order=True
    )
    assert len(chosen) == 5
    assert set(chosen) != {f"d{n}" for n in range(5)}
    catalogue = Catalogue.load(workspace)
    catalogue.dialogues = catalogue.dialogues[::-1]
    catalogue.save(workspace)
    again = evaluate(Library.open(workspace), {"m": constant}, max_dialogues=5)["dialogue_id"].unique()
    assert set(again) == set(chosen)
    assert set(
        evaluate(Library.open(workspace), {"m": constant}, max_dialogues=5, seed=9)["dialogue_id"]
    ) != set(chosen)


def test_a_second_run_gives_the_same_but_for_the_clock(workspace: Workspace, noise: Any) -> None:
    runs = [evaluate(Library.open(workspace), {"m": noise}, seed=3).drop("seconds") for _ in range(2)]
    assert runs[0].equals(runs[1])


def test_batches_of_any_size_measure_the_same(workspace: Workspace, noise: Any) -> None:
    runs = [
        only(evaluate(Library.open(workspace), {"m": noise}, batch_size=n), "m").drop("seconds")
        for n in (1, 7, 64)
    ]
    assert runs[0].equals(runs[1])
    assert runs[0].equals(runs[2])


def test_a_target_that_left_the_catalogue_is_skipped(workspace: Workspace) -> None:
    catalogue = Catalogue.load(workspace)
    gone = catalogue.dialogues[0].turns[1].content
    catalogue.tracks = catalogue.tracks.filter(pl.col("track_id") != gone)
    catalogue.save(workspace)
    results = evaluate(Library.open(workspace), {})
    assert not results.filter((pl.col("dialogue_id") == "d0") & (pl.col("turn") == 1)).height
    assert results.filter(pl.col("dialogue_id") == "d0").height == 2


def test_top10_ends_where_a_model_has_nothing(workspace: Workspace, by_rule: Callable[..., Any]) -> None:
    few = by_rule(lambda c, r: np.where(np.arange(len(c)) < 3, 1.0, -np.inf))
    found = only(evaluate(Library.open(workspace), {"few": few}), "few")
    assert found["top10"].list.len().max() == 3


def test_errors_name_the_cure(workspace: Workspace, constant: Any, by_rule: Callable[..., Any]) -> None:
    with pytest.raises(SegueError, match="run `segue dialogues`"):
        evaluate(Library.open(workspace), {"m": constant}, split="validation")
    with pytest.raises(SegueError, match="models: m"):
        evaluate(Library.open(workspace), {"m": constant}, again_allowed=["bm25"])
    with pytest.raises(SegueError, match="taken by the chance row"):
        evaluate(Library.open(workspace), {"chance": constant})
    with pytest.raises(SegueError, match="run `segue fit bad` again"):
        evaluate(Library.open(workspace), {"bad": by_rule(lambda c, r: np.zeros(3))})
    with pytest.raises(SegueError, match="not numbers"):
        evaluate(Library.open(workspace), {"bad": by_rule(lambda c, r: np.full(len(c), np.nan))})
