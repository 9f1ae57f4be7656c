"""Tables as they come out of spreadsheets, data frames and exporters: what is odd is read or told."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from command import refused, segue
from segue.data.catalogue import Tables
from segue.kit.errors import SegueError
from segue.sources import tables

HEAD = "track_id,title,artist"


def read(folder: Path, raw: bytes | str, name: str = "t.csv", **options: Any) -> Tables:
    (folder / name).write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return tables.read(folder / name, **options)


def parquet(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out)
    return out.getvalue()


ONE = [("1", "Años", "Ana")]
WRITTEN: dict[str, tuple[str, bytes | str]] = {
    "semicolons": ("t.csv", "track_id;title;artist\r\n1;Años;Ana\r\n"),
    "bars": ("t.csv", "track_id|title|artist\n1|Años|Ana\n"),
    "tabs in a csv": ("t.csv", "track_id\ttitle\tartist\n1\tAños\tAna\n"),
    "a mark": ("t.csv", f"\ufeff{HEAD}\n1,Años,Ana\n"),
    "utf-16 of excel": ("t.csv", "track_id\ttitle\tartist\r\n1\tAños\tAna\r\n".encode("utf-16")),
    "latin-1": ("t.csv", f"{HEAD}\n1,Años,Ana\n".encode("latin-1")),
    "old mac": ("t.csv", f"{HEAD}\r1,Años,Ana\r"),
    "sep line": ("t.csv", "sep=;\ntrack_id;title;artist\n1;Años;Ana\n"),
    "title above": ("t.csv", f"My Library,,\n\n{HEAD}\n1,Años,Ana\n,,\n\n"),
    "blanks and case": ("t.csv", "Track ID , Title,ARTIST\n 1 , Años, Ana\n"),
    "null byte": ("t.csv", f"{HEAD}\n1,A\0ños,Ana\n"),
    "escaped quotes": ("t.csv", 'track_id,title,artist,x\n1,Años,Ana,"a \\"b\\", c"\n'),
    "packed": ("t.csv.gz", gzip.compress(f"{HEAD}\n1,Años,Ana\n".encode())),
    "txt": ("t.txt", f"{HEAD}\n1,Años,Ana\n"),
    "array": ("t.json", '[{"track_id": 1, "title": "Años", "artist": "Ana"}]'),
    "array within": ("t.json", '{"count": 1, "items": [{"track_id": 1, "title": "Años", "artist": "Ana"}]}'),
    "by columns": ("t.json", '{"track_id": ["1"], "title": ["Años"], "artist": ["Ana"]}'),
    "pandas": ("t.json", '{"track_id": {"0": 1.0}, "title": {"0": "Años"}, "artist": {"0": "Ana"}}'),
    "lines with a mark": ("t.jsonl", '\ufeff{"track_id": 1, "title": "Años", "artist": "Ana"}\r\n\r\n'),
    "float ids": ("t.csv", f"{HEAD}\n1.0,Años,Ana\n"),
    "lists as text": ("t.csv", f'{HEAD}\n1,"[\'Años\']","[""Ana""]"\n'),
    "lists": ("t.jsonl", '{"track_id": 1.0, "title": "Años", "artist": ["Ana"]}\n'),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_one_track_however_it_is_written(case: str, tmp_path: Path) -> None:
    name, raw = WRITTEN[case]
    found = read(tmp_path, raw, name)
    assert found.tracks.select("track_id", "title", "artist").rows() == ONE


def test_empty_cells_are_empty_and_words_among_numbers_are_counted(tmp_path: Path) -> None:
    rows = '1,A,B,"","",""\n2,C,D, ,-,120\n3,E,F,null,3:45,n/a\n4,G,H,0,225.0 s,90\n'
    text = f"{HEAD},year,duration_s,bpm\n{rows}"
    found = read(tmp_path, text)
    assert found.tracks["year"].to_list() == [None] * 4
    assert found.tracks["duration_s"].to_list() == [None, None, 225, 225]
    assert found.tracks["bpm"].to_list() == [None, 120, None, 90]
    assert found.dropped == {
        "year that is no year from 1850 to the next": 2,
        "duration_s that is no length of up to a day": 1,
        "bpm that is no number": 1,
    }
    assert "t.csv:4: 'null'" in found.dropped.lines[0]  # type: ignore[attr-defined]


def test_rows_that_do_not_fit_the_header(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD},album\n1,A,B\n2,Hey, Jude,Beatles,LP\n3,C,D,E,,\n")
    assert found.tracks.select("track_id", "album").rows() == [("1", None), ("3", "E")]
    (line,) = found.dropped.lines  # type: ignore[attr-defined]
    assert line.startswith("1 x row of tracks with more cells than the header")
    assert "(t.csv:3)" in line


def test_lines_are_told_behind_cells_that_go_over_several(tmp_path: Path) -> None:
    found = read(tmp_path, f'{HEAD},year\n1,"Two\nLines",B,1999\n2,C,D,soon\n')
    assert found.tracks["title"].to_list() == ["Two\nLines", "C"]
    assert "t.csv:4: 'soon'" in found.dropped.lines[0]  # type: ignore[attr-defined]


def test_a_column_twice_is_kept_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, "track_id,title,artist,title\n1,A,B,C\n")
    assert found.tracks.row(0, named=True) | {"title": "A", "title (again)": "C"} == found.tracks.row(
        0, named=True
    )
    assert "stands there twice" in found.dropped.notes[0]  # type: ignore[attr-defined]


def test_types_of_data_frames(tmp_path: Path) -> None:
    raw = parquet(
        {
            "track_id": [1.0, 2.0], "title": ["a", "b"], "artist": [["x", "y"], None],
            "year": [dt.date(1999, 1, 1), None], "duration_s": [dt.timedelta(seconds=90), None],
            "tags": [[1, 2], []], "loud": [decimal.Decimal("-3.5"), None],
        }
    )  # fmt: skip
    rows = read(tmp_path, raw, "t.parquet").tracks.rows(named=True)
    assert rows[0]["track_id"], rows[0]["artist"] == ("1", "x, y")
    assert (rows[0]["year"], rows[0]["duration_s"], rows[0]["tags"]) == (1999, 90.0, ["1", "2"])
    assert (rows[0]["loud"], rows[1]["tags"], rows[1]["artist"]) == (-3.5, None, None)


def test_a_cell_that_is_called_as_a_column_is_no_header(tmp_path: Path) -> None:
    head = "Track URI,Track Name,Artist Name(s),Album Name"
    flags = r"--columns.title=Track Name' '--columns.artist=Artist Name"
    with pytest.raises(SegueError, match=flags):
        read(tmp_path, f"{head}\nspotify:track:1,Song,Somebody,Album\n")


def test_another_table_is_known_by_its_columns(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="it may be one of playlists: --table playlists; else rename"):
        read(tmp_path, "playlist_id,track_id\np,1\n")


def test_what_programs_write_for_nothing_is_no_tag(tmp_path: Path) -> None:
    cells = ("null", "NaN; jazz", "None|N/A", '["nan"]', "nonet")
    text = f"{HEAD},tags\n" + "".join(
        f'{n},a,b,"{cell.replace(chr(34), chr(34) * 2)}"\n' for n, cell in enumerate(cells)
    )
    assert read(tmp_path, text).tracks["tags"].to_list() == [None, ["jazz"], None, None, ["nonet"]]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("t.jsonl", b'{"track_id": 1, "title": "a", "artist": {"name": "x"}}\n'),
        ("t.jsonl", b'{"track_id": 1, "title": "a", "artist": [{"name": "x"}]}\n'),
        ("t.parquet", parquet({"track_id": [1], "title": ["a"], "artist": [[{"name": "x"}]]})),
        ("t.csv", f"{HEAD}\n1,a,\"[{{'name': 'x'}}]\"\n".encode()),
    ],
)
def test_objects_are_one_error_with_the_name_of_the_column(name: str, raw: bytes, tmp_path: Path) -> None:
    with pytest.raises(SegueError, match=rf"{name}.*: column artist holds (lists of )?objects"):
        read(tmp_path, raw, name)


def test_milliseconds_are_told_by_name_or_by_size(tmp_path: Path) -> None:
    named = read(tmp_path, f"{HEAD},Length (ms)\n1,A,B,2000\n", columns={"duration_s": "Length (ms)"})
    assert named.tracks["duration_s"].to_list() == [2.0]
    large = read(tmp_path, f"{HEAD},duration_s\n1,A,B,200960\n2,C,D,180000\n")
    assert large.tracks["duration_s"].to_list() == [200.96, 180.0]
    assert "taken as milliseconds" in large.dropped.notes[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "value", ["2017", "43040.5", "+0000", "nan", "inf", "1", "yesterday", "04/05/2010", "0"]
)
def test_what_is_no_time(value: str, tmp_path: Path) -> None:
    with pytest.raises(SegueError, match=r"no row can be used .*no time from 1990 to tomorrow"):
        read(tmp_path, f"user_id,track_id,played_at\nu,a,{value}\n", table="plays")


def test_a_bad_time_costs_its_row_alone(tmp_path: Path) -> None:
    text = "user_id,track_id,played_at\nu,a,1270468794\nu,b,\nu,b,+0000\n"
    found = read(tmp_path, text, table="plays")
    assert found.plays is not None
    assert found.plays.height == 1
    assert sorted(found.dropped.values()) == [1, 1]
    found.dropped.check("plays", 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("year", "read_as"), [("19850101", 1985), ("198501", 1985), ("0", None), ("85", None)]
)
def test_years(year: str, read_as: int | None, tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD},year\n1,A,B,1985\n2,C,D,{year}\n")
    assert found.tracks["year"].to_list() == [1985, read_as]


def test_a_list_without_positions_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    text = "playlist_id,position,track_id\np,9,a\np,,b\nq,2,a\nq,1,b\n"
    found = read(tmp_path, text, table="playlists").playlists
    assert found is not None
    assert found["position"].to_list() == [0, 1, 2, 1]


def test_what_is_no_table_says_what_to_do(tmp_path: Path) -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    with pytest.raises(SegueError, match="Excel workbook; save the sheet as CSV"):
        read(tmp_path, book.getvalue())
    with pytest.raises(SegueError, match=r"kind of file '.m3u8'; it is read with the music it names"):
        read(tmp_path, "#EXTM3U\r\nC:\\Music\\a.mp3\r\n", "list.m3u8")
    with pytest.raises(SegueError, match="web page"):
        read(tmp_path, "<!DOCTYPE html><html></html>")
    with pytest.raises(SegueError, match="segue import lastfm_export"):
        read(tmp_path, "Band,LP,Song,05 Apr 2010 11:54\n" * 2, table="plays", name="p.csv")


def test_check_says_what_would_be_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{HEAD},year\n1,A,B,1999\n2,C,D,soon\n,E,F,2000\n", "utf-8")
    result = segue("import", "tables", tmp_path / "t.csv", tmp_path / "w", "--check")
    assert result.code == 0
    assert "new: tracks 2" in result.out
    assert "dropped: 1 x year that is no year from 1850 to the next (t.csv:3: 'soon')" in result.out
    assert "dropped: 1 x row of tracks without track_id (t.csv:4)" in result.out
    assert not (tmp_path / "w").exists()


def test_what_is_known_is_counted_as_known(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{HEAD}\n1,A,B\n", "utf-8")
    segue("import", "tables", tmp_path / "t.csv", tmp_path / "w")
    result = segue("import", "tables", tmp_path / "t.csv", tmp_path / "w")
    assert result.code == 0
    assert "known already: tracks 1" in result.out
    (tmp_path / "p.csv").write_text("user_id,track_id,played_at\nu,9,1270468794\n", "utf-8")
    line = refused("import", "tables", tmp_path / "p.csv", tmp_path / "w", "--table", "plays")
    assert "nothing of it can be used: 1 x play of unknown track (9)" in line
