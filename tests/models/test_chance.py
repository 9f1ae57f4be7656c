from __future__ import annotations

import numpy as np

from segue.data.library import Library
from segue.data.request import Request
from segue.kit.workspace import Workspace
from segue.models.counting.chance import Chance
from segue.testing.contract import REQUESTS, SAID, TALK, RecommenderContract


class TestChance(RecommenderContract):
    def make(self, workspace: Workspace) -> Chance:
        return Chance.fit(Library.open(workspace), {"seed": 3})


def test_requests_and_seeds_draw_apart(workspace: Workspace) -> None:
    scores = Chance.fit(Library.open(workspace), {"seed": 3}).score(REQUESTS)
    assert len({row.tobytes() for row in scores}) == len(REQUESTS)
    assert not np.allclose(scores, Chance.fit(Library.open(workspace), {"seed": 4}).score(REQUESTS))


def test_order_of_exclusions_does_not_matter(workspace: Workspace) -> None:
    model = Chance.fit(Library.open(workspace))
    names = [f"t{row}" for row in range(20)]
    one, other = Request(exclude=frozenset(names)), Request(exclude=frozenset(names[::-1]))
    assert np.array_equal(model.score([one]), model.score([other]))


def test_scores_are_uniform(workspace: Workspace) -> None:
    model = Chance.fit(Library.open(workspace))
    scores = model.score([Request(SAID.messages, exclude=frozenset({str(n)})) for n in range(500)])
    assert abs(scores.mean() - 0.5) < 0.02
    assert abs(scores.mean(axis=0) - 0.5).max() < 0.08
    assert not np.array_equal(scores[0], model.score([TALK])[0])
