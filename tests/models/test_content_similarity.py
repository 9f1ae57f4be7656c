from __future__ import annotations

import numpy as np
import pytest
from planted_sessions import asked

from segue.data import store
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.retrieval.content import ContentSettings, ContentSimilarity
from segue.testing.contract import PLAYED, TALK, RecommenderContract


def write(workspace: Workspace, modality: str, vectors: Floats, present: list[int]) -> None:
    """A feature with vectors for some rows only; what stands in the other rows is misleading."""
    matrix = np.full((24, vectors.shape[1]), 7.0, np.float32)
    matrix[present] = vectors
    feature = store.Feature(matrix, np.isin(np.arange(24), present))
    store.save(workspace, modality, feature, encoder="test", input_hash="test")


class TestContentSimilarity(RecommenderContract):
    informed_by = (PLAYED, TALK)

    def make(self, workspace: Workspace) -> ContentSimilarity:
        """Each community has its place in two modalities; the first lacks some tracks."""
        generator = np.random.default_rng(0)
        for modality, n in (("semantic", 20), ("audio", 24)):
            place = np.where(np.arange(n)[:, None] % 2, [[1.0, 0, 0]], [[0, 1.0, 0]])
            vectors = place + 0.1 * generator.normal(size=(n, 3))
            write(workspace, modality, vectors.astype(np.float32), list(range(n)))
        return ContentSimilarity.fit(Library.open(workspace))


@pytest.fixture
def vectors() -> Floats:
    return np.random.default_rng(1).normal(size=(24, 5)).astype(np.float32)


def unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def test_scores_are_standardised_cosines_to_the_decayed_mean(workspace: Workspace, vectors: Floats) -> None:
    write(workspace, "audio", vectors, list(range(24)))
    model = ContentSimilarity.fit(Library.open(workspace), ContentSettings(decay=0.5))
    cosines = unit(vectors) @ unit(0.25 * unit(vectors[1]) + 0.5 * unit(vectors[2]) + unit(vectors[9]))
    wanted = (cosines - cosines.mean()) / cosines.std()
    np.testing.assert_allclose(model.score([asked(1, 2, 9)])[0], wanted, atol=1e-4)


def test_company_is_no_content(workspace: Workspace) -> None:
    """The workspace has the playlist feature, which comes from who plays a track."""
    with pytest.raises(SegueError, match="no content feature"):
        ContentSimilarity.fit(Library.open(workspace))


def test_a_track_without_content_stands_at_the_mean(workspace: Workspace, vectors: Floats) -> None:
    write(workspace, "lyrics", vectors[:10], list(range(10)))
    scores = ContentSimilarity.fit(Library.open(workspace)).score([asked(3)])[0]
    np.testing.assert_allclose(scores[10:], 0, atol=1e-5)
    assert scores.argmax() == 3


def test_without_a_play_that_has_content_all_tracks_are_equal(workspace: Workspace, vectors: Floats) -> None:
    write(workspace, "lyrics", vectors[:10], list(range(10)))
    assert not ContentSimilarity.fit(Library.open(workspace)).score([Request(), asked(15)]).any()


def test_popularity_plays_no_role(workspace: Workspace, vectors: Floats) -> None:
    write(workspace, "audio", np.tile(vectors[:1], (24, 1)), list(range(24)))
    np.testing.assert_allclose(ContentSimilarity.fit(Library.open(workspace)).score([asked(3)]), 0, atol=1e-3)
