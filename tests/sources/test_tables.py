"""Tables of the user's own: what comes in is what was in the file, and what is wrong is said plainly."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from segue.kit.errors import SegueError
from segue.sources import tables

TRACKS_CSV = (
    "track_id,title,artist,year,duration_s,tags,bpm\n"
    "007,1999,Prince,1982,379.5,funk;pop,118\n"
    'b,"Hello, again",Ana,1958-03-31,,rock and roll|blues,\n'
    "c,Só,Beto,,,,90\n"
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_tracks_keep_ids_as_text_and_split_tags(tmp_path: Path) -> None:
    found = tables.read(write(tmp_path / "music.csv", TRACKS_CSV)).tracks
    assert found["track_id"].to_list() == ["007", "b", "c"]
    assert found["title"].to_list() == ["1999", "Hello, again", "Só"]
    assert found["year"].to_list() == [1982, 1958, None]
    assert found["tags"].to_list() == [["funk", "pop"], ["rock and roll", "blues"], None]
    assert found["duration_s"].to_list() == [379.5, None, None]
    assert found["bpm"].to_list() == [118, None, 90], "further columns are kept with their own type"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a; b;c", ["a", "b", "c"]), ("a|b", ["a", "b"]), ("a, b", ["a", "b"]), ("a, b;c", ["a, b", "c"])],
)
def test_tags_split_on_the_strongest_separator(tmp_path: Path, text: str, expected: list[str]) -> None:
    path = write(tmp_path / "t.csv", f'track_id,title,artist,tags\n1,t,a,"{text}"\n')
    assert tables.read(path).tracks["tags"].to_list() == [expected]


def test_columns_are_mapped_and_a_taken_name_goes(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", "id\tname\ttitle\tby\n1\tReal\tMr\tAna\n")
    found = tables.read(path, columns={"track_id": "id", "title": "name", "artist": "by"}).tracks
    assert found.select("track_id", "title", "artist").row(0) == ("1", "Real", "Ana")
    assert "name" not in found.columns


def test_every_kind_of_file_gives_the_same_table(tmp_path: Path) -> None:
    frame = pl.DataFrame({"track_id": ["x", "y"], "title": ["a", "b"], "artist": ["c", "d"], "year": [1, 2]})
    frame.write_csv(tmp_path / "t.csv")
    frame.write_csv(tmp_path / "t.tsv", separator="\t")
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_ndjson(tmp_path / "t.jsonl")
    first, *others = [
        tables.read(tmp_path / f"t.{suffix}").tracks.drop("year")
        for suffix in ("csv", "tsv", "parquet", "jsonl")
    ]
    assert all(first.equals(other) for other in others)


def test_a_parquet_with_lists_and_number_ids(tmp_path: Path) -> None:
    pl.DataFrame({"track_id": [7], "title": ["t"], "artist": ["a"], "tags": [["x", "y"]]}).write_parquet(
        tmp_path / "tracks.parquet"
    )
    found = tables.read(tmp_path / "tracks.parquet").tracks
    assert found["track_id"].to_list() == ["7"]
    assert found["tags"].to_list() == [["x", "y"]]


@pytest.mark.parametrize(
    "text",
    [
        "1509537600",
        "1509537600.0",
        "1509537600000",
        "2017-11-01T12:00:00Z",
        "2017-11-01 12:00:00",
        "2017-11-01T13:00:00+01:00",
        "2017-11-01T12:00:00.000Z",
        "2017-11-01T12:00",
    ],
)
def test_times_are_iso_or_unix_seconds(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "p.csv", f"user_id,track_id,played_at\nu,1,{text}\n")
    plays = tables.read(path, table="plays").plays
    assert plays is not None
    assert plays["played_at"].to_list() == [dt.datetime(2017, 11, 1, 12, tzinfo=dt.UTC)]


def test_forms_of_time_may_be_mixed_and_numbers_be_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "user_id,track_id,played_at\nu,1,2017-11-01\nu,1,1509537600\n")
    mixed = tables.read(path, table="plays").plays
    assert mixed is not None
    assert [t.hour for t in mixed["played_at"].to_list()] == [0, 12]
    line = json.dumps({"user_id": 3, "track_id": 1, "played_at": 1509537600})
    plays = tables.read(write(tmp_path / "p.jsonl", line + "\n"), table="plays").plays
    assert plays is not None
    assert plays.row(0)[:3] == ("3", "1", dt.datetime(2017, 11, 1, 12, tzinfo=dt.UTC))


def test_a_value_that_is_no_time(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "user_id,track_id,played_at\nu,1,yesterday\n")
    with pytest.raises(SegueError, match="'yesterday'"):
        tables.read(path, table="plays")


def test_a_folder_holds_several_tables(tmp_path: Path) -> None:
    write(tmp_path / "tracks.csv", "id,title,artist\n1,t,a\n2,u,b\n")
    write(tmp_path / "playlists.csv", "playlist_id,track_id\np,2\nq,1\np,1\n")
    write(tmp_path / "plays.csv", "user_id,track_id,played_at\nu,1,2020-01-01\n")
    turns = [{"role": "user", "content": "hi\u2028there"}, {"role": "music", "content": "1"}]
    line = json.dumps({"dialogue_id": "d", "turns": turns}, ensure_ascii=False)
    write(tmp_path / "dialogues.jsonl", line + "\n\n")
    found = tables.read(tmp_path, columns={"track_id": "id"})
    assert found.tracks["track_id"].to_list() == ["1", "2"]
    assert found.playlists is not None
    assert found.plays is not None
    rows = found.playlists.select("playlist_id", "position", "track_id").rows()
    assert rows == [("p", 0, "2"), ("q", 0, "1"), ("p", 1, "1")], "positions in the order of the file"
    assert found.plays.height == 1
    assert found.dialogues[0].turns[0].content == "hi\u2028there"


def test_playlists_as_lists_of_tracks(tmp_path: Path) -> None:
    line = json.dumps({"playlist_id": "p", "title": "calm", "track_id": ["b", "a"]})
    found = tables.read(write(tmp_path / "playlists.jsonl", line + "\n"), table="playlists").playlists
    assert found is not None
    assert found.select("position", "track_id", "title").rows() == [(0, "b", "calm"), (1, "a", "calm")]


def test_missing_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no such file"):
        tables.read(tmp_path / "none.csv")
    with pytest.raises(SegueError, match="empty"):
        tables.read(write(tmp_path / "empty.csv", ""))
    with pytest.raises(SegueError, match="no rows"):
        tables.read(write(tmp_path / "head.csv", "track_id,title,artist\n"))
    with pytest.raises(SegueError, match=r"unknown kind of file '\.xls'"):
        tables.read(write(tmp_path / "t.xls", "x"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(SegueError, match=r"name them tracks\.csv"):
        tables.read(tmp_path / "folder")


def test_wrong_columns_are_listed(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "id,name,artist\n1,t,a\n")
    with pytest.raises(SegueError, match=r"no column track_id, title .*id, name, artist"):
        tables.read(path)
    with pytest.raises(SegueError, match=r"no column nope .*it has: id, name, artist"):
        tables.read(path, columns={"track_id": "nope"})
    write(tmp_path / "tracks.csv", TRACKS_CSV)
    with pytest.raises(SegueError, match="no plays file"):
        tables.read(tmp_path, table="plays", columns={"user_id": "who"})


def test_files_of_another_form(tmp_path: Path) -> None:
    for name in ("t.jsonl", "t.parquet"):
        with pytest.raises(SegueError, match="cannot be read"):
            tables.read(write(tmp_path / name, "this is not it {\n"))
    with pytest.raises(SegueError, match=r"not a dialogue \(1 x damaged .*dialogues\.jsonl:1: nonsense"):
        tables.read(write(tmp_path / "dialogues.jsonl", "nonsense\n"), table="dialogues")
