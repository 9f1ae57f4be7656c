"""The next-track protocol on a log whose right answers are known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from evaluation.listeners import (
    N_LISTENERS,
    N_TEST,
    N_TRACKS,
    N_TRAIN,
    ByHistory,
    ids_of,
    listeners_workspace,
    noise_rule,
    oracle_rule,
    plays,
)
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.log import Log
from segue.evaluation.next_track import evaluate
from segue.evaluation.next_track_protocol import Protocol, Sampler, draw_candidates
from segue.evaluation.tasks import chance_by_request, duplicated, with_metrics
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return listeners_workspace(tmp_path_factory.mktemp("listeners") / "music")


@pytest.fixture(scope="module")
def catalogue(template: Workspace) -> Catalogue:
    return Catalogue.load(template)


@pytest.fixture
def oracle(catalogue: Catalogue) -> ByHistory:
    return ByHistory(catalogue, oracle_rule)


@pytest.fixture
def noise(catalogue: Catalogue) -> ByHistory:
    return ByHistory(catalogue, noise_rule(1))


def of(results: pl.DataFrame, model: str) -> pl.DataFrame:
    return with_metrics(results.filter(pl.col("model") == model))


def test_every_test_play_is_asked_and_its_facts_are_right(template: Workspace, oracle: ByHistory) -> None:
    results = evaluate(Library.open(template), {"oracle": oracle})
    assert results["model"].unique(maintain_order=True).to_list() == ["oracle", "chance"]
    found = of(results, "oracle")
    assert found.height == N_LISTENERS * N_TEST
    assert (found["rank"] == 1).all()
    trained = Counter(row for rows in plays().values() for row in rows[:N_TRAIN])
    for row in found.iter_rows(named=True):
        rows, position, target = plays()[row["user_id"]], row["position"], int(row["target"][1:])
        assert rows[position] == target
        assert row["repeat"] == (target in rows[:position])
        assert row["cold"] == (trained[target] == 0) == (row["decile"] == 0)
        assert row["content"] == (target % 3 == 0)
        assert row["modalities"] == ["lyrics"] * (target % 3 == 0)
        assert row["top10"][0] == row["target"]
        assert len(set(row["top10"])) == 10
        assert row["n_ranked"] == N_TRACKS
    assert found.filter(pl.col("target") == "t0")["decile"].unique().to_list() == [10]


def test_a_history_ends_before_its_target(template: Workspace, catalogue: Catalogue) -> None:
    """Every listener plays each track once, so a track of the future gives itself away."""
    root = template.root.parent / "once"
    rows = np.random.default_rng(5).permutation(N_TRACKS)
    extra = [("once", int(row), "train" if place < 30 else "test") for place, row in enumerate(rows)]
    workspace = listeners_workspace(root, extra)
    spy = ByHistory(catalogue, noise_rule(2))
    results = of(evaluate(Library.open(workspace), {"spy": spy}), "spy")
    asked = dict(zip(zip(results["user_id"], results["position"], strict=True), spy.asked, strict=True))
    for place in range(30, N_TRACKS):
        heard = ids_of(asked["once", place].history)
        assert heard == [f"t{row}" for row in rows[:place]]
    for user, played in plays().items():
        for place in range(N_TRAIN, N_TRAIN + N_TEST):
            assert ids_of(asked[user, place].history) == [f"t{row}" for row in played[:place]]


def test_chance_is_near_its_closed_form(template: Workspace, noise: ByHistory) -> None:
    results = evaluate(Library.open(template), {"noise": noise})
    expected = chance_by_request(results).mean().row(0, named=True)
    for name in ("chance", "noise"):
        found = of(results, name)
        for metric in ("hit1", "hit10", "ndcg10", "mrr", "rank"):
            error = found[metric].std() / found.height**0.5  # type: ignore[operator]
            assert abs(found[metric].mean() - expected[metric]) < 4 * error, (name, metric)  # type: ignore[operator]
    assert expected["hit10"] == pytest.approx(10 / N_TRACKS)
    assert expected["rank"] == (N_TRACKS + 1) / 2


def test_same_seed_same_numbers_whatever_the_batch(template: Workspace, noise: ByHistory) -> None:
    protocol = Protocol(candidates="uniform", n_sampled=20, max_requests=50, seed=3)
    first = evaluate(Library.open(template), {"noise": noise}, protocol=protocol).drop("seconds")
    again = evaluate(Library.open(template), {"noise": noise}, protocol=protocol, batch_size=7).drop(
        "seconds"
    )
    assert first.equals(again)
    other = evaluate(
        Library.open(template),
        {"noise": noise},
        protocol=Protocol(candidates="uniform", n_sampled=20, max_requests=50, seed=4),
    )
    assert not first.equals(other.drop("seconds"))


def test_choices_of_targets(template: Workspace, noise: ByHistory) -> None:
    def asked(**choices: Any) -> pl.DataFrame:
        found = evaluate(Library.open(template), {"noise": noise}, protocol=Protocol(**choices))
        return found.filter(pl.col("model") == "noise")

    every = asked()
    assert asked(first_only=True)["position"].to_list() == [N_TRAIN] * N_LISTENERS
    few = asked(max_targets=3)
    assert few.group_by("user_id").len()["len"].to_list() == [3] * N_LISTENERS
    some = asked(max_requests=31)
    assert some.height == 31
    keys = ["user_id", "position", "target"]
    assert some.select(keys).join(every.select(keys), on=keys).height == 31
    more = asked(max_requests=60)
    assert some.select(keys).join(more.select(keys), on=keys).height == 31
    assert more.select(keys).equals(more.select(keys).sort("user_id", "position"))
    with pytest.raises(SegueError, match="max_targets"):
        Protocol(max_targets=0)


def test_a_filtered_history_is_not_ranked_nor_asked(template: Workspace, oracle: ByHistory) -> None:
    results = evaluate(Library.open(template), {"oracle": oracle}, protocol=Protocol(filter_history=True))
    every = evaluate(Library.open(template), {"oracle": oracle})
    assert results.height == every.filter(~pl.col("repeat")).height > 0
    for row in results.iter_rows(named=True):
        heard = {f"t{i}" for i in plays()[row["user_id"]][: row["position"]]}
        assert row["n_ranked"] == N_TRACKS - len(heard)
        assert not heard & set(row["top10"])
    assert oracle.asked[0].exclude == frozenset(ids_of(oracle.asked[0].history))


@pytest.mark.parametrize("kind", ["uniform", "popular"])
def test_sampled_candidates_hold_the_target_once_and_may_hold_the_future(
    template: Workspace, catalogue: Catalogue, kind: Any
) -> None:
    log = Log.load(template, catalogue)
    events = log.targets("test")
    counts = np.bincount(log.rows[log.splits == 0], minlength=N_TRACKS)
    drawn = draw_candidates(log, events, counts, Protocol(candidates=kind, n_sampled=15))
    assert drawn is not None
    assert drawn.shape == (len(events), 16)
    future = 0
    for event, line in zip(events, drawn, strict=True):
        assert line[0] == log.rows[event]
        assert len(set(line.tolist())) == 16
        user = log.users[log.owner[event]]
        future += len(set(plays()[user][event - log.starts[log.owner[event]] + 1 :]) & set(line[1:].tolist()))
        if kind == "popular":
            assert (counts[line[1:]] > 0).all()
    assert future > 0
    part = draw_candidates(log, events[7:9], counts, Protocol(candidates=kind, n_sampled=15))
    np.testing.assert_array_equal(part, drawn[7:9])


def test_published_candidates_are_never_played_not_even_later(
    template: Workspace, catalogue: Catalogue, oracle: ByHistory
) -> None:
    log = Log.load(template, catalogue)
    events = log.targets("test", first_only=True)
    published = Protocol.as_published()
    drawn = draw_candidates(log, events, np.zeros(N_TRACKS, np.int64), published)
    assert drawn is not None
    for event, line in zip(events, drawn, strict=True):
        played = set(plays()[log.users[log.owner[event]]])
        rest = line[1:][line[1:] >= 0].tolist()
        assert not played & set(rest)
        # 199 are asked for, which is more than there are: every other track is there, once.
        assert sorted(rest) == sorted(set(range(N_TRACKS)) - played)
    results = of(evaluate(Library.open(template), {"oracle": oracle}, protocol=published), "oracle")
    assert results.height == N_LISTENERS
    assert results["n_ranked"].to_list() == (drawn >= 0).sum(axis=1).tolist()
    assert (results["rank"] == 1).all()
    with pytest.raises(SegueError, match="never played"):
        Protocol(never_played=True)


def test_the_target_listed_twice_moves_every_rank_by_one(
    template: Workspace, oracle: ByHistory, noise: ByHistory
) -> None:
    models = {"oracle": oracle, "noise": noise}
    once = evaluate(
        Library.open(template), models, protocol=Protocol(candidates="uniform", n_sampled=19, first_only=True)
    )
    twice = evaluate(
        Library.open(template),
        models,
        protocol=Protocol(candidates="uniform", n_sampled=19, first_only=True, duplicated=True),
    )
    for name in (*models, "chance"):
        assert (of(twice, name)["rank"] - of(once, name)["rank"]).unique().to_list() == [1.0]
    perfect = of(twice, "oracle")
    assert (perfect["hit1"] == 0).all()
    assert (perfect["ndcg5"] == 1 / np.log2(3)).all()
    assert (perfect["n_ranked"] == 21).all()
    assert twice.drop("seconds").equals(duplicated(once).drop("seconds"))
    expected = chance_by_request(twice, duplicated=True).mean().row(0, named=True)
    assert expected["hit1"] == 0
    assert expected["hit5"] == pytest.approx(4 / 20)


def test_sampler_draws_in_proportion_without_repeating() -> None:
    weights = np.array([0, 1, 2, 3, 4])
    sampler = Sampler(weights)
    firsts, pairs = np.zeros(5), 0
    for seed in range(4000):
        found = sampler.draw(2, np.array([4]), np.random.default_rng(seed))
        assert len(set(found.tolist())) == 2
        firsts[found[0]] += 1
        pairs += set(found.tolist()) == {1, 2}
    np.testing.assert_allclose(firsts / 4000, [0, 1 / 6, 2 / 6, 3 / 6, 0], atol=0.03)
    assert pairs / 4000 == pytest.approx(1 / 6 * 2 / 5 + 2 / 6 * 1 / 4, abs=0.025)
    assert sorted(sampler.draw(9, np.array([4]), np.random.default_rng(0)).tolist()) == [1, 2, 3]
    assert len(Sampler(np.zeros(3, np.int64)).draw(2, np.array([0]), np.random.default_rng(0))) == 0


def test_a_listener_with_one_play_is_not_asked(tmp_path: Path, noise: ByHistory) -> None:
    workspace = listeners_workspace(
        tmp_path / "music", [("single", 3, "test"), ("pair", 3, "train"), ("pair", 3, "test")]
    )
    results = of(evaluate(Library.open(workspace), {"noise": noise}), "noise")
    assert "single" not in results["user_id"].to_list()
    assert results.filter(pl.col("user_id") == "pair")["repeat"].to_list() == [True]


def test_nothing_to_ask_and_bad_scores_are_one_line(template: Workspace, catalogue: Catalogue) -> None:
    with pytest.raises(SegueError, match="no validation play"):
        evaluate(Library.open(template), {}, split="validation")
    bad = ByHistory(catalogue, lambda r, n: np.full(n, np.nan))
    with pytest.raises(SegueError, match="not numbers"):
        evaluate(Library.open(template), {"bad": bad})
    short = ByHistory(catalogue, lambda r, n: np.zeros(n - 1))
    with pytest.raises(SegueError, match="segue fit short` again"):
        evaluate(Library.open(template), {"short.seed2": short})
    with pytest.raises(SegueError, match="chance"):
        evaluate(Library.open(template), {"chance": short})


def test_playlists_are_listeners_where_there_are_no_plays(workspace: Workspace) -> None:
    results = evaluate(Library.open(workspace), {}, split="train")
    assert results["model"].unique().to_list() == ["chance"]
    assert results["position"].min() == 1
