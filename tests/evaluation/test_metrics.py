"""Metrics against the enumeration of every tie order, and against closed forms."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.kit import metrics


@st.composite
def rankings(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Scores with many ties, an allowed mask and at least one allowed target."""
    n = draw(st.integers(1, 6))
    scores = np.array(draw(st.lists(st.sampled_from([-np.inf, 0.0, 1.0, 2.0]), min_size=n, max_size=n)))
    allowed = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    allowed[draw(st.integers(0, n - 1))] = True
    rows = np.flatnonzero(allowed).tolist()
    targets = draw(st.lists(st.sampled_from(rows), min_size=1, max_size=len(rows), unique=True))
    return scores.astype(np.float32), allowed, targets


def brute_force(scores: np.ndarray, allowed: np.ndarray, targets: list[int], k: int) -> dict[str, float]:
    """Means over every order of the tied tracks, by sorting the tracks in all orders."""
    found: dict[str, list[float]] = {name: [] for name in ("rank", "rr", "hit", "ndcg", "count")}
    for order in permutations(np.flatnonzero(allowed)):
        ranking = sorted(order, key=lambda row: -scores[row])  # a stable sort keeps the order of ties
        ranks = [ranking.index(t) + 1 for t in targets]
        gains = [1 / np.log2(r + 1) for r in ranks if r <= k]
        ideal = [1 / np.log2(r + 1) for r in range(1, min(len(targets), k) + 1)]
        found["rank"].append(min(ranks))
        found["rr"].append(1 / min(ranks))
        found["hit"].append(min(ranks) <= k)
        found["ndcg"].append(sum(gains) / sum(ideal))
        found["count"].append(sum(r <= k for r in ranks))
    return {name: float(np.mean(values)) for name, values in found.items()}


@settings(max_examples=80, deadline=None)
@given(rankings(), st.integers(1, 4))
def test_equals_the_mean_over_all_tie_orders(
    ranking: tuple[np.ndarray, np.ndarray, list[int]], k: int
) -> None:
    scores, allowed, targets = ranking
    expected = brute_force(scores, allowed, targets, k)
    places = metrics.places(scores, allowed, targets)
    best = metrics.best(places)
    assert metrics.expected_rank(*best) == pytest.approx(expected["rank"])
    assert metrics.reciprocal_rank(*best) == pytest.approx(1 / expected["rank"])
    assert metrics.mean_reciprocal_rank(*best) == pytest.approx(expected["rr"])
    assert metrics.hit(*best, k) == pytest.approx(expected["hit"])
    assert metrics.ndcg(places, k) == pytest.approx(expected["ndcg"])
    assert metrics.in_top(places, k).sum() == pytest.approx(expected["count"])
    assert metrics.reciprocal_rank(*best) <= metrics.mean_reciprocal_rank(*best) + 1e-12


def test_one_target_has_the_mean_of_best_and_worst_rank() -> None:
    scores = np.array([3, 2, 2, 2, 1], dtype=np.float32)
    best = metrics.best(metrics.places(scores, np.ones(5, dtype=bool), [1]))
    assert best == (1, 3, 1)
    assert metrics.expected_rank(*best) == (2 + 4) / 2


def test_chance_is_the_harmonic_number_over_n() -> None:
    n = 3168
    harmonic = sum(1 / i for i in range(1, n + 1))
    chance = metrics.chance(n)
    assert chance["mrr"] == pytest.approx(harmonic / n)
    assert chance["rank"] == (n + 1) / 2
    assert [chance["hit1"], chance["hit10"], chance["hit100"]] == pytest.approx([1 / n, 10 / n, 100 / n])
    assert chance["ndcg20"] == pytest.approx(sum(1 / np.log2(i + 1) for i in range(1, 21)) / n)


@pytest.mark.parametrize(("n", "m"), [(50, 1), (50, 3), (200, 30), (7, 7)])
def test_chance_is_what_random_scores_get(n: int, m: int) -> None:
    random = np.random.default_rng(3)
    found: dict[str, list[float]] = {"rank": [], "mrr": [], "hit10": [], "ndcg20": []}
    for _ in range(2000):
        places = metrics.places(random.random(n), np.ones(n, dtype=bool), range(m))
        best = metrics.best(places)
        found["rank"].append(float(metrics.expected_rank(*best)))
        found["mrr"].append(float(metrics.reciprocal_rank(*best)))
        found["hit10"].append(float(metrics.hit(*best, 10)))
        found["ndcg20"].append(float(metrics.ndcg(places)))
    expected = metrics.chance(n, m)
    for name, values in found.items():
        error = np.std(values) / np.sqrt(len(values))
        assert abs(np.mean(values) - expected[name]) <= 4 * error + 1e-12, name


def test_arrays_give_what_scalars_give() -> None:
    above, tied, targets = np.array([0, 3, 9, 12]), np.array([1, 20, 5, 40]), np.array([1, 4, 5, 2])
    for k in (1, 10, 100):
        single = [float(metrics.hit(*one, k)) for one in zip(above, tied, targets, strict=True)]
        assert metrics.hit(above, tied, targets, k) == pytest.approx(single)
    singles = [float(metrics.expected_rank(*one)) for one in zip(above, tied, targets, strict=True)]
    assert metrics.expected_rank(above, tied, targets) == pytest.approx(singles)


def test_more_targets_than_places_can_still_be_perfect() -> None:
    scores = np.array([1.0] * 30 + [0.0] * 70)
    assert metrics.ndcg(metrics.places(scores, np.ones(100, dtype=bool), range(30)), 20) == pytest.approx(1)


def test_a_track_that_is_not_allowed_counts_nowhere() -> None:
    scores = np.array([9, 5, 5, 1], dtype=np.float32)
    allowed = np.array([False, False, True, True])
    assert metrics.best(metrics.places(scores, allowed, [2])) == (0, 1, 1)
    with pytest.raises(ValueError, match="not allowed"):
        metrics.places(scores, allowed, [0])


def test_a_score_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        metrics.places(np.array([1.0, np.nan]), np.ones(2, dtype=bool), [0])
