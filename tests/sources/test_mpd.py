"""MPD: slices in a folder or zip come out as tracks and dated playlists."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from segue.data.catalogue import Catalogue
from segue.importing import add as importing
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import mpd

DAY = 86_400
START = 1_509_494_400  # 2017-11-01


def entry(position: int, n: int) -> dict[str, Any]:
    return {
        "pos": position,
        "track_uri": f"spotify:track:{n}",
        "track_name": f"Song {n}",
        "artist_name": f"Artist {n % 3}",
        "artist_uri": "spotify:artist:x",
        "album_name": "LP",
        "duration_ms": 1500 + n,
    }


def slice_of(first: int, n_playlists: int, n_tracks: int = 7) -> str:
    playlists = [
        {
            "pid": pid,
            "name": f"list {pid}",
            "modified_at": START + DAY * pid,
            "num_tracks": 3,
            "tracks": [entry(place, (pid + place) % n_tracks) for place in range(3)],
        }
        for pid in range(first, first + n_playlists)
    ]
    return json.dumps({"info": {}, "playlists": playlists})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mpd" / "data"
    folder.mkdir(parents=True)
    for first in (0, 10, 100):
        (folder / f"mpd.slice.{first}-{first + 9}.json").write_text(slice_of(first, 10), "utf-8")
    (folder / "other.json").write_text("not a slice", "utf-8")
    return folder.parent


def test_a_folder_of_slices(folder: Path) -> None:
    found = mpd.read(folder)
    assert sorted(found.tracks["track_id"]) == [f"spotify:track:{n}" for n in range(7)], "each track once"
    row = found.tracks.filter(track_id="spotify:track:4").row(0, named=True)
    assert (row["title"], row["artist"], row["album"], row["duration_s"]) == (
        "Song 4",
        "Artist 1",
        "LP",
        1.504,
    )
    assert found.playlists is not None
    assert found.playlists["playlist_id"].unique(maintain_order=True).to_list()[9:12] == [
        "mpd-9",
        "mpd-10",
        "mpd-11",
    ]
    first = found.playlists.filter(playlist_id="mpd-1")
    assert first["track_id"].to_list() == ["spotify:track:1", "spotify:track:2", "spotify:track:3"]
    assert first["title"].unique().to_list() == ["list 1"]
    assert first["created_at"].unique().to_list() == [dt.datetime(2017, 11, 2, tzinfo=dt.UTC)]


def test_a_zip_gives_the_same(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mpd.zip", "w") as archive:
        for file in folder.rglob("*.json"):
            archive.write(file, file.relative_to(folder))
    zipped, plain = mpd.read(tmp_path / "mpd.zip"), mpd.read(folder)
    assert zipped.tracks.equals(plain.tracks)
    assert zipped.playlists is not None
    assert plain.playlists is not None
    assert zipped.playlists.equals(plain.playlists)


def test_the_newest_playlists_are_the_test(folder: Path, tmp_path: Path) -> None:
    for file in folder.rglob("mpd.slice.*.json"):
        first = int(file.name.split(".")[2].split("-")[0])
        file.write_text(slice_of(first, 10, 1000), "utf-8")
    workspace = Workspace(tmp_path / "w")
    report = importing.add(workspace, mpd.read(folder), validation=0.2, test=0.1)
    assert report.splits["playlists"] == {"train": 21, "validation": 6, "test": 3}
    newest = Catalogue.load(workspace).playlists.filter(split="test")["playlist_id"].unique()
    assert set(newest) == {"mpd-107", "mpd-108", "mpd-109"}


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no such file or folder"):
        mpd.read(tmp_path / "none")
    with pytest.raises(SegueError, match=r"no mpd\.slice\.\*\.json here"):
        mpd.read(tmp_path)
    (tmp_path / "x.zip").write_text("no zip", "utf-8")
    with pytest.raises(SegueError, match="neither a folder nor a zip"):
        mpd.read(tmp_path / "x.zip")
    file = tmp_path / "mpd.slice.0-9.json"
    for text in ("", "{nonsense"):
        file.write_text(text, "utf-8")
        with pytest.raises(SegueError, match=r"not an MPD slice \(mpd\.slice\.0-9\.json"):
            mpd.read(tmp_path)
    for wrong in ("{}", "[]", '{"playlists": [{"pid": 1, "tracks": [{"pos": 0}]}]}'):
        file.write_text(wrong, "utf-8")
        with pytest.raises(SegueError, match="not an MPD slice"):
            mpd.read(tmp_path)
