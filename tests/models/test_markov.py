from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from planted_sessions import asked, catalogue, sessions

from segue.data.library import Library
from segue.data.request import Request
from segue.kit.workspace import Workspace
from segue.models.counting.markov import Markov, MarkovSettings, follows
from segue.models.counting.sessions import Sessions
from segue.testing.contract import RecommenderContract
from sequences import log_of


class TestMarkov(RecommenderContract):
    def make(self, workspace: Workspace) -> Markov:
        return Markov.fit(Library.open(workspace))


TRAINING = sessions(4, [0, 1, 0, 1, 2], [0, 2], [3])


def test_scores_are_the_smoothed_transition_probabilities() -> None:
    model = Markov.of_sessions(catalogue(4), TRAINING, MarkovSettings(backoff=0.25))
    popularity = np.array([3, 2, 2, 1]) / 8
    after_0 = np.array([0, 2, 1, 0]) / 3
    after_1 = np.array([1, 0, 1, 0]) / 2
    scores = model.score([asked(3, 2, 0), asked(1), asked(0, 3), Request()])
    wanted = [0.75 * after_0 + 0.25 * popularity, 0.75 * after_1 + 0.25 * popularity, popularity, popularity]
    np.testing.assert_allclose(scores, wanted, rtol=1e-6)


def test_sessions_do_not_run_into_each_other() -> None:
    counts = follows(TRAINING, 1).toarray()
    assert counts[2].sum() == 0
    assert counts.sum() == 5
    assert follows(TRAINING, 4).toarray()[0, 2] == 1
    assert follows(TRAINING, 5).nnz == follows(TRAINING, 100).nnz == 0


def test_newer_sessions_can_count_more() -> None:
    # Of three sessions the first has two newer ones: an age of 2 / 3.
    counts = follows(TRAINING, 1, age_scale=0.5).toarray()
    np.testing.assert_allclose(counts[1], [np.exp(-4 / 3), 0, np.exp(-4 / 3), 0], rtol=1e-6)
    np.testing.assert_allclose(counts[0, 2], np.exp(-2 / 3), rtol=1e-6)


def test_histories_are_sessions_where_every_session_is_one_play() -> None:
    """A log without times: transitions within sessions would be none."""
    log = log_of([[0, 1, 2], [3, 4]], 5, held_out=0)
    alone = replace(log, sessions=np.arange(5, dtype=np.int32))
    paired = replace(log, sessions=np.array([0, 1, 1, 2, 3], np.int32))
    times = np.array([1, 2, 9, 3, 4])
    found = Sessions.of_log(alone, times)
    assert [found.rows[a:b].tolist() for a, b in itertools.pairwise(found.starts)] == [[3, 4], [0, 1, 2]]
    found = Sessions.of_log(paired, times)
    assert [found.rows[a:b].tolist() for a, b in itertools.pairwise(found.starts)] == [[0], [3], [4], [1, 2]]
