"""LastFM-1K: ids, names, order in time, and what is left out and counted."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import unicodedata
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from segue.data.catalogue import Catalogue, Tables
from segue.importing import add as importing
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import lastfm1k
from segue.sources.synthetic import importer as synthetic

Line = tuple[str, ...]


def write(folder: Path, lines: list[Line], profiles: str | None = None, end: str = "\n") -> Path:
    folder.mkdir(exist_ok=True)
    text = "".join("\t".join(line) + end for line in lines)
    (folder / lastfm1k.EVENTS_FILE).write_bytes(text.encode())
    if profiles is not None:
        (folder / lastfm1k.PROFILE_FILE).write_text(profiles, "utf-8")
    return folder


def line(user: str, time: str, artist: str, title: str, mbid: str = "", artist_id: str = "") -> Line:
    return (user, f"2008-01-01T{time}Z", artist_id, artist, mbid, title)


def plays_of(tables: Tables) -> list[tuple[str, str, str]]:
    assert tables.plays is not None
    return [(u, t, f"{at:%H:%M:%S}") for u, t, at in tables.plays.iter_rows()]


def name_id(*names: str) -> str:
    plain = "\t".join(unicodedata.normalize("NFKC", name).casefold() for name in names)
    return hashlib.blake2b(plain.encode(), digest_size=8).hexdigest()


def test_ids_names_and_order(tmp_path: Path) -> None:
    lines = [
        line("u2", "10:00:00", "B", "x", "m1", "a1"),
        line("u1", "12:00:00", "A", "y"),
        line("u1", "11:00:00", "B", "x (live)", "m1", "a1"),
        line("u1", "10:00:00", "B", "x (live)", "m1", "a1"),
    ]
    found = lastfm1k.read(write(tmp_path, lines))
    y = name_id("A", "y")
    assert plays_of(found) == [
        ("u1", "m1", "10:00:00"),
        ("u1", "m1", "11:00:00"),
        ("u1", y, "12:00:00"),
        ("u2", "m1", "10:00:00"),
    ]
    assert sorted(found.tracks.rows()) == sorted(
        [("m1", "x (live)", "B", "m1", "a1"), (y, "y", "A", None, name_id("A"))]
    )
    assert found.tracks.columns == ["track_id", "title", "artist", "mbid", "artist_id"]
    assert found.dropped == Counter()


def test_the_made_up_id_never_changes(tmp_path: Path) -> None:
    found = lastfm1k.read(write(tmp_path, [line("u", "10:00:00", "坂本龍一", "Mc2")]))
    assert found.tracks["track_id"].to_list() == ["eae06c3ad823ccba"]  # printf '坂本龍一\tmc2' | b2sum -l 64


def test_plays_of_one_second_come_in_the_order_they_were_played(tmp_path: Path) -> None:
    lines = [line("u", "10:00:00", "A", str(n), f"m{n}") for n in range(50)]
    assert [t for _, t, _ in plays_of(lastfm1k.read(write(tmp_path, lines)))] == [
        f"m{n}" for n in reversed(range(50))
    ]


def test_what_is_broken_is_counted(tmp_path: Path) -> None:
    good = line("u", "10:00:00", "A", "x", "m")
    times = ["", "yesterday", "2008-01-01", "2008-13-01T00:00:00Z", "2008-02-30T00:00:00Z"]
    times += ["2008-01-01T00:00:60Z", "2008-01- 1T00:00:00Z", "2008-01-01T 1:00:00Z", "+008-01-01T00:00:00Z"]
    lines = [
        good,
        *[(good[0], time, *good[2:]) for time in times],
        good[:5],
        (*good, "more"),
        ("",),
        line("", "10:00:00", "A", "x", "m"),
        line("u", "10:00:00", " ", "x", "m"),
        line("u", "10:00:00", "A", "", "m"),
        (good[0], "2009-06-30T23:59:59Z", *good[2:]),
        (good[0], "2009-07-01T00:00:00Z", *good[2:]),
    ]
    profiles = (
        "#id\tgender\tage\tcountry\tregistered\nu\tm\t\tJapan\tAug 13, 2006\nv\t\t\t\t\nu\ta\tb\tc\td\te\n"
    )
    found = lastfm1k.read(write(tmp_path, lines, profiles))
    assert found.plays is not None
    assert found.plays.height == 2
    assert found.dropped == {
        "line without a time": len(times),
        "line with another number of columns": 3,
        "line with a blank listener": 1,
        "line with a blank artist": 1,
        "line with a blank title": 1,
        "play in the future": 1,
        "profile of a listener without plays": 1,
        "profile with another number of columns": 1,
    }
    later = lastfm1k.read(tmp_path, latest=dt.date(2009, 7, 1))
    assert later.plays is not None
    assert later.plays.height == 3


def test_quotes_scripts_spaces_and_windows_line_ends(tmp_path: Path) -> None:
    titles = ['"Heroes"', 'a 7" mix', "'n' \"", "夜の海", "Тихий дом", "قمر", "e\u0301", "x\u2028y", "\\N"]
    lines = [line("u", f"10:00:{n:02d}", "A", t) for n, t in enumerate(titles)]
    for end in ("\n", "\r\n"):
        found = lastfm1k.read(write(tmp_path, lines, end=end))
        assert set(found.tracks["title"]) == set(titles)
    text = "\ufeff" + "\n".join("\t".join(part) for part in lines)  # no newline behind the last
    (tmp_path / lastfm1k.EVENTS_FILE).write_text(text, "utf-8")
    assert plays_of(lastfm1k.read(tmp_path)) == plays_of(found)


def test_merging_takes_the_most_played_id(tmp_path: Path) -> None:
    lines = [
        line("u", "10:00:00", "Beyoncé", "Halo", "m1"),
        line("u", "10:05:00", "Beyonce\u0301", "HALO  ", "m2"),
        line("u", "10:10:00", "Beyoncé", "halo", "m2"),
        line("u", "10:15:00", "Beyoncé", "Other", "m3"),
    ]
    apart = lastfm1k.read(write(tmp_path, lines))
    assert set(apart.tracks["track_id"]) == {"m1", "m2", "m3"}
    merged = lastfm1k.read(tmp_path, merge=True)
    assert set(merged.tracks["track_id"]) == {"m2", "m3"}
    assert [t for _, t, _ in plays_of(merged)] == ["m2", "m2", "m2", "m3"]
    assert merged.dropped == {"track id merged into another of the same name": 1}


def by_hand(file: Path, latest: dt.datetime) -> set[tuple[str, str, dt.datetime, int]]:
    """Every usable play with how often it is there, in plain Python."""
    counts: Counter[tuple[str, str, dt.datetime]] = Counter()
    for text in file.read_text("utf-8").removesuffix("\n").split("\n"):
        parts = text.split("\t")
        if len(parts) != 6 or not parts[3] or not parts[5]:
            continue
        try:
            at = dt.datetime.strptime(parts[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        if at <= latest:
            counts[(parts[0], parts[4] or name_id(parts[3], parts[5]), at)] += 1
    return {(*key, n) for key, n in counts.items()}


def test_a_larger_log_against_plain_python(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    synthetic.generate(folder, listeners=20, tracks=800, plays=8000, seed=1)
    found = lastfm1k.read(folder)
    assert found.plays is not None
    keys = ["user_id", "track_id", "played_at"]
    counted = found.plays.group_by(keys).len()
    end = dt.datetime(2009, 6, 30, 23, 59, 59, tzinfo=dt.UTC)
    assert set(counted.rows()) == by_hand(folder / lastfm1k.EVENTS_FILE, end)
    assert found.plays.select("user_id", "played_at").equals(
        found.plays.select("user_id", "played_at").sort("user_id", "played_at")
    )
    assert set(found.plays["track_id"]) == set(found.tracks["track_id"])
    assert found.tracks["track_id"].is_unique().all()


def test_many_texts_keep_the_order_of_the_file(tmp_path: Path) -> None:
    lines = [line("u", "10:00:00", "A", f"song {n}") for n in range(70_000)]
    found = lastfm1k.read(write(tmp_path, lines))
    assert found.tracks["title"].to_list() == [f"song {n}" for n in range(70_000)]


@pytest.mark.parametrize("text", ["1999-12-31T23:59:59Z", "2000-02-29T12:00:00Z", "1970-01-01T00:00:00Z"])
def test_times_are_those_of_the_standard_library(tmp_path: Path, text: str) -> None:
    lines = [("u", text, "", "A", "m", "x")]
    found = lastfm1k.read(write(tmp_path, lines)).plays
    assert found is not None
    assert found["played_at"][0] == dt.datetime.fromisoformat(text)


def test_every_day_of_a_century(tmp_path: Path) -> None:
    days = [dt.datetime(1960, 1, 1, 1, 2, 3, tzinfo=dt.UTC) + dt.timedelta(days=n) for n in range(36_525)]
    lines = [("u", f"{day:%Y-%m-%dT%H:%M:%SZ}", "", "A", "m", "x") for day in days]
    found = lastfm1k.read(write(tmp_path, lines), latest=dt.date(2099, 1, 1)).plays
    assert found is not None
    assert found["played_at"].to_list() == days


def test_into_a_workspace(tmp_path: Path) -> None:
    lines = [line("u", "10:00:00", "A", "x", "m"), line("u", "10:00:00", "A", "x", "m")]
    lines.append(line("alone", "11:00:00", "B", "y"))
    workspace = Workspace(tmp_path / "w")
    report = importing.add(workspace, lastfm1k.read(write(tmp_path / "raw", lines)))
    assert report.new["plays"] == 2
    assert report.dropped == {"duplicate play": 1}
    found = Catalogue.load(workspace)
    assert found.plays.schema["track_id"] == pl.String
    assert found.plays["user_id"].to_list() == ["alone", "u"]


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no such file or folder"):
        lastfm1k.read(tmp_path / "none")
    with pytest.raises(SegueError, match=f"no {lastfm1k.EVENTS_FILE} here"):
        lastfm1k.read(tmp_path)
    file = tmp_path / "events.tsv"
    file.write_bytes(b"")
    with pytest.raises(SegueError, match="the file is empty"):
        lastfm1k.read(file)
    file.write_text("user,track\n1,2\n", "utf-8")
    with pytest.raises(SegueError, match=r"no line of it can be used \(2 x line with another number"):
        lastfm1k.read(file)
    file.write_bytes("\t".join(line("u", "10:00:00", "Björk", "x")).encode("latin-1"))
    found = lastfm1k.read(file)
    assert found.tracks["artist"].to_list() == ["Bj\ufffdrk"]
    assert sum(found.dropped.values()) == 1, "the byte is counted"
    file.write_bytes(bytes(range(256)) * 50)
    with pytest.raises(SegueError):
        lastfm1k.read(file)


@pytest.mark.skipif("SEGUE_DATA" not in os.environ, reason="SEGUE_DATA is not set")
def test_the_real_sample() -> None:
    found = lastfm1k.read(Path(os.environ["SEGUE_DATA"]) / "lastfm1k-sample")
    assert found.plays is not None
    assert (found.plays.height, found.plays["user_id"].n_unique()) == (5000, 2)
    assert found.dropped == {"profile of a listener without plays": 990}
