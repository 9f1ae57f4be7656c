"""What was written is what is there: random tables and logs of every format, written in every way."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.data.account import Account
from segue.data.catalogue import Tables
from segue.importing.add import add
from segue.kit.workspace import Workspace
from segue.sources import cpcd, lastfm1k, lastfm_export, listenbrainz, lme, mpd, spotify_history, tables

START = 1_509_537_600
QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
MARKS = st.sampled_from(list("\"',;|&()[]{}-:#=\\/ éüßñøЖש高い🎵’“0123456789.%"))
WORDS = (
    st.text(st.one_of(MARKS, LETTERS), min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda t: t and t != "\\N" and t[0] not in "[({" and t.strip() == t.strip("\u180e\u200b"))
)
"""Names in every script with every mark; not those that write a list or nothing, tested elsewhere."""
BROKEN_WORDS = st.lists(WORDS, min_size=1, max_size=3).map("\n".join)
"""Names that go over several lines."""
IDS = st.text(st.sampled_from("abcXYZ059:-_é"), min_size=1, max_size=8)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


def songs(names: Any = WORDS) -> Any:
    """Lists of songs with ids that are all different."""
    song = st.fixed_dictionaries(
        {"track_id": IDS, "title": names, "artist": names, "album": st.one_of(st.none(), names)},
        optional={},
    )
    return st.lists(song, min_size=1, max_size=6, unique_by=lambda s: s["track_id"])


def checked(found: Tables) -> Account:
    """The account of an import of nothing but these tables: every row is new, known or left out."""
    with tempfile.TemporaryDirectory() as folder:
        report = add(Workspace(Path(folder) / "w"), found, check=True)
    return report.dropped


def read_back(raw: bytes, name: str, **options: Any) -> Tables:
    """The tables of a file of these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(raw)
        return tables.read(Path(folder) / name, **options)


def encoded(text: str, encoding: str) -> bytes:
    """The text in an encoding; UTF-16 without a mark only where most of it is Latin, by which it is told."""
    if encoding in ("utf-16-le", "utf-16-be") and sum(c < "\u0100" for c in text) < 0.8 * len(text):
        encoding = "utf-16"
    return text.encode(encoding)


def expected(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The rows as they should be in the table."""
    return [(r["track_id"], r["title"], r["artist"], r["album"]) for r in rows]


FOUR = ("track_id", "title", "artist", "album")


@QUICK
@given(
    rows=songs(BROKEN_WORDS),
    separator=st.sampled_from(",;|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(ENCODINGS),
    above=st.sampled_from(["", "My Library\n", "\n\n"]),
    below=st.integers(0, 2),
)
def test_csv(
    rows: Any, separator: str, end: str, quoting: Any, encoding: str, above: str, below: int
) -> None:
    if end == "\r" and quoting == csv.QUOTE_MINIMAL:  # Python leaves a newline unquoted then
        rows = [{c: v and v.replace("\n", " ") for c, v in row.items()} for row in rows]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, FOUR, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    text = above.replace("\n", end) + out.getvalue() + end * below
    found = read_back(encoded(text, encoding), "t.csv")
    assert found.tracks.select(FOUR).rows() == expected(rows)
    assert checked(found) == {}


@QUICK
@given(rows=songs(), end=st.sampled_from(["\n", "\r\n"]), encoding=st.sampled_from(ENCODINGS))
def test_tabs_with_letters_for_marks(rows: Any, end: str, encoding: str) -> None:
    cells = ["\t".join(FOUR), *("\t".join(row[c] or "" for c in FOUR) for row in rows)]
    found = read_back(encoded(end.join(cells) + end, encoding), "t.tsv")
    assert found.tracks.height == len(rows), "never a line less"
    if not any(v and v.startswith('"') and v.endswith('"') for row in rows for v in row.values()):
        assert found.tracks.select(FOUR).rows() == expected(rows)
    assert checked(found) == {}


@QUICK
@given(rows=songs(BROKEN_WORDS), end=st.sampled_from(["\n", "\r\n"]))
def test_tabs_with_quotes(rows: Any, end: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, FOUR, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    found = read_back(out.getvalue().encode(), "t.tsv")
    assert found.tracks.select(FOUR).rows() == expected(rows)


@QUICK
@given(
    rows=songs(BROKEN_WORDS),
    form=st.sampled_from(["lines", "array", "indented", "behind", "array of lines"]),
    ascii_only=st.booleans(),
    encoding=st.sampled_from(ENCODINGS),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_json(rows: Any, form: str, ascii_only: bool, encoding: str, end: str) -> None:
    found = read_back(as_json(rows, form, ascii_only, encoding, end), "t.json")
    assert found.tracks.select(FOUR).rows() == expected(rows)
    assert checked(found) == {}


def as_json(rows: Any, form: str, ascii_only: bool, encoding: str, end: str = "\n") -> bytes:
    """Values as JSON in one of the forms in which it is written."""
    one = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    text = {
        "lines": "".join(line + end for line in one),
        "array": json.dumps(rows, ensure_ascii=ascii_only),
        "indented": json.dumps(rows, ensure_ascii=ascii_only, indent=2).replace("\n", end),
        "behind": end.join(json.dumps(row, ensure_ascii=ascii_only, indent=1) for row in rows),
        "array of lines": f"[{end}" + f",{end}".join(one) + f"{end}]{end}",
    }[form]
    return encoded(text, encoding)


@QUICK
@given(
    rows=songs(BROKEN_WORDS),
    kind=st.sampled_from([pl.String, pl.Categorical, pl.Binary, pl.List(pl.String)]),
    tags=st.lists(WORDS, max_size=3),
    zone=st.sampled_from([None, "UTC", "America/New_York"]),
    unit=st.sampled_from(["ms", "us", "ns"]),
)
def test_parquet(rows: Any, kind: Any, tags: list[str], zone: Any, unit: Any) -> None:
    out = io.BytesIO()
    frame = pl.DataFrame(rows, schema=dict.fromkeys(FOUR, pl.String))
    made = pl.lit(dt.datetime(2017, 11, 1, 12)).cast(pl.Datetime(unit)).dt.replace_time_zone(zone)
    frame = frame.with_columns(tags=pl.lit(tags, dtype=pl.List(pl.String)), year=made)
    cast = pl.concat_list("artist") if isinstance(kind, pl.List) else pl.col("artist").cast(kind)
    frame.with_columns(artist=cast).write_parquet(out)
    found = read_back(out.getvalue(), "t.parquet")
    assert found.tracks.select(FOUR).rows() == expected(rows)
    assert set(found.tracks["year"]) == {2017}
    assert found.tracks["tags"].to_list() == [tags or None] * len(rows)


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))
FORMS = {
    "plain": lambda x: repr(x),
    "english": lambda x: f"{x:,.3f}",
    "german": lambda x: f"{x:,.3f}".replace(",", "_").replace(".", ",").replace("_", "."),
    "french": lambda x: f"{x:,.3f}".replace(",", "\u202f").replace(".", ","),
    "swiss": lambda x: f"{x:,.3f}".replace(",", "'"),
}


@QUICK
@given(
    values=st.lists(st.one_of(NUMBERS, st.none()), min_size=2, max_size=8), form=st.sampled_from(list(FORMS))
)
def test_numbers_of_every_country(values: list[float | None], form: str) -> None:
    texts = ["" if v is None else FORMS[form](v) for v in values]
    lines = "".join(f"{n};t;a;{text}\n" for n, text in enumerate(texts))
    found = read_back(f"track_id;title;artist;energy\n{lines}".encode(), "t.csv").tracks["energy"].to_list()
    if any(v is not None for v in values):
        assert found == pytest.approx(values)


@QUICK
@given(
    times=st.lists(st.integers(631_152_000, START + 10**8), min_size=1, max_size=6),
    form=st.sampled_from(
        ["s", "ms", "us", "ns", "iso", "zone", "basic", "words", "spotify", "german", "slashes"]
    ),
)
def test_times_of_every_form(times: list[int], form: str) -> None:
    times = [t // 60 * 60 for t in times]
    moments = [dt.datetime.fromtimestamp(t, dt.UTC) for t in times]
    texts = {
        "s": times,
        "ms": [t * 1000 for t in times],
        "us": [t * 10**6 for t in times],
        "ns": [t * 10**9 for t in times],
        "iso": [m.isoformat() for m in moments],
        "zone": [m.astimezone(dt.timezone(dt.timedelta(hours=-5))).isoformat(" ") for m in moments],
        "basic": [m.strftime("%Y%m%dT%H%M%SZ") for m in moments],
        "words": [m.strftime('"%d %b %Y, %H:%M"') for m in moments],
        "spotify": [m.strftime("%Y-%m-%d %H:%M:%S UTC") for m in moments],
        "german": [m.strftime("%d.%m.%Y %H:%M") for m in moments],
        "slashes": [m.strftime("%d/%m/%Y %H:%M") for m in moments],
    }[form]
    lines = "".join(f"u,{n},{text}\n" for n, text in enumerate(texts))
    if form == "slashes":
        lines += "u,x,31/12/2016 00:00\n"  # which says that days come first
        moments.append(dt.datetime(2016, 12, 31, tzinfo=dt.UTC))
    found = read_back(f"user_id,track_id,played_at\n{lines}".encode(), "p.csv", table="plays").plays
    assert found is not None
    assert found["played_at"].to_list() == moments


LISTENS = st.lists(st.tuples(WORDS, WORDS, st.integers(0, 10**6)), min_size=1, max_size=8)


def plays_of(found: Tables) -> list[tuple[Any, ...]]:
    """Artist, title and time of every play, sorted."""
    assert found.plays is not None
    joined = found.plays.join(found.tracks.select("track_id", "artist", "title"), on="track_id")
    return sorted(
        (a, t, p.timestamp()) for a, t, p in joined.select("artist", "title", "played_at").iter_rows()
    )


def same_names(plays: list[tuple[str, str, float]], found: Tables) -> None:
    """The plays are there, the names as the most of their spellings have them."""
    read = plays_of(found)
    assert sorted(t for _, _, t in read) == sorted(t for _, _, t in plays)
    names = {n for a, t, _ in plays for n in (a, t)}
    assert {n for a, t, _ in read for n in (a, t)} <= names
    assert checked(found).keys() <= {"duplicate play"}


@QUICK
@given(
    plays=LISTENS,
    form=st.sampled_from(["lines", "array", "indented", "behind", "array of lines"]),
    ascii_only=st.booleans(),
    encoding=st.sampled_from(ENCODINGS),
    api=st.booleans(),
    key=st.sampled_from(listenbrainz.TIMES),
)
def test_listenbrainz(plays: Any, form: str, ascii_only: bool, encoding: str, api: bool, key: str) -> None:
    rows = [{key: START + t, "track_metadata": {"artist_name": a, "track_name": n}} for a, n, t in plays]
    values = [{"payload": {"listens": rows}}] if api else rows
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.json").write_bytes(as_json(values, form, ascii_only, encoding))
        same_names([(a, n, START + t) for a, n, t in plays], listenbrainz.read(Path(folder)))


@QUICK
@given(
    plays=LISTENS, plain=st.booleans(), indent=st.sampled_from([None, 2]), encoding=st.sampled_from(ENCODINGS)
)
def test_spotify(plays: Any, plain: bool, indent: Any, encoding: str) -> None:
    ends = [dt.datetime.fromtimestamp(START + 60 * t, dt.UTC) for _, _, t in plays]
    rows: list[dict[str, Any]] = [
        {"endTime": f"{e:%Y-%m-%d %H:%M}", "artistName": a, "trackName": n, "msPlayed": 1000}
        if plain
        else {
            "ts": f"{e:%Y-%m-%dT%H:%M:%SZ}",
            "ms_played": 1000,
            "spotify_track_uri": f"spotify:track:{a}:{n}",
            "master_metadata_track_name": n,
            "master_metadata_album_artist_name": a,
        }
        for (a, n, _), e in zip(plays, ends, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "any name.json").write_bytes(encoded(json.dumps(rows, indent=indent), encoding))
        found = spotify_history.read(Path(folder))
    same_names([(a, n, START + 60 * t - 1) for a, n, t in plays], found)


@QUICK
@given(
    plays=LISTENS,
    form=st.sampled_from(["ghan", "benfoxall", "pages", "flat"]),
    encoding=st.sampled_from(ENCODINGS),
)
def test_lastfm_export(plays: Any, form: str, encoding: str) -> None:
    out = io.StringIO(newline="")
    plays = [(a, n, START + 60 * t) for a, n, t in plays]
    words = [f"{dt.datetime.fromtimestamp(t, dt.UTC):%d %b %Y %H:%M}" for _, _, t in plays]
    if form == "ghan":
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerow(
            ["uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"]
        )
        writer.writerows([t, w, a, "", "", "", n, ""] for (a, n, t), w in zip(plays, words, strict=True))
    elif form == "benfoxall":
        csv.writer(out).writerows([a, "LP", n, w] for (a, n, _), w in zip(plays, words, strict=True))
    elif form == "pages":
        tracks = [{"artist": {"#text": a}, "name": n, "date": {"uts": str(t)}} for a, n, t in plays]
        json.dump([{"recenttracks": {"track": tracks[:2]}}, {"track": tracks[2:]}], out)
    else:
        json.dump(
            [{"artist": a, "track": n, "date": w} for (a, n, _), w in zip(plays, words, strict=True)], out
        )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "scrobbles.csv").write_bytes(encoded(out.getvalue(), encoding))
        same_names(plays, lastfm_export.read(Path(folder)))


ONE_LINE = WORDS.filter(lambda t: "\t" not in t)


@QUICK
@given(plays=st.lists(st.tuples(ONE_LINE, ONE_LINE, st.integers(0, 10**6)), min_size=1, max_size=8))
def test_lastfm1k(plays: Any) -> None:
    times = [
        f"{dt.datetime.fromtimestamp(1_200_000_000 + t, dt.UTC):%Y-%m-%dT%H:%M:%SZ}" for _, _, t in plays
    ]
    text = "".join(f"u\t{w}\t\t{a}\t\t{n}\n" for (a, n, _), w in zip(plays, times, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.tsv").write_text(text, "utf-8", newline="")
        found = lastfm1k.read(Path(folder) / "x.tsv")
    same_names([(a, n, 1_200_000_000 + t) for a, n, t in plays], found)


@QUICK
@given(
    names=st.lists(st.tuples(ONE_LINE, ONE_LINE), min_size=2, max_size=6),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_lme(names: Any, end: str, encoding: str) -> None:
    names = [(t.replace("\\/", "/"), a.replace("\\/", "/")) for t, a in names]
    n = len(names)
    with tempfile.TemporaryDirectory() as folder:
        lists = [" ".join(map(str, range(n))), f"0 {n - 1} 0"]
        head = [" ".join(f"{i}0" for i in range(n)), " ".join(["1"] * n)]
        songs_text = end.join(f"{i}\t{t}\t{a}" for i, (t, a) in enumerate(names)) + end
        (Path(folder) / "train.txt").write_bytes(encoded(end.join([*head, *lists]) + end, encoding))
        (Path(folder) / "song_hash.txt").write_bytes(encoded(songs_text, encoding))
        found = lme.read(Path(folder))
    kept = [("" if t == "-" else t, "" if a == "-" else a) for t, a in names]
    assert found.tracks.select("title", "artist").rows() == kept
    assert found.playlists is not None
    assert found.playlists.height == n + 3
    assert checked(found) == {}


@QUICK
@given(
    rows=songs(BROKEN_WORDS),
    ascii_only=st.booleans(),
    encoding=st.sampled_from(ENCODINGS),
    in_zip=st.booleans(),
)
def test_mpd(rows: Any, ascii_only: bool, encoding: str, in_zip: bool) -> None:
    tracks = [
        {
            "pos": n,
            "track_uri": r["track_id"],
            "track_name": r["title"],
            "artist_name": r["artist"],
            "album_name": r["album"],
        }
        for n, r in enumerate(rows * 2)
    ]
    value = {"playlists": [{"pid": 7, "name": "x", "modified_at": START, "tracks": tracks}]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mpd.slice.0-999.json"
        path.write_bytes(encoded(json.dumps(value, ensure_ascii=ascii_only), encoding))
        found = mpd.read(path.parent)
    assert found.tracks.select(FOUR).rows() == expected(rows)
    assert found.playlists is not None
    assert found.playlists["track_id"].to_list() == [r["track_id"] for r in rows] * 2
    assert checked(found) == {}


@QUICK
@given(
    rows=songs(BROKEN_WORDS),
    form=st.sampled_from(["lines", "array", "indented"]),
    encoding=st.sampled_from(ENCODINGS),
)
def test_dialogues_and_cpcd(rows: Any, form: str, encoding: str) -> None:
    described = {r["track_id"]: {"track_titles": r["title"], "track_artists": [r["artist"]]} for r in rows}
    turn = {"user_query": rows[0]["title"], "liked_results": [*described], "disliked_results": []}
    value = [{"id": "d", "tracks": described, "turns": [turn | {"system_response": "ok"}]}]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.jsonl").write_bytes(as_json(value, form, False, encoding))
        found = cpcd.read(Path(folder) / "x.jsonl")
        talk = [json.loads(d.to_json()) for d in found.dialogues]
        (Path(folder) / "dialogues.jsonl").write_bytes(as_json(talk, form, True, encoding))
        again = tables.read(Path(folder) / "dialogues.jsonl", table="dialogues").dialogues
    assert again == found.dialogues
    assert again[0].turns[0].content == rows[0]["title"]
    assert [t.content for t in again[0].turns if t.role == "music"] == [*described]
