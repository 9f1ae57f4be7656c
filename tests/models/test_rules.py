from __future__ import annotations

import numpy as np
import pytest
from planted_sessions import asked, catalogue, random_sessions, sessions, shares

from segue.data.library import Library
from segue.kit.workspace import Workspace
from segue.models.counting.rules import PUBLISHED, RulesSettings, SequentialRules
from segue.testing.contract import PLAYED, RecommenderContract


class TestSequentialRules(RecommenderContract):
    informed_by = (PLAYED,)

    def make(self, workspace: Workspace) -> SequentialRules:
        return SequentialRules.fit(Library.open(workspace))


def rules_of(training: list[list[int]], n_tracks: int, settings: RulesSettings) -> np.ndarray:
    """The weights of all rules by plain loops."""
    weights = np.zeros((n_tracks, n_tracks))
    for number, session in enumerate(training):
        age = (len(training) - 1 - number) / len(training)
        fresh = 1.0 if settings.age_scale is None else np.exp(-age / settings.age_scale)
        for i, first in enumerate(session):
            for j in range(i + 1, min(i + settings.steps, len(session) - 1) + 1):
                weights[first, session[j]] += fresh / (j - i)
    total = weights.sum(axis=1, keepdims=True)
    return weights / np.where(total > 0, total, 1) ** settings.balance


@pytest.mark.parametrize(
    "settings",
    [RulesSettings(), PUBLISHED, RulesSettings(steps=2, balance=1.0, decay=0.9, age_scale=0.1, last=3)],
)
def test_scores_are_those_of_plain_loops(settings: RulesSettings) -> None:
    training = random_sessions(30, 80)
    data = sessions(30, *training)
    model = SequentialRules.of_sessions(catalogue(30), data, settings)
    rules = rules_of(training, 30, settings)
    queries = [session for session in random_sessions(30, 20, seed=1) if session]
    found = model.score([asked(*query) for query in queries])
    for query, scores in zip(queries, found, strict=True):
        evidence = sum(settings.decay**back * rules[t] for back, t in enumerate(query[::-1][: settings.last]))
        np.testing.assert_allclose(scores, shares(evidence, data.counts(), settings.backoff), atol=1e-6)


def test_nearer_followers_first_and_no_way_back() -> None:
    model = SequentialRules.of_sessions(catalogue(5), sessions(5, [0, 1, 2, 3]))
    assert list(model.recommend([asked(1)], 2).ids[0]) == ["t2", "t3"]
    assert model.score([asked(3)])[0].argmax() in (0, 1, 2, 3)
    np.testing.assert_allclose(model.score([asked(3)])[0], [0.25, 0.25, 0.25, 0.25, 0])
