"""The study of E4SRec: cells made once, one that fails says why, seeds together, a page."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.experiments.e4srec.page import stacked
from segue.experiments.e4srec.settings import Study
from segue.experiments.e4srec.study import E4SRecStudy
from segue.experiments.study import study
from segue.features import metadata
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.e4srec.model import E4SRec
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny


@pytest.fixture(scope="module")
def home(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The checkerboard with one content feature and test playlists."""
    workspace = Workspace(shutil.copytree(checkerboard_template, tmp_path_factory.mktemp("e") / "music"))
    metadata.compute(workspace, encoder=HashEncoder())
    catalogue = Catalogue.load(workspace)
    later = pl.col("playlist_id").is_in([f"p{n}" for n in range(12)])
    split = pl.when(later).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split")
    catalogue.playlists = catalogue.playlists.with_columns(split)
    catalogue.save(workspace)
    return workspace


def test_the_study(home: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lm = str(save_tiny(tmp_path / "lm"))
    settings = Study(steps=2, encoder_steps=3, seeds=2, size=lm, backbone="", max_requests=20, validation=0)
    said: list[str] = []

    def go() -> list[str]:
        only = ("modalities", "sasrec, id", "popularity")
        return study(E4SRecStudy(), Library.open(home), settings, said.append, only=only, command="segue ...")

    lines = "\n".join(go())
    page = (home.report("experiment-e4srec") / "report.md").read_text()
    for words in (
        "id + metadata",
        "failed: id + lyrics: ",
        "no feature 'lyrics' here",
        "sasrec, id",
        "mean z",
    ):
        assert words in lines
        assert words in page
    assert "| id | 2 |" in page
    kept = pl.read_parquet(home.report("experiment-e4srec") / "per_request.parquet")
    assert set(kept["table"]) == {"zero-shot", "modalities", "baselines"}
    assert {"id", "id.seed1"} <= set(kept["model"])
    # Everything that was measured is kept; "id + all" is "id + metadata" here, and was made once.
    models = [p.name for p in (home.root / "experiments" / "e4srec" / "models").iterdir()]
    assert len([m for m in models if not m.startswith(".")]) == 4

    def never(*args: Any) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(E4SRec, "_learn", never)
    said.clear()
    assert go() == lines.split("\n")
    assert sum("kept" in line for line in said) == 9


def test_an_unknown_row_is_an_error(home: Workspace) -> None:
    with pytest.raises(SegueError, match="no table or row 'table 99'"):
        study(E4SRecStudy(), Library.open(home), Study(), print, only=["table 99"])


def test_a_row_with_one_seed_stands_beside_each_of_the_others() -> None:
    table = pl.DataFrame(
        {"model": ["a", "a.seed1", "b"], "user_id": ["u"] * 3, "position": [4, 4, 4], "x": [1, 2, 3]}
    )
    found = stacked(table)
    assert found.select("model", "x").rows() == [("a", 1), ("a", 2), ("b", 3), ("b", 3)]
    assert found["position"].n_unique() == 2
