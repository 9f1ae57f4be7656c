"""Small files of every format that is read, made from the same few songs, for the tests that damage them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import Tables
from segue.sources import cpcd, lastfm1k, lastfm_export, listenbrainz, lme, mpd, spotify_history, tables

SONGS = [
    ("Años", "Ana", "LP"),
    ('Blue Monday 12" Mix', "New Order", ""),
    ("Hello, again", "Band; Two", "Größe"),
    ("高い壁", "Ёлка & Co", "7"),
    ("1999", "Prince", "1999"),
]
START = 1_509_537_600
ROWS = [
    {
        "track_id": f"{n:03d}",
        "title": title,
        "artist": artist,
        "album": album,
        "year": 1980 + n,
        "duration_s": 200.5 + n,
        "tags": "rock;pop",
        "bpm": 100 + n,
    }
    for n, (title, artist, album) in enumerate(SONGS)
]
LISTENS: list[dict[str, Any]] = [
    {
        "listened_at": START + 300 * n,
        "track_metadata": {
            "track_name": t,
            "artist_name": a,
            "release_name": r,
            "additional_info": {"duration_ms": 1},
        },
    }
    for n, (t, a, r) in enumerate(SONGS)
]
EXTENDED = [
    {
        "ts": f"2017-11-01T12:0{n}:00Z",
        "ms_played": 60_000,
        "master_metadata_track_name": t,
        "master_metadata_album_artist_name": a,
        "master_metadata_album_album_name": r,
        "spotify_track_uri": f"spotify:track:{n}",
        "episode_name": None,
    }
    for n, (t, a, r) in enumerate(SONGS)
]
PLAIN = [
    {"endTime": f"2017-11-01 12:0{n}", "artistName": a, "trackName": t, "msPlayed": 60_000}
    for n, (t, a, _) in enumerate(SONGS)
]
TALKS = [
    {
        "dialogue_id": f"d{n}",
        "turns": [{"role": "user", "content": t}, {"role": "music", "content": f"{n:03d}"}],
    }
    for n, (t, _, _) in enumerate(SONGS)
]
CPCD = [
    {
        "id": f"c{n}",
        "tracks": {f"{n:03d}": {"track_titles": t, "track_artists": [a], "track_release_titles": r}},
        "turns": [
            {"user_query": t, "liked_results": [f"{n:03d}"], "disliked_results": [], "system_response": "ok"}
        ],
    }
    for n, (t, a, r) in enumerate(SONGS)
]
SLICE = {
    "info": {},
    "playlists": [
        {
            "pid": p,
            "name": "ü",
            "modified_at": START,
            "tracks": [
                {
                    "pos": n,
                    "track_uri": f"u{n}",
                    "track_name": t,
                    "artist_name": a,
                    "album_name": r,
                    "duration_ms": 9,
                }
                for n, (t, a, r) in enumerate(SONGS)
            ],
        }
        for p in range(2)
    ],
}


def lines(values: list[Any]) -> bytes:
    """JSON, a value a line."""
    return "".join(json.dumps(v, ensure_ascii=False) + "\n" for v in values).encode()


def delimited(separator: str, rows: list[dict[str, Any]] = ROWS, quoting: Any = csv.QUOTE_MINIMAL) -> bytes:
    """A text table; with tabs a quotation mark is a letter."""
    out = io.StringIO()
    if separator == "\t":
        texts = [[str(v).replace("\t", " ") for v in row.values()] for row in rows]
        return "".join("\t".join(cells) + "\n" for cells in [list(rows[0]), *texts]).encode()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=separator, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def parquet() -> bytes:
    """A Parquet file with types that a data frame of today has."""
    out = io.BytesIO()
    pl.DataFrame(ROWS).with_columns(
        pl.col("artist").cast(pl.Categorical), pl.col("tags").str.split(";")
    ).write_parquet(out)
    return out.getvalue()


PLAYS = [{"user_id": "u", "track_id": f"{n:03d}", "played_at": START + 300 * n} for n in range(5)]
LISTS = [{"playlist_id": f"p{n % 2}", "position": n // 2, "track_id": f"{n:03d}"} for n in range(5)]
LASTFM = [
    {
        "uts": START + 300 * n,
        "utc_time": "01 Nov 2017, 12:00",
        "artist": a,
        "album": r,
        "track": t,
        "track_mbid": "",
    }
    for n, (t, a, r) in enumerate(SONGS)
]
PAGES = [
    {
        "track": [
            {"artist": {"#text": a}, "name": t, "album": {"#text": r}, "date": {"uts": str(START + 300 * n)}}
        ]
    }
    for n, (t, a, r) in enumerate(SONGS)
]
LASTFM1K = "".join(
    f"u\t2009-05-0{n + 1}T23:08:57Z\t\t{a}\t\t{t}\n" for n, (t, a, _) in enumerate(SONGS)
).encode()


def lme_folder(folder: Path, name: str, raw: bytes) -> Tables:
    """The import of an LME folder of which one file is given."""
    folder = folder / "lme"
    folder.mkdir(exist_ok=True)
    for other, content in LME.items():
        (folder / other).write_bytes(raw if other == name else content)
    return lme.read(folder)


LME = {
    "train.txt": b"11 12 13 14 15 \n1 1 1 1 1 \n0 1 2 \n3 4 0 \n",
    "song_hash.txt": "".join(f"{n} \t{t}\t{a}\n" for n, (t, a, _) in enumerate(SONGS)).encode(),
    "tags.txt": b"0 1\n#\n0\n1\n#\n",
    "tag_hash.txt": b"0, rock\n1, pop\n",
}


def raw_rows(name: str, table: str = "tracks") -> Callable[[Path, bytes], object]:
    """Reading the rows of a table's file, the part of an import that looks at how it is written."""

    def run(folder: Path, raw: bytes) -> object:
        (folder / name).write_bytes(raw)
        wanted = set(tables.SCHEMAS[table])
        return tables.rows_of_file(folder / name, table, wanted, Account())

    return run


def of_file(name: str, read: Callable[[Path], Tables]) -> Callable[[Path, bytes], Tables]:
    """The import of one file of that name."""

    def run(folder: Path, raw: bytes) -> Tables:
        (folder / name).write_bytes(raw)
        return read(folder / name)

    return run


Read = Callable[[Path, bytes], Tables]
TABLES: dict[str, tuple[bytes, Callable[[Path, bytes], object], Read]] = {
    "tracks.csv": (delimited(","), raw_rows("tracks.csv"), of_file("tracks.csv", tables.read)),
    "tracks.tsv": (delimited("\t"), raw_rows("tracks.tsv"), of_file("tracks.tsv", tables.read)),
    "tracks.jsonl": (lines(ROWS), raw_rows("tracks.jsonl"), of_file("tracks.jsonl", tables.read)),
    "tracks.parquet": (parquet(), raw_rows("tracks.parquet"), of_file("tracks.parquet", tables.read)),
    "plays.csv": (
        delimited(";", PLAYS),
        raw_rows("plays.csv", "plays"),
        of_file("plays.csv", lambda p: tables.read(p, "plays")),
    ),
    "playlists.csv": (
        delimited(",", LISTS),
        raw_rows("playlists.csv", "playlists"),
        of_file("playlists.csv", lambda p: tables.read(p, "playlists")),
    ),
}
"""Format of a table -> a file of it, reading its rows, reading and typing them."""
OTHERS: dict[str, tuple[bytes, Read]] = {
    "dialogues.jsonl": (lines(TALKS), of_file("dialogues.jsonl", lambda p: tables.read(p, "dialogues"))),
    "lastfm1k": (LASTFM1K, of_file("log.tsv", lastfm1k.read)),
    "lme train": (LME["train.txt"], lambda folder, raw: lme_folder(folder, "train.txt", raw)),
    "lme songs": (LME["song_hash.txt"], lambda folder, raw: lme_folder(folder, "song_hash.txt", raw)),
    "mpd": (json.dumps(SLICE).encode(), of_file("mpd.slice.0-1.json", lambda p: mpd.read(p.parent))),
    "cpcd": (lines(CPCD), of_file("cpcd.jsonl", cpcd.read)),
}
"""Other formats -> a file of it, and how it is read."""
LOGS: dict[str, tuple[bytes, str, Callable[[Path], Tables]]] = {
    "listenbrainz lines": (lines(LISTENS), ".jsonl", listenbrainz.read),
    "listenbrainz array": (json.dumps(LISTENS).encode(), ".json", listenbrainz.read),
    "spotify extended": (json.dumps(EXTENDED, indent=1).encode(), ".json", spotify_history.read),
    "spotify plain": (json.dumps(PLAIN).encode(), ".json", spotify_history.read),
    "last.fm csv": (delimited(",", LASTFM, csv.QUOTE_ALL), ".csv", lastfm_export.read),
    "last.fm json": (json.dumps(PAGES).encode(), ".json", lastfm_export.read),
}
"""Format -> a file of it, its ending, and how a folder of such files is read."""
