"""Tables as people bring them who have read nothing: columns of other names, none of ids, odd cells."""

import json
from pathlib import Path

import pytest

from segue.data.account import Account
from segue.data.catalogue import Catalogue
from segue.data.names import name_id
from segue.importing.add import add
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import tables
from segue.sources.folder import scan


def test_tracks_without_ids_get_them_of_artist_and_title(tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text("title,artist,year\nA,B,1999\nA,C,2000\na,b,2001\n")
    found = tables.read(tmp_path / "tracks.csv")
    assert found.tracks["track_id"].to_list() == [name_id("B", "A"), name_id("C", "A"), name_id("b", "a")]
    assert found.tracks["track_id"].n_unique() == 2  # the third is the first in small letters
    assert isinstance(found.dropped, Account)
    assert found.dropped.notes == ["no column of ids: each track's is made of its artist and title"]


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        ("id,name,artists", "--columns.track_id=id --columns.title=name --columns.artist=artists"),
        ("Track URI,Track Name,by", "'--columns.track_id=Track URI' '--columns.title=Track Name'"),
        ("spotify_uri,title,artist", "--columns.track_id=spotify_uri"),  # not made: another file may use them
        ("name,singer", "--columns: --columns.title=name --columns.artist=singer"),
        ("track_id,what,artist", "--columns.title=NAME"),
    ],
)
def test_missing_columns_are_told_with_the_flags_that_map_them(
    header: str, flags: str, tmp_path: Path
) -> None:
    (tmp_path / "tracks.csv").write_text(f"{header}\n" + ",".join("xyz"[: header.count(",") + 1]) + "\n")
    with pytest.raises(SegueError, match="rename the column or map it with --columns: ") as told:
        tables.read(tmp_path / "tracks.csv")
    assert flags in str(told.value)


def test_ids_that_no_float_holds_stay_what_they_are(tmp_path: Path) -> None:
    ids = (12345678901234567890123, 9007199254740993, 5.0)
    lines = [json.dumps({"track_id": i, "title": "A", "artist": "B"}) for i in ids]
    (tmp_path / "tracks.jsonl").write_text("\n".join(lines))
    found = tables.read(tmp_path / "tracks.jsonl").tracks["track_id"].to_list()
    assert found == ["12345678901234567890123", "9007199254740993", "5"]


def test_a_title_cannot_steer_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text(
        'track_id,title,artist\n1,\x1b[31mRed\x1b[0m \x1b]0;pwned\x07,\x07Bee\n2,"One\nTwo",C\n3,\x1b[0m,D\n'
    )
    report = add(Workspace(tmp_path / "music"), tables.read(tmp_path / "tracks.csv"))
    names = Catalogue.load(Workspace(tmp_path / "music")).tracks.select("title", "artist").rows()
    assert names == [("Red", "Bee"), ("One Two", "C"), ("", "D")]
    assert "note: 3 x title with control characters: they are left out" in report.lines


def test_dates_that_can_be_read_two_ways_are_refused_with_the_way_to_write_them(tmp_path: Path) -> None:
    (tmp_path / "plays.csv").write_text("user_id,track_id,played_at\nu,1,3/4/2021\n")
    with pytest.raises(SegueError, match="a time as 2021-03-04 18:30: 3/4/2021 may be April"):
        tables.read(tmp_path / "plays.csv", "plays")


def test_a_file_in_the_place_of_a_folder_of_music(tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text("track_id,title,artist\n1,A,B\n")
    with pytest.raises(SegueError, match=r"a file, not a folder; .*segue import tables"):
        scan.walk([tmp_path / "tracks.csv"])
