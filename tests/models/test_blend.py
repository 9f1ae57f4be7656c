from __future__ import annotations

import numpy as np
import pytest
from planted_sessions import asked

from segue.data.library import Library
from segue.kit.workspace import Workspace
from segue.models.counting.base import Listening
from segue.models.counting.blend import Blend, choose, gain, held_out
from segue.models.counting.markov import Markov
from segue.models.counting.own_plays import OwnPlays
from segue.models.counting.sessions import training_log
from segue.testing.contract import PLAYED, TALK, RecommenderContract


class TestBlend(RecommenderContract):
    informed_by = (PLAYED, TALK)

    def make(self, workspace: Workspace) -> Blend:
        return Blend.fit(Library.open(workspace))


def test_scores_are_the_weighted_sum(workspace: Workspace) -> None:
    parts: dict[str, Listening] = {
        "markov": Markov.fit(Library.open(workspace)),
        "own_plays": OwnPlays.fit(Library.open(workspace)),
    }
    requests = [asked(1, 2), asked(5)]
    scores = Blend(parts, {"markov": 0.7, "own_plays": 0.3}).score(requests)
    wanted = 0.7 * parts["markov"].score(requests) + 0.3 * parts["own_plays"].score(requests)
    np.testing.assert_allclose(scores, wanted, atol=1e-6)


def test_the_part_that_knows_gets_the_weight() -> None:
    generator = np.random.default_rng(0)
    candidates = []
    for _ in range(50):
        is_target = np.arange(60) == generator.integers(60)
        knows = np.where(is_target, 0.5, 0.0) + 0.1 * generator.random(60)
        candidates.append((np.stack([generator.random(60), knows], axis=1), is_target))
    weights = choose(candidates, ["guesses", "knows"])
    assert weights["knows"] > 0.8
    assert sum(weights.values()) == pytest.approx(1)
    assert gain(candidates, np.array([weights["guesses"], weights["knows"]])) == pytest.approx(1)


def test_nothing_to_choose_on_leaves_equal_weights() -> None:
    assert choose([], ["a", "b"]) == {"a": 0.5, "b": 0.5}


def test_gain_is_ndcg_with_ties_in_the_middle() -> None:
    second = (np.array([[0.9], [0.5], [0.1]]), np.array([False, True, False]))
    tied = (np.array([[0.5], [0.5], [0.5]]), np.array([False, True, False]))
    assert gain([second], np.ones(1)) == pytest.approx(1 / np.log2(3))
    assert gain([tied], np.ones(1)) == pytest.approx(1 / np.log2(3))


def test_held_out_targets_are_candidates_and_first_plays_are_left_out(workspace: Workspace) -> None:
    log, _ = training_log(Library.open(workspace))
    model = OwnPlays.fit(Library.open(workspace))
    found = held_out({"own_plays": model}, log, np.arange(12))
    assert len(found) == 10  # two playlists of six tracks
    for event, (shares, is_target) in zip([*range(1, 6), *range(7, 12)], found, strict=True):
        assert is_target.sum() == 1
        wanted = model.score([asked(*log.rows[event - event % 6 : event])])[0, log.rows[event]]
        assert shares[is_target] == pytest.approx(wanted)
