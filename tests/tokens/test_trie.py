"""The trie against brute force over all tracks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.tokens.trie import Trie


def all_tuples(codes: np.ndarray, log_probs) -> dict[tuple[int, ...], float]:
    """Score of every tuple that exists, log_probs(prefix) -> (n_codes,)."""
    scores = {}
    for row in {tuple(int(c) for c in r) for r in codes}:
        scores[row] = sum(float(log_probs(row[:m])[row[m]]) for m in range(len(row)))
    return scores


def tables(n_codes: int, seed: int):
    """A conditional distribution that depends on the whole prefix."""

    def log_probs(prefix: tuple[int, ...]) -> np.ndarray:
        rng = np.random.default_rng([seed, len(prefix), *prefix])
        return np.log(rng.dirichlet(np.ones(n_codes))).astype(np.float32)

    return log_probs


def run(trie: Trie, log_probs, width: int, live=None):
    """Beam search by hand: tuples and scores, best first."""
    beams = trie.start(log_probs(()), width, live)
    prefixes = [(int(c),) for c in beams.codes]
    for level in range(1, trie.n_levels):
        if not prefixes:
            break
        given = np.stack([log_probs(p) for p in prefixes])
        beams = trie.step(level, beams, given, width, live)
        prefixes = [(*prefixes[p], int(c)) for p, c in zip(beams.parents, beams.codes, strict=True)]
    return prefixes, beams


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 60), levels=st.integers(1, 4), n_codes=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_wide_beam_is_exact(n, levels, n_codes, seed) -> None:
    codes = np.random.default_rng(seed).integers(0, n_codes, (n, levels))
    trie, log_probs = Trie(codes), tables(n_codes, seed)
    found, beams = run(trie, log_probs, width=10_000)
    expected = all_tuples(codes, log_probs)
    assert set(found) == set(expected)
    assert np.allclose([expected[f] for f in found], beams.scores, atol=1e-4)
    assert (np.diff(beams.scores) <= 0).all()


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 60), seed=st.integers(0, 10_000), width=st.integers(1, 5))
def test_masks_let_only_allowed_tracks_through(n, seed, width) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (n, 3))
    allowed = rng.random(n) < 0.4
    trie = Trie(codes)
    found, beams = run(trie, tables(4, seed), width, trie.live(allowed))
    real = {tuple(int(c) for c in r) for r in codes[allowed]}
    assert set(found) <= real
    assert bool(found) == bool(allowed.any())
    for node, prefix in zip(beams.nodes, found, strict=True):
        assert {tuple(int(c) for c in codes[t]) for t in trie.tracks(node)} == {prefix}


def test_narrow_beam_finds_the_best_greedy_path() -> None:
    codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    trie = Trie(codes)
    first = np.log(np.array([0.9, 0.1], dtype=np.float32))
    beams = trie.start(first, 1)
    beams = trie.step(1, beams, np.log(np.array([[0.3, 0.7]], dtype=np.float32)), 1)
    assert trie.tracks(int(beams.nodes[0])).tolist() == [1]
    assert beams.scores[0] == pytest.approx(np.log(0.63), abs=1e-6)


def test_tracks_that_share_a_tuple_share_a_node() -> None:
    trie = Trie(np.array([[2, 1], [0, 0], [2, 1]]))
    assert trie.track_nodes[-1][0] == trie.track_nodes[-1][2] != trie.track_nodes[-1][1]
