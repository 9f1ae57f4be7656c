"""The face of the library: its names, that importing it costs nothing, a model without a disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import segue


def test_every_name_of_the_face_is_there() -> None:
    for name in segue.__all__:
        assert getattr(segue, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        segue.nonsense  # noqa: B018


def test_importing_it_imports_no_library() -> None:
    code = (
        "import segue, sys; print(sorted({'torch', 'polars', 'numpy', 'transformers'} & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_models_by_name_are_the_table() -> None:
    for line in segue.registry.TABLE:
        assert segue.model(line.name.replace("_", "-")).name == line.name
    with pytest.raises(segue.SegueError, match="no model 'oracle'"):
        segue.model("oracle")


@pytest.mark.parametrize(
    "name", ["popularity", "markov", "item-neighbours", "session-knn", "rules", "blend", "bm25"]
)
def test_a_model_of_a_data_frame(name: str) -> None:
    """No workspace, no file: b follows a in every list."""
    n = 12
    ids = [f"t{i}" for i in range(n)]
    tracks = pl.DataFrame({"track_id": ids, "title": ids, "artist": "x"})
    rows = [(f"p{k}", place, f"t{(k + place) % n}") for k in range(60) for place in range(4)]
    lists = pl.DataFrame(rows, schema=["playlist_id", "position", "track_id"], orient="row")
    library = segue.Library.of(tracks, playlists=lists)
    model = segue.model(name).fit(library)
    request = segue.Request(history=(segue.Play("t3"),), exclude=frozenset({"t3"}))
    found = model.recommend([request], 3)
    assert found.ids.shape == (1, 3)
    assert "t3" not in found.ids[0]
    assert np.isfinite(found.scores).all()
    if name in ("markov", "rules"):
        assert found.ids[0, 0] == "t4"


def test_plays_in_memory_are_a_log() -> None:
    tracks = pl.DataFrame({"track_id": ["a", "b", "c"], "title": ["A", "B", "C"], "artist": ["x", "x", "x"]})
    minutes = [0, 1, 2, 100, 101]
    plays = pl.DataFrame({"user_id": ["u"] * 5, "track_id": ["a", "b", "c", "a", "b"], "minute": minutes})
    plays = plays.with_columns(
        played_at=pl.datetime(2020, 1, 1, time_zone="UTC") + pl.duration(minutes="minute")
    )
    library = segue.Library.of(tracks, plays=plays)
    assert library.log.sessions.tolist() == [1, 1, 1, 2, 2]
    model = segue.model("markov").fit(library)
    found = model.recommend([segue.Request(history=(segue.Play("a"),), exclude=frozenset({"a"}))], 1)
    assert found.ids.tolist() == [["b"]]


def test_an_unknown_setting_names_the_nearest() -> None:
    tracks = pl.DataFrame({"track_id": ["a"], "title": ["A"], "artist": ["x"]})
    with pytest.raises(segue.SegueError, match="did you mean 'neighbours'"):
        segue.model("session-knn").fit(segue.Library.of(tracks), {"neighbors": 3})


TABLE = pl.DataFrame({"track_id": ["a", "b", "c"], "title": ["A", "B", None], "artist": ["x", "x", "y"]})


@pytest.mark.parametrize("given", [TABLE, TABLE.lazy(), TABLE.to_dict(as_series=False), TABLE.to_arrow()])
def test_tables_of_several_kinds_are_a_library(given: Any) -> None:
    library = segue.Library.of(given)
    assert library.catalogue.tracks["title"].to_list() == ["A", "B", ""]
    assert library.catalogue.texts[0] == "A by x"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: segue.Library.of("tracks.csv"), "tracks: no table, but a str; give a data frame"),  # type: ignore[arg-type]
        (lambda: segue.Library.of(pl.concat([TABLE, TABLE])), "tracks: track id 'a' stands there twice"),
        (
            lambda: segue.Library.of(TABLE.with_columns(track_id=pl.lit(None, pl.String))),
            "a track without an id",
        ),
        (lambda: segue.model("bm25").fit("my-music"), r"no library, but a str; give `segue.open"),  # type: ignore[arg-type]
        (lambda: segue.Request(history=("a",)), r"history=...\): a text .*segue.Play"),  # type: ignore[arg-type]
        (lambda: segue.Request(messages="jazz"), r"messages=...\): a text .*segue.Turn"),  # type: ignore[arg-type]
        (lambda: segue.Request(exclude="ab"), r"exclude=...\): a text .*ID"),  # type: ignore[arg-type]
    ],
)
def test_wrong_arguments_are_told_with_the_right_ones(wrong: Callable[[], object], told: str) -> None:
    with pytest.raises(segue.SegueError, match=told):
        wrong()


def test_one_request_is_a_batch_of_one_and_a_path_may_be_a_text(tmp_path: Path) -> None:
    library = segue.Library.of(TABLE)
    model = segue.model("bm25").fit(library)
    request = segue.Request(messages=(segue.Turn("user", "B by x"),))
    assert model.recommend(request, 2).ids.tolist() == model.recommend([request], 2).ids.tolist()
    model.save(str(tmp_path / "kept"))
    again = segue.model("bm25").load(str(tmp_path / "kept"), library)
    assert again.recommend(request, 2).ids[0, 0] == "b"


def test_the_readmes_tables_come_from_csv_files_as_they_are(tmp_path: Path) -> None:
    """Tags in a CSV are one text; times are read by polars where it is told to."""
    (tmp_path / "tracks.csv").write_text("track_id,title,artist,year,tags\n1,A,x,1999,rock; calm\n2,B,y,,\n")
    (tmp_path / "plays.csv").write_text("user_id,track_id,played_at\nu,1,2020-01-01T10:00:00\n")
    tracks = pl.read_csv(tmp_path / "tracks.csv")
    plays = pl.read_csv(tmp_path / "plays.csv", try_parse_dates=True)
    library = segue.Library.of(tracks, plays=plays)
    assert library.catalogue.tracks["tags"].to_list() == [["rock", "calm"], None]
    assert library.catalogue.plays["played_at"].dt.hour().to_list() == [10]
    asked = segue.Request(messages=(segue.Turn("user", "calm"),), where={"tags": "rock"})
    assert segue.model("bm25").fit(library).recommend(asked, 2).ids.tolist() == [["1", None]]
    with pytest.raises(segue.SegueError, match=r"plays table has .*wrong kind.*try_parse_dates"):
        segue.Library.of(tracks, plays=plays.with_columns(pl.col("played_at").cast(pl.String)))
