import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segue.tokens.lookup import WEIGHTS, Lookup, overlap_scores, weights_of

PUBLISHED = weights_of(list(WEIGHTS))


def plain_scores(codes, query, weights) -> list[float]:
    """The definition, in plain Python."""
    return [
        float(sum(w for c, q, w in zip(track, query, weights, strict=True) if c == q and q != -1))
        for track in codes.tolist()
    ]


def plain_top(codes, query, weights, k, allowed):
    scores = plain_scores(codes, query, weights)
    rows = [row for row in range(len(scores)) if allowed is None or allowed[row]]
    rows = sorted(rows, key=lambda row: (-scores[row], row))[:k]
    return rows, [scores[row] for row in rows]


def assert_same_as_brute_force(codes, query, weights, k, allowed=None):
    lookup = Lookup(codes, weights)
    rows, scores = lookup.top(query, k, allowed)
    right_rows, right_scores = plain_top(codes, query, weights.tolist(), k, allowed)
    assert lookup.scores(query).tolist() == plain_scores(codes, query, weights.tolist())
    assert rows.tolist() == right_rows
    assert scores.tolist() == right_scores
    assert (rows.dtype, scores.dtype) == (np.int64, np.float32)
    all_scores = overlap_scores(codes, query, weights)
    assert all_scores.tolist() == plain_scores(codes, query, weights.tolist())


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_top_and_scores_equal_brute_force(data):
    n, m = data.draw(st.integers(0, 40)), data.draw(st.integers(1, 5))
    code = st.integers(-1, 3)
    codes = data.draw(arrays(np.int16, (n, m), elements=code))
    query = data.draw(arrays(np.int16, m, elements=st.integers(-1, 5)))
    # Whole numbers, so that the sums in any order of addition are the same number.
    weights = data.draw(arrays(np.float32, m, elements=st.integers(0, 30).map(float)))
    allowed = data.draw(st.none() | arrays(bool, n))
    assert_same_as_brute_force(codes, query, weights, data.draw(st.integers(0, n + 3)), allowed)


@pytest.mark.parametrize("skew", [0, 1.2])
def test_published_weights_on_many_tracks(skew):
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 33) ** skew
    codes = rng.choice(32, size=(3_000, 5), p=share / share.sum()).astype(np.int16)
    codes[rng.random(codes.shape) < 0.1] = -1
    for query in codes[rng.integers(0, 3_000, 25)]:
        query[rng.integers(0, 5)] = rng.integers(-1, 40)
        assert_same_as_brute_force(codes, query, PUBLISHED, 100)


def test_a_query_that_nothing_matches_gives_the_first_tracks_with_score_zero():
    codes = np.full((10, 5), -1, dtype=np.int16)
    for query in (np.full(5, -1, np.int16), np.full(5, 7, np.int16)):
        rows, scores = Lookup(codes, PUBLISHED).top(query, 4)
        assert rows.tolist() == [0, 1, 2, 3]
        assert scores.tolist() == [0, 0, 0, 0]


def test_the_worked_example():
    codes = np.array([[1, 1, 1, 1, 1], [1, -1, 9, 9, 1], [0, 1, 1, 1, 1], [1, 1, 0, 0, 0]], dtype=np.int16)
    query = np.array([1, 1, 1, -1, 1], dtype=np.int16)
    assert overlap_scores(codes, query, PUBLISHED).tolist() == [51, 26, 26, 41]
    rows, scores = Lookup(codes, PUBLISHED).top(query, 3)
    assert rows.tolist() == [0, 3, 1]
    assert scores.tolist() == [51, 41, 26]


def test_weights_follow_the_columns_whatever_their_order():
    assert weights_of(["audio", "playlist"]).tolist() == [1, 25]
    assert weights_of(["audio", "mgphot"], {"audio": 2}).tolist() == [2, 0]


def test_fractional_weights_give_the_same_scores_both_ways():
    rng = np.random.default_rng(3)
    codes = rng.integers(-1, 4, (500, 5)).astype(np.int16)
    weights = np.array([0.1, 0.2, 0.3, 0.7, 0.05], dtype=np.float32)
    for query in codes[:20]:
        rows, scores = Lookup(codes, weights).top(query, 60)
        every = overlap_scores(codes, query, weights)
        order = np.lexsort((np.arange(500), -every))[:60]
        np.testing.assert_array_equal(rows, order)
        np.testing.assert_array_equal(scores, every[order])


def test_weights_that_do_not_fit():
    codes = np.zeros((3, 2), dtype=np.int16)
    with pytest.raises(ValueError, match="do not fit"):
        Lookup(codes, np.ones(3, np.float32))
    with pytest.raises(ValueError, match="do not fit"):
        Lookup(codes, np.array([1, -1], np.float32))
