"""Import of a Last.fm history as its common exporters write it: CSV, JSON, a scrobbler log.

Last.fm itself hands out none; these are the forms of lastfm.ghan.nl/export (CSV and JSON), lastfm-to-csv
(artist, album, title, time, without a header), lastexport (tabs, the time first), the pages that
lastfm-backup saves (`recenttracks` of the API), tables with a header of other names, and `.scrobbler.log` of
players.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import Tables
from segue.data.names import name_id
from segue.kit.errors import SegueError
from segue.sources.reading import delimited
from segue.sources.reading.files import files, guarded, stem
from segue.sources.reading.logs import Row, counted, listener, tables_of, words
from segue.sources.reading.records import records
from segue.sources.reading.text import decode
from segue.sources.reading.times import moment, moments

ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".log")
NAMES = {
    "artist": ("artist", "artistname", "artisttext", "band"),
    "title": ("track", "trackname", "name", "title", "song", "tracktitle"),
    "album": ("album", "albumname", "release", "releasename"),
    "mbid": ("trackmbid", "mbid", "recordingmbid"),
    "user": ("username", "user", "userid", "listener"),
}
TIMES = (
    "uts", "timestamp", "unixtimestamp", "unix", "dateuts", "time", "utctime", "datetime", "playedat",
    "listenedat", "scrobbletime", "date",
)  # fmt: skip
"""What the column of the time is called, the surest first."""
WITHOUT_HEADER = {
    4: ("artist", "album", "title", "time"),  # lastfm-to-csv
    3: ("artist", "title", "time"),
    7: ("time", "title", "artist", "album", "mbid", "", ""),  # lastexport
    8: ("artist", "album", "title", "", "", "rating", "time", "mbid"),  # .scrobbler.log
}
"""Cells of a line -> what they are, where no line names them."""
CURE = "give a CSV with the columns artist, album, track and uts or date, or the JSON of lastfm-backup"


def read(path: Path, *, user: str = "me") -> Tables:
    """Tracks, and plays of one listener.

    The track id is `names.name_id` of artist and title; the track's MBID is kept as `mbid`.

    Left out and counted: plays without an artist, a title or a time, what a player marked as skipped, and the
    track that was playing when the history was exported.

    Args:
        path: a file, a folder or an archive.
        user: the listener's id where no column names one.

    Raises:
        SegueError: no such file, or no play in any.
    """
    account = Account()
    return tables_of(_plays(path, listener(user), account), str(path), account, CURE)


def _plays(path: Path, user: str, account: Account) -> Iterator[dict[str, Any]]:
    """The plays of all files."""
    for where, stream in files(path, lambda n: stem(n).endswith(ENDINGS), account):
        found = guarded(_placed(stream, where, user, account), where, account)
        try:
            yield from counted(found, where, account)
        except SegueError as error:  # another file may be one
            account.barren[where] = error.what


def _placed(stream: IO[bytes], where: str, user: str, account: Account) -> Iterator[tuple[str, Row]]:
    """The plays of one file, each with its place."""
    head = stream.read(64)
    stream.seek(0)
    if head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] in (b"{", b"["):
        for place, value in records(stream, where, "plays", account):
            yield from ((place, _of_json(song, user)) for song in _songs(value))
    else:
        yield from _of_table(decode(stream.read(), where, account), where, user, account)


def _songs(value: Any) -> Iterator[Any]:
    """The plays of a JSON value: pages, or lists of pages, are opened."""
    if isinstance(value, list):
        for element in value:
            yield from _songs(element)
        return
    inner = (
        next((value[c] for c in ("recenttracks", "track", "tracks", "scrobbles") if c in value), None)
        if isinstance(value, dict)
        else None
    )
    if isinstance(inner, (dict, list)) and "artist" not in value:
        yield from _songs(inner)
    else:
        yield value


def _of_json(song: Any, user: str) -> Row:
    """A play of the API's form, or a flat one, as a row of ours; or why it is left out."""
    if not isinstance(song, dict) or "artist" not in {delimited.key(str(c)) for c in song}:
        return "record that is no play"
    mark = song.get("@attr")
    if isinstance(mark, dict) and str(mark.get("nowplaying", "")).lower() == "true":
        return "track that was playing when the history was exported"
    flat = {delimited.key(str(c)): _flat(v) for c, v in song.items()}
    date = song.get("date")
    if isinstance(date, dict):
        flat["uts"] = date.get("uts") or date.get("#text")
    known = {ours: next((flat[n] for n in names if flat.get(n)), None) for ours, names in NAMES.items()}
    time = next((t for name in TIMES if (t := moment(flat.get(name)))), None)
    return _row(known, time, user)


def _flat(value: Any) -> Any:
    """The name of an artist or album that the API gives as an object."""
    return (value.get("#text") or value.get("name")) if isinstance(value, dict) else value


def _of_table(text: str, where: str, user: str, account: Account) -> Iterator[tuple[str, Row]]:
    """The plays of a text table, with a header or without."""
    if text.startswith("#AUDIOSCROBBLER"):
        text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    wanted = {name for names in (*NAMES.values(), TIMES) for name in names}
    header = _names_of(text, wanted)
    before = account.came["plays"], account.lost("plays")
    table = delimited.read(header + text, where, "plays", wanted, account)
    # Rows are counted where they become plays; those that are too long are counted here.
    account.came["plays"] = before[0] + account.lost("plays") - before[1]
    frame = table.frame.with_columns(pl.col(delimited.LINE) - (1 if header else 0))
    columns = {delimited.key(c): c for c in reversed(frame.columns)}
    known = {ours: next((columns[n] for n in names if n in columns), None) for ours, names in NAMES.items()}
    if known["artist"] is None or known["title"] is None:
        have = ", ".join(frame.columns[:-1])[:100]
        raise SegueError(f"no columns of artist and title (it has: {have})", where)
    time = _times(frame, columns)
    picked = frame.select(
        delimited.LINE, *[pl.col(c).alias(ours) for ours, c in known.items() if c]
    ).with_columns(time)
    rating = frame[columns["rating"]] if "rating" in columns else None
    for n, row in enumerate(picked.iter_rows(named=True)):
        skipped = rating is not None and str(rating[n]).strip().upper() == "S"
        yield (
            f"{where}:{row[delimited.LINE]}",
            "play that was skipped" if skipped else _row(row, row["time"], user),
        )


def _names_of(text: str, wanted: set[str]) -> str:
    """A header for a table without one, whose first lines have a time where a known form has it; else ""."""
    lines = [line for line in text[: 1 << 16].splitlines() if line.strip()][:5]
    for separator in delimited.SEPARATORS:
        rows = [next(csv.reader([line], delimiter=separator), []) for line in lines]
        if rows and len(wanted & {delimited.key(cell) for cell in rows[0]}) > 1:
            return ""
    for separator in delimited.SEPARATORS:
        for cells in (next(csv.reader([line], delimiter=separator), []) for line in lines):
            names = WITHOUT_HEADER.get(len(cells))
            if names and moment(cells[names.index("time")]):
                return separator.join(name or f"column {n}" for n, name in enumerate(names)) + "\n"
    return ""


def _times(frame: pl.DataFrame, columns: dict[str, str]) -> pl.Series:
    """The time of each row: of the surest column that has one, or of a date and an hour."""
    found = pl.Series("time", [None] * frame.height, dtype=pl.Datetime("us", "UTC"))
    texts = [frame[columns[name]] for name in TIMES if name in columns]
    if "date" in columns and "time" in columns:
        texts.append(frame.select(pl.concat_str(columns["date"], columns["time"], separator=" ")).to_series())
    for text in [*texts[-1:], *texts[:-1]] if "date" in columns and "time" in columns else texts:
        if found.null_count():
            found = found.zip_with(found.is_not_null(), moments(text))
    return found.alias("time")


def _row(song: dict[str, Any], time: Any, user: str) -> Row:
    """A play as a row of ours, or why it is left out."""
    artist, title, album, mbid, who = (
        words(song.get(c)) for c in ("artist", "title", "album", "mbid", "user")
    )
    if not artist or not title:
        return "play without artist or title"
    if time is None:
        return "play without a time from 1990 to tomorrow"
    return {
        "user_id": who or user,
        "track_id": name_id(artist, title),
        "title": title,
        "artist": artist,
        "album": album or None,
        "mbid": mbid or None,
        "played_at": time,
    }
