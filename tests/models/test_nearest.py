"""Exact top rows against scoring everything, whatever the lengths of the vectors."""

from __future__ import annotations

import numpy as np
import pytest

from segue.models.retrieval.nearest import Nearest, best


@pytest.mark.parametrize("spread", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("n", [1, 90, 5000, 40_000])
def test_the_same_as_scoring_everything(n: int, spread: float) -> None:
    generator = np.random.default_rng(n)
    vectors = generator.standard_normal((n, 24)) * np.exp(spread * generator.standard_normal((n, 1)))
    nearest = Nearest(vectors.astype(np.float32))
    for number in range(12):
        query = generator.standard_normal(24).astype(np.float32)
        barred = generator.integers(0, n, 3 * n // 4 if number % 3 == 0 else 0)
        rows, scores = nearest.best(query, 50, barred)
        exact = vectors.astype(np.float32).astype(np.float64) @ query
        exact[barred] = -np.inf
        wanted = np.argsort(-exact)[: min(50, np.isfinite(exact).sum())]
        np.testing.assert_array_equal(rows, wanted)
        np.testing.assert_allclose(
            scores, exact[wanted], rtol=1e-4, atol=1e-4 * np.abs(scores).max(initial=0)
        )
        plain = best(nearest.vectors, query, 50, barred)
        np.testing.assert_array_equal(plain[0], wanted)


def test_equal_scores_stand_in_row_order_and_zeros_are_fine() -> None:
    vectors = np.zeros((3000, 8), np.float32)
    vectors[7::1000] = 1
    for found in (Nearest(vectors).best(np.ones(8, np.float32), 5), best(vectors, np.ones(8, np.float32), 5)):
        assert found[0].tolist() == [7, 1007, 2007, 0, 1]
        assert found[1].tolist() == [8, 8, 8, 0, 0]


def test_a_bound_is_kept_by_adversarial_rows() -> None:
    """Rows made to be rounded in the query's favour or against it, all nearly as good as one another."""
    generator = np.random.default_rng(0)
    query = generator.standard_normal(16).astype(np.float32)
    base = generator.standard_normal((4000, 16))
    base -= np.outer(base @ query, query) / (query @ query)  # no say in the score
    vectors = (base + np.outer(1 + 1e-4 * generator.random(4000), query)).astype(np.float32)
    rows, _ = Nearest(vectors).best(query, 20)
    exact = vectors.astype(np.float64) @ query
    assert exact[rows].min() >= np.sort(exact)[-20] - 1e-5


def test_everything_barred_gives_nothing() -> None:
    rows, scores = Nearest(np.ones((5, 2), np.float32)).best(np.ones(2, np.float32), 3, range(5))
    assert len(rows) == len(scores) == 0
