from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import TRACKS, Catalogue, Turn, conform
from segue.data.library import Library
from segue.data.request import Request
from segue.encoders.text import TextEncoder
from segue.kit.arrays import Floats, unit
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.retrieval.dense import CachedEncoder, Dense
from segue.testing.contract import REQUESTS, SAID, TALK, RecommenderContract


@pytest.mark.usefixtures("one_encoder")
class TestDense(RecommenderContract):
    informed_by = (SAID, TALK)

    def make(self, workspace: Workspace) -> Dense:
        return Dense.fit(Library.open(workspace))


class Counting:
    """An encoder whose vectors are one-hot by length, and that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: list[str], *, progress: str = "") -> Floats:
        self.asked += texts
        return np.eye(64, dtype=np.float32)[[len(text) % 64 for text in texts]]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    encoder = Counting()
    monkeypatch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: encoder)
    return encoder


def test_scores_are_cosines(workspace: Workspace, one_encoder: TextEncoder) -> None:
    model = Dense.fit(Library.open(workspace), {"decay": 0.5})
    old, new = one_encoder.encode(["wild", "piano"])
    query = 0.5 * old + new
    wanted = one_encoder.encode(model.catalogue.texts) @ (query / np.linalg.norm(query))
    found = model.score([Request(messages=(Turn("user", "wild"), Turn("user", "piano")))])[0]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_nothing_said_scores_nothing(workspace: Workspace, one_encoder: TextEncoder) -> None:
    assert not Dense.fit(Library.open(workspace)).score([REQUESTS[0], REQUESTS[2]]).any()


def test_a_text_is_encoded_once(counting: Counting) -> None:
    cached = CachedEncoder("any", size=3)
    first = cached(["a", "bb", "a"])
    assert counting.asked == ["a", "bb"]
    assert np.array_equal(cached(["bb", "a"]), first[[1, 0]])
    assert counting.asked == ["a", "bb"]


def test_the_text_used_longest_ago_is_forgotten(counting: Counting) -> None:
    cached = CachedEncoder("any", size=2)
    for texts in (["a"], ["bb"], ["a"], ["ccc"], ["a"], ["bb"]):
        cached(texts)
    assert counting.asked == ["a", "bb", "ccc", "bb"]


def test_only_new_tracks_are_encoded_on_loading(
    workspace: Workspace, counting: Counting, tmp_path: Path
) -> None:
    Dense.fit(Library.open(workspace)).save(tmp_path / "saved")
    catalogue = Catalogue.load(workspace)
    new = pl.DataFrame({"track_id": ["new"], "title": ["Zircon"], "artist": ["A"]})
    catalogue.tracks = pl.concat([catalogue.tracks, conform("tracks", new, TRACKS)])
    catalogue.save(workspace)
    counting.asked.clear()
    assert len(Dense.load(tmp_path / "saved", Library.open(workspace)).vectors) == 25
    assert counting.asked == ["Zircon by A"]


def test_a_smaller_catalogue_is_an_error(workspace: Workspace, counting: Counting, tmp_path: Path) -> None:
    Dense.fit(Library.open(workspace)).save(tmp_path / "saved")
    catalogue = Catalogue.load(workspace)
    catalogue.tracks = catalogue.tracks.head(5)
    catalogue.save(workspace)
    with pytest.raises(SegueError, match="another catalogue"):
        Dense.load(tmp_path / "saved", Library.open(workspace))


def test_unit_leaves_zeros_alone() -> None:
    rows = unit(np.array([[3, 4], [0, 0]], np.float32))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]])
