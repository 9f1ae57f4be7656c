"""The closed forms against every order of the ties, sorted lists and the metrics of the other protocol."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from segue.evaluation.next_track import count, count_sampled, deciles, without
from segue.kit import metrics

METRICS = [metric.name for metric in metrics.METRICS if metric.name != "rr"]


def of_counts(above: ArrayLike, tied: ArrayLike) -> dict[str, np.ndarray[Any, Any]]:
    """The metrics of requests with one target each."""
    places = metrics.Places(np.asarray(above)[:, None], np.asarray(tied)[:, None])
    found = metrics.measure(places)
    assert found.pop("rr") == pytest.approx(1 / found["rank"])
    return found


def brute_force(scores: np.ndarray[Any, Any], target: int) -> dict[str, float]:
    """The mean of every metric over all permutations of the tracks, each sorted by score."""
    found: dict[str, list[float]] = {name: [] for name in METRICS}
    for order in itertools.permutations(range(len(scores))):
        ranked = sorted(order, key=lambda row: -scores[row])
        place = ranked.index(target) + 1
        for name in METRICS:
            kind, k = name.rstrip("0123456789"), int(name.lstrip("abcdghikmnrt") or 10**9)
            gain = {"hit": 1, "ndcg": 1 / np.log2(place + 1), "mrr": 1 / place, "rank": place}[kind]
            found[name].append(gain * (place <= k))
    return {name: float(np.mean(values)) for name, values in found.items()}


@pytest.mark.parametrize("seed", range(6))
def test_every_metric_is_the_mean_over_all_orders_of_the_ties(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.integers(0, 3, (1, 7)).astype(np.float32)
    target = int(generator.integers(7))
    counted = count(scores, np.array([target]), np.arange(7))
    found = of_counts(counted.above, counted.tied)
    wanted = brute_force(scores[0], target)
    assert {name: values[0] for name, values in found.items()} == pytest.approx(wanted)


def test_counts_are_those_of_plain_loops_also_where_tracks_are_not_ranked() -> None:
    generator = np.random.default_rng(1)
    scores = generator.integers(0, 5, (40, 90)).astype(np.float32)
    scores[::7, 3] = -np.inf
    targets = generator.integers(10, 90, 40)
    barred = [generator.choice(10, 4, replace=False) for _ in targets]
    order = generator.permutation(90)
    counted = count(without(scores, barred), targets, order)
    for i, (line, target) in enumerate(zip(scores, targets, strict=True)):
        ranked = [row for row in range(90) if row not in barred[i]]
        assert counted.above[i] == sum(line[row] > line[target] for row in ranked)
        assert counted.tied[i] == sum(line[row] == line[target] for row in ranked)
        assert counted.n_ranked[i] == 86
        best = sorted(ranked, key=lambda row: (-line[row], order[row]))[:10]
        assert counted.top[i].tolist() == best


def test_sampled_counts_are_full_counts_of_the_candidates_alone() -> None:
    generator = np.random.default_rng(2)
    scores = generator.integers(0, 4, (30, 50)).astype(np.float32)
    candidates = np.stack([generator.choice(50, 20, replace=False) for _ in scores])
    candidates[5, 8:] = -1
    order = generator.permutation(50)
    counted = count_sampled(scores, candidates, order)
    barred = [np.setdiff1d(np.arange(50), line) for line in candidates]
    wanted = count(without(scores, barred), candidates[:, 0], order)
    for found, right in zip(counted, wanted, strict=True):
        np.testing.assert_array_equal(found, right)


def test_what_is_scored_minus_infinity_is_ranked_but_not_shown() -> None:
    scores = np.array([[0, -np.inf, 1, -np.inf]], np.float32)
    counted = count(scores, np.array([3]), np.arange(4))
    assert (counted.above[0], counted.tied[0], counted.n_ranked[0]) == (2, 2, 4)
    assert counted.top[0, :3].tolist() == [2, 0, -1]


def test_metrics_agree_with_those_of_the_conversation_protocol() -> None:
    generator = np.random.default_rng(3)
    for _ in range(50):
        above, tied = int(generator.integers(0, 150)), int(generator.integers(1, 150))
        found = {k: v[0] for k, v in of_counts([above], [tied]).items()}
        places = metrics.Places(np.array([above]), np.array([tied]))
        assert found["hit10"] == pytest.approx(float(metrics.hit(above, tied, 1, 10)))
        assert found["ndcg20"] == pytest.approx(float(metrics.ndcg(places, 20)))
        assert found["mrr"] == pytest.approx(float(metrics.mean_reciprocal_rank(above, tied)))
        assert found["rank"] == float(metrics.expected_rank(above, tied))


def test_a_higher_cut_never_gives_less() -> None:
    above = np.arange(150)
    for tied in (1, 7, 300):
        found = of_counts(above, np.full(150, tied))
        for kind in ("hit", "ndcg", "mrr"):
            series = [found[f"{kind}{k}"] for k in metrics.CUTS]
            assert all((np.diff(np.stack(series), axis=0) >= -1e-15).ravel())
        assert (found["mrr100"] <= found["mrr"] + 1e-15).all()


def test_deciles_are_tenths_of_the_tracks_with_plays() -> None:
    plays = np.concatenate([np.zeros(5, np.int64), np.random.default_rng(0).permutation(100) + 1])
    found = deciles(plays)
    assert (found[:5] == 0).all()
    assert np.bincount(found[5:]).tolist() == [0] + [10] * 10
    assert found[plays == 100] == 10
    assert len(set(deciles(np.array([0, 3, 3, 3, 9]))[1:4])) == 1
    assert deciles(np.zeros(3, np.int64)).tolist() == [0, 0, 0]
