"""What docs/architecture.md promises: one new file and one line for a recommender, a source, encoders."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import segue
from segue.data.account import Account
from segue.encoders.audio import work
from segue.importing.add import add
from segue.kit.workspace import Workspace
from segue.models import registry
from segue.sources import registry as sources

RECOMMENDER = """
from pathlib import Path
from typing import Self
import numpy as np
from segue.data.library import Library
from segue.kit.settings import Settings
from segue.models.recommender import Recommender

class Wish(Settings):
    newest: bool = True

class Newest(Recommender):
    name = "newest"
    settings_type = Wish

    @classmethod
    def _fit(cls, library: Library, settings: Wish) -> Self:
        model = cls(library.catalogue)
        model.sign = 1 if settings.newest else -1
        return model

    def score(self, requests):
        year = self.catalogue.tracks["year"].fill_null(0).to_numpy().astype(np.float32)
        return np.tile(self.sign * year, (len(requests), 1))

    def _save(self, directory: Path) -> None:
        (directory / "sign").write_text(str(self.sign))

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        model = cls(library.catalogue)
        model.sign = int((directory / "sign").read_text())
        return model
"""
SOURCE = """
import polars as pl
from segue.data.account import Account
from segue.data.catalogue import Tables

def read(path, *, user="me"):
    names = path.read_text().split()
    table = pl.DataFrame({"track_id": names, "title": names, "artist": user})
    return Tables(table, dropped=Account())
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary package beside segue's: its modules are imported as `segue.models.newest` and the like."""
    for parent, name, text in (("models", "newest", RECOMMENDER), ("sources", "words", SOURCE)):
        folder = tmp_path / parent
        folder.mkdir()
        (folder / f"{name}.py").write_text(text)
        module = sys.modules[f"segue.{parent}"]
        monkeypatch.setattr(module, "__path__", [*module.__path__, str(folder)])
    monkeypatch.setattr(
        registry, "TABLE", (*registry.TABLE, registry.Entry("newest", "newest:Newest", registry.BOTH))
    )
    monkeypatch.setattr(
        sources, "TABLE", (*sources.TABLE, sources.Source("words", "words:read", "words of a text"))
    )
    yield tmp_path
    for name in ("segue.models.newest", "segue.sources.words"):
        sys.modules.pop(name, None)


def test_a_recommender_is_one_file_and_one_line(package: Path, workspace: Workspace) -> None:
    library = segue.open(workspace.root)
    model = segue.model("newest").fit(library, {"newest": False})
    assert model.recommend([segue.Request()], 2).ids[0].tolist() == ["t0", "t1"]
    model.save(workspace.model("newest"))
    again = registry.load_all(segue.open(workspace.root), "next-track")["newest"]
    assert again.recommend([segue.Request()], 2).ids[0].tolist() == ["t0", "t1"]
    with pytest.raises(segue.SegueError, match="did you mean 'newest'"):
        segue.model("newest").fit(library, {"newst": True})


def test_a_source_is_one_file_and_one_line(package: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("alpha beta")
    found = sources.read("words", tmp_path / "mine.txt", {"user": "somebody", "columns": None})
    assert isinstance(found.dropped, Account)
    add(Workspace(tmp_path / "w"), found)
    tracks = segue.open(tmp_path / "w").catalogue.tracks
    assert tracks.select("track_id", "artist").rows() == [("alpha", "somebody"), ("beta", "somebody")]


def test_an_audio_encoder_is_one_class_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mean:
        identity, rate, dim = "mean", 8000, 1

        def encode(self, blocks):
            from segue.encoders.audio.encoder import Encoded

            return Encoded(np.array([np.concatenate(list(blocks)).mean()], np.float32))

    monkeypatch.setitem(work.TABLE, "mean", lambda place, device, trust: Mean())
    assert work.load_encoder("mean").encode(iter([np.ones(10, np.float32)])).vector.tolist() == [1.0]


def test_a_text_encoder_is_anything_with_identity_and_encode(workspace: Workspace) -> None:
    from segue.features import semantic

    class Length:
        identity = "length"

        def encode(self, texts, *, progress=""):
            return np.array([[len(t), 1] for t in texts], np.float32)

    semantic.compute(workspace, encoder=Length())
    library = segue.open(workspace.root)
    assert library.card("semantic")["encoder"] == "length"
    assert library.feature("semantic").matrix.shape == (24, 2)
    assert isinstance(library.catalogue.tracks, pl.DataFrame)
