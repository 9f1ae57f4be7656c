from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from segue.data import store
from segue.data.catalogue import Catalogue, Turn
from segue.data.library import Library
from segue.data.request import Play, Request
from segue.data.store import Feature
from segue.kit.arrays import Floats
from segue.kit.workspace import Workspace
from segue.models.counting.popularity import Popularity
from segue.models.retrieval.neighbours import Neighbours, Space, Taste
from segue.testing.contract import PLAYED, TALK, RecommenderContract


class TestNeighbours(RecommenderContract):
    informed_by = (PLAYED, TALK)

    def make(self, workspace: Workspace) -> Neighbours:
        return Neighbours.fit(Library.open(workspace))


def played(*ids: str, disliked: tuple[str, ...] = ()) -> Request:
    return Request(messages=tuple(Turn("music", i, False) for i in disliked), history=tuple(map(Play, ids)))


def write(workspace: Workspace, modality: str, vectors: Floats, present: list[int]) -> None:
    """A feature with vectors for the rows `present` only; what stands in the other rows is misleading."""
    matrix = np.full((24, vectors.shape[1]), 7.0, np.float32)
    matrix[present] = vectors
    known = np.isin(np.arange(24), present)
    store.save(workspace, modality, store.Feature(matrix, known), encoder="test", input_hash="test")


@pytest.fixture
def vectors() -> Floats:
    return np.random.default_rng(1).normal(size=(20, 5)).astype(np.float32)


@pytest.fixture
def planted(workspace: Workspace, vectors: Floats) -> Workspace:
    """A workspace with made-up company vectors of the first 20 tracks."""
    write(workspace, "playlist", vectors, list(range(20)))
    return workspace


def cosines(vectors: Floats, query: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    return np.asarray(vectors @ query / lengths, np.float32)


def test_one_track_ranks_by_cosine(planted: Workspace, vectors: Floats) -> None:
    scores = Neighbours.fit(Library.open(planted)).score([played("t3")])[0]
    np.testing.assert_allclose(scores[:20], cosines(vectors, vectors[3]), atol=1e-5)


def test_a_track_without_company_is_neutral(planted: Workspace) -> None:
    scores = Neighbours.fit(Library.open(planted)).score([played("t3", "t4")])[0]
    np.testing.assert_allclose(scores[20:], scores[:20].mean(), atol=1e-5)


def test_late_tracks_count_more_and_rejected_ones_against(planted: Workspace, vectors: Floats) -> None:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    query = (0.5 * unit[1] + unit[2]) / 1.5 - 0.3 * unit[9]
    model = Neighbours.fit(Library.open(planted), {"decay": 0.5, "rejected": 0.3})
    scores = model.score([played("t1", "t2", disliked=("t9",))])[0]
    np.testing.assert_allclose(scores[:20], cosines(vectors, query), atol=1e-5)


def test_without_plays_it_is_popularity(planted: Workspace) -> None:
    model, requests = (
        Neighbours.fit(Library.open(planted)),
        [Request(), played(disliked=("t1",)), played("unknown")],
    )
    assert np.array_equal(model.score(requests), Popularity.fit(Library.open(planted)).score(requests))


def test_tracks_without_company_are_looked_up_by_content(planted: Workspace) -> None:
    content = np.random.default_rng(2).normal(size=(24, 3)).astype(np.float32)
    write(planted, "metadata", content, list(range(24)))
    model = Neighbours.fit(Library.open(planted))
    scores = model.score([played("t21"), played("t21", "t3"), played("t3")])
    np.testing.assert_allclose(scores[0], cosines(content, content[21]), atol=1e-5)
    assert np.array_equal(scores[1], scores[2])


def test_without_features_it_is_popularity(workspace: Workspace) -> None:
    shutil.rmtree(workspace.feature("playlist"))
    assert np.array_equal(
        Neighbours.fit(Library.open(workspace)).score([PLAYED]),
        Popularity.fit(Library.open(workspace)).score([PLAYED]),
    )


def test_settings_come_back_from_disk(planted: Workspace) -> None:
    Neighbours.fit(Library.open(planted), {"decay": 0.25, "rejected": 0.5}).save(planted.model("neighbours"))
    assert json.loads((planted.model("neighbours") / "config.json").read_text())["decay"] == 0.25
    assert Neighbours.load(planted.model("neighbours"), Library.open(planted)).taste == Taste(
        decay=0.25, rejected=0.5
    )


def test_a_space_has_unit_vectors_and_none_of_zeros() -> None:
    matrix = np.array([[3, 4], [0, 0], [1, 0]], np.float32)
    space = Space.of(Feature(matrix, np.array([True, True, False])))
    assert space.present.tolist() == [True, False, False]
    np.testing.assert_allclose(space.vectors, [[0.6, 0.8], [0, 0], [0, 0]])


def test_an_opposite_rejection_turns_nothing_around(planted: Workspace) -> None:
    """A rejected track alone says nothing of what is wanted."""
    taste, catalogue = Taste(), Catalogue.load(planted)
    space = Neighbours.fit(Library.open(planted)).spaces["playlist"]
    assert not taste.centres(space, catalogue, [played(disliked=("t1", "t2"))]).any()
