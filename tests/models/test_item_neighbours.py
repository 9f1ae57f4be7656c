from __future__ import annotations

import numpy as np
import pytest
from planted_sessions import asked, catalogue, random_sessions, sessions, shares

from segue.data.library import Library
from segue.kit.workspace import Workspace
from segue.models.counting import item_neighbours
from segue.models.counting.item_neighbours import ItemNeighbours, NeighbourSettings
from segue.testing.contract import PLAYED, TALK, RecommenderContract


class TestItemNeighbours(RecommenderContract):
    informed_by = (PLAYED, TALK)

    def make(self, workspace: Workspace) -> ItemNeighbours:
        return ItemNeighbours.fit(Library.open(workspace))


def cosines(training: list[list[int]], n_tracks: int, settings: NeighbourSettings) -> np.ndarray:
    """The kept neighbours of each track by plain loops."""
    held = np.zeros((len(training), n_tracks))
    for number, session in enumerate(training):
        held[number, session] = 1
    near = np.zeros((n_tracks, n_tracks))
    for a in range(n_tracks):
        for b in range(n_tracks):
            together = held[:, a] @ held[:, b]
            if a != b and together:
                cosine = together / np.linalg.norm(held[:, a]) / np.linalg.norm(held[:, b])
                near[a, b] = cosine * together / (together + settings.shrinkage)
        near[a][near[a].argsort()[: -settings.neighbours]] = 0
    return near


@pytest.mark.parametrize("block", [7, 4096])
@pytest.mark.parametrize("settings", [NeighbourSettings(), NeighbourSettings(shrinkage=0.0, decay=0.3)])
def test_scores_are_those_of_plain_loops(
    settings: NeighbourSettings, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_neighbours, "BLOCK", block)
    training = random_sessions(30, 60)
    data = sessions(30, *training)
    model = ItemNeighbours.of_sessions(catalogue(30), data, settings)
    near = cosines(training, 30, settings)
    for query in [[3], [1, 2, 1, 8], [29, 0]]:
        evidence = sum(settings.decay**back * near[t] for back, t in enumerate(query[::-1]))
        wanted = shares(evidence, data.counts(), settings.backoff)
        np.testing.assert_allclose(model.score([asked(*query)])[0], wanted, atol=1e-6)


def test_only_the_nearest_are_kept() -> None:
    # t1 shares all three sessions of t0, t2 two, t3 one.
    data = sessions(4, [0, 1, 2, 3], [0, 1, 2], [0, 1])
    model = ItemNeighbours.of_sessions(catalogue(4), data, NeighbourSettings(neighbours=2, backoff=1e-6))
    assert np.flatnonzero(model.matrix[0].toarray()).tolist() == [1, 2]
    assert list(model.recommend([asked(0)], 2).ids[0]) == ["t1", "t2"]


def test_few_shared_sessions_are_trusted_less() -> None:
    # t0 and t1 share their only session; t0's cosine with t1 is higher than with t2, its evidence thinner.
    data = sessions(3, [0, 1, 2], *[[0, 2]] * 3)
    without = ItemNeighbours.of_sessions(catalogue(3), data, NeighbourSettings(shrinkage=0.0)).matrix
    shrunk = ItemNeighbours.of_sessions(catalogue(3), data, NeighbourSettings(shrinkage=2.0)).matrix
    assert shrunk[0, 1] / without[0, 1] == pytest.approx(1 / 3)
    assert shrunk[0, 2] / without[0, 2] == pytest.approx(4 / 6)
