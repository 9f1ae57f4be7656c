"""Import of LastFM-1K, the listening log of about a thousand Last.fm users, or of any log in its layout.

Source: Celma, "Music Recommendation and Discovery in the Long Tail", PhD thesis, 2008, and the README of
its data. Six columns with tabs between, without header and without quoting: listener, time (UTC), artist
MBID, artist, track MBID, title. Either MBID may be blank.
"""

import codecs
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console

from segue.data.account import EXAMPLES, Account
from segue.data.catalogue import Tables
from segue.data.names import commonest, name_ids
from segue.kit.errors import SegueError, readable
from segue.sources.reading.text import decode, decode_line
from segue.sources.tables import text_lines

Ints = NDArray[np.integer]

EVENTS_FILE = "userid-timestamp-artid-artname-traid-traname.tsv"
PROFILE_FILE = "userid-profile.tsv"
LATEST = date(2009, 6, 30)
"""The crawl ended in May 2009: what is dated later comes from clocks that were wrong."""
SONG = ("artist_id", "artist", "mbid", "title")
"""What stands in a line behind the listener and the time."""
PROFILE_COLUMNS = 5
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z$"
NO_COLUMNS = "line with another number of columns"


def read(path: Path, *, latest: date = LATEST, merge: bool = False) -> Tables:
    """Tracks, and plays sorted by listener and time.

    The track id is the track MBID, and where there is none `names.name_id` of artist and title; so it is
    with the artist in the column `artist_id`. Several MBIDs of one song stay apart unless they are merged.
    A track has the artist and title under which it was played most. The file has the newest play of a
    listener first: of plays in the same second the one that stands lower comes first.

    What cannot be used is dropped and counted: lines with another number of columns, without a time, or
    with a blank listener, artist or title, and plays after `latest`. Of the profiles only those are counted
    that are broken or of a listener without plays.

    Memory: about 60 bytes a play and 500 a track; the text of the file is never in memory as a whole.

    Args:
        path: the folder of the two files (the profiles may be missing), or the events file.
        merge: tracks whose artist and title are equal, but for case, spaces and the form of letters,
            become one, with the id that was played most.

    Raises:
        SegueError: no such file, nothing in it, not UTF-8, or no line that can be used.
    """
    file = _events_file(path)
    account = Account()
    with Console(stderr=True).status(f"Reading {file.name}"):
        lines = _lines(file, account)
        account.came["plays"] = len(lines.times)
        songs = _songs(lines.texts)
        plays = _usable(lines, songs, latest, account, file.name)
        if plays.is_empty():
            cure = "each line needs listener, time, artist id, artist, track id and title, tabs between; "
            cure += "for what exporters of Last.fm write use `segue import lastfm_export`"
            reasons = ", ".join(account.lines)
            raise SegueError(f"no line of it can be used ({reasons})", str(file), cure)
        counts = np.bincount(plays["song"].to_numpy(), minlength=songs.height)
        songs = songs.with_columns(plays=counts).with_row_index("song").filter(pl.col("plays") > 0)
        tracks = commonest(songs.select("track_id", "plays", *SONG))
        if merge:
            songs, tracks = _merged(songs, tracks, account)
        listeners = lines.names.gather(plays["user"].unique())
        plays = _plays(plays, lines, songs, tracks)
    _check_profiles(file.parent / PROFILE_FILE, listeners, account)
    mbid = pl.when(pl.col("mbid") != "").then("mbid")
    return Tables(
        tracks.select("track_id", "title", "artist", mbid, "artist_id"), plays=plays, dropped=+account
    )


def _events_file(path: Path) -> Path:
    """The events file of a folder, or the file given."""
    if path.is_dir():
        if not (path / EVENTS_FILE).is_file():
            raise SegueError(f"no {EVENTS_FILE} here", str(path), "give the folder where it lies, or a file")
        return path / EVENTS_FILE
    if not path.is_file():
        raise SegueError("no such file or folder", str(path), "check the path")
    return path


class Lines(NamedTuple):
    """The lines of a file as codes: `names[user]` and `texts[song]` are what stands there."""

    users: Ints
    times: pl.Series
    """Null where there is none."""
    songs: Ints
    names: pl.Series
    """Sorted, stripped."""
    texts: pl.Series
    """In the order of the file; null for lines with too few columns."""


def _read_lines(file: Path) -> Lines:
    """The lines of a file. Only codes and each text once are kept, so that the file never is in memory."""
    parts = pl.col("line").str.splitn("\t", 3).struct
    time_text = parts.field("field_1")
    when = time_text.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False, time_unit="us", time_zone="UTC")
    found = (
        pl.scan_lines(file, name="line")
        .select(
            user=parts.field("field_0").cast(pl.Categorical(pl.Categories.random())),
            time=pl.when(time_text.str.contains(TIME)).then(when),
            song=parts.field("field_2").cast(pl.Categorical(pl.Categories.random())),
        )
        .collect(engine="streaming")
    )
    users, written = _codes(found["user"])
    stripped = written.str.strip_chars("\ufeff ").fill_null("")
    names = stripped.unique().sort()
    songs, texts = _codes(found["song"])
    return Lines(names.search_sorted(stripped).to_numpy()[users], found["time"], songs, names, texts)


def _codes(column: pl.Series) -> tuple[Ints, pl.Series]:
    """A code for each row, and the texts in the order they first came: threads number them as it happens."""
    once = column.unique(maintain_order=True)
    physical = column.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    places = once.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    code_of = np.zeros(int(places.max(initial=0)) + 2, np.int32)  # its last is that of null, -1
    code_of[places] = np.arange(len(places), dtype=np.int32)
    return code_of[physical], once.cast(pl.String)


def _lines(file: Path, account: Account) -> Lines:
    """The lines of the file; where bytes of it are no UTF-8, of a copy in which they are replaced."""
    if file.stat().st_size == 0:
        raise SegueError("the file is empty", str(file), "download it again")
    with file.open("rb") as stream:
        if stream.read(2) in (b"\x1f\x8b", b"PK", b"BZ"):
            raise SegueError("packed", str(file), "unpack it first and give the folder")
    with readable(file, "download it again", ValueError):
        try:
            return _read_lines(file)
        except pl.exceptions.ComputeError:
            with TemporaryDirectory() as folder:
                copy = Path(folder) / file.name
                _write_mended(file, copy, account)
                return _read_lines(copy)


def _write_mended(file: Path, copy: Path, account: Account) -> None:
    """Write the file as UTF-8, with what is no text replaced and counted."""
    with file.open("rb") as stream, copy.open("w", encoding="utf-8", newline="") as out:
        head = stream.read(4)
        stream.seek(0)
        if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            out.write(decode(stream.read(), file.name, account))
            return
        for number, line in enumerate(stream, 1):
            out.write(decode_line(line, f"{file.name}:{number}", account))


def _songs(texts: pl.Series) -> pl.DataFrame:
    """Each text in its parts, with `track_id` and what is `wrong` with it (null: nothing)."""
    parts = texts.str.split_exact("\t", len(SONG) - 1).struct.rename_fields(list(SONG)).struct.unnest()
    songs = parts.with_columns(pl.col(*SONG).str.strip_chars().fill_null(""))
    tabs = texts.str.count_matches("\t", literal=True).fill_null(0)
    wrong = (
        pl.when(tabs != len(SONG) - 1)
        .then(pl.lit(NO_COLUMNS))
        .when(pl.col("artist") == "")
        .then(pl.lit("line with a blank artist"))
        .when(pl.col("title") == "")
        .then(pl.lit("line with a blank title"))
    )
    songs = songs.with_columns(wrong=wrong)
    songs = _filled(songs.with_columns(track_id="mbid"), "track_id", ["artist", "title"])
    return _filled(songs, "artist_id", ["artist"])


def _filled(songs: pl.DataFrame, column: str, names: list[str]) -> pl.DataFrame:
    """The songs with the blanks of a column filled by ids made of the names; each name is hashed once."""
    blank = pl.col(column) == ""
    made = songs.filter(blank).select(names).unique()
    made = made.with_columns(made=name_ids(*made))
    found = songs.join(made, on=names, how="left", maintain_order="left")
    return found.with_columns(pl.when(blank).then("made").otherwise(column).alias(column)).drop("made")


def _usable(lines: Lines, songs: pl.DataFrame, latest: date, account: Account, where: str) -> pl.DataFrame:
    """The plays that can be used: `user`, `time` and `song`, sorted by listener and time.

    The others are counted by what is wrong first. The file has each listener's newest play first: of plays
    in the same second the one that stands lower was played first.
    """
    end = datetime.combine(latest + timedelta(days=1), time(), UTC)
    no_song, nobody = songs["wrong"].is_not_null().to_numpy(), (lines.names == "").to_numpy()
    good = ((lines.times < end).fill_null(False)).to_numpy() & ~no_song[lines.songs] & ~nobody[lines.users]
    bad = np.flatnonzero(~good)
    facts = pl.DataFrame({"time": lines.times.gather(bad), "nobody": nobody[lines.users[bad]], "line": bad})
    facts = facts.with_columns(wrong=songs["wrong"].gather(lines.songs[bad]))
    reason = (
        pl.when(pl.col("wrong") == NO_COLUMNS)
        .then("wrong")
        .when(pl.col("time").is_null())
        .then(pl.lit("line without a time"))
        .when("nobody")
        .then(pl.lit("line with a blank listener"))
        .when(pl.col("wrong").is_not_null())
        .then("wrong")
        .otherwise(pl.lit("play in the future"))
    )
    wrong = facts.group_by(reason.alias("reason")).agg(pl.len(), pl.col("line").head(EXAMPLES))
    for what, n, places in wrong.iter_rows():
        account.leave("plays", what, n, [f"{where}:{place + 1}" for place in places])
    plays = pl.DataFrame({"user": lines.users, "time": lines.times, "song": lines.songs})
    plays = plays.with_columns(pl.col("user").cast(pl.Int32)).filter(pl.Series(good))
    return plays.reverse().sort("user", "time", maintain_order=True)


def _merged(songs: pl.DataFrame, tracks: pl.DataFrame, account: Account) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The songs and tracks with one id for all names that are equal but for case, spaces and letter forms."""
    form = pl.col("artist", "title").str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ")
    names = tracks.select(form, "track_id", "plays")
    names = names.sort("plays", "track_id", descending=[True, False])
    best = names.with_columns(best=pl.col("track_id").first().over("artist", "title"))
    new = songs["track_id"].replace_strict(best["track_id"], best["best"])
    kept = tracks.filter(pl.col("track_id").is_in(best["best"].implode()))
    account.add("track id merged into another of the same name", tracks.height - kept.height)
    return songs.with_columns(track_id=new), kept


def _plays(plays: pl.DataFrame, lines: Lines, songs: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """The plays with the names of their listeners and the ids of their tracks."""
    rows = songs.join(tracks.with_row_index("row"), on="track_id").select("song", "row")
    row_of = np.zeros(len(lines.texts), dtype=np.int32)
    row_of[rows["song"].to_numpy()] = rows["row"].to_numpy()
    users = lines.names.gather(plays["user"])
    ids = tracks["track_id"].gather(row_of[plays["song"].to_numpy()])
    return pl.DataFrame({"user_id": users, "track_id": ids, "played_at": plays["time"]})


def _check_profiles(file: Path, listeners: pl.Series, account: Account) -> None:
    """Count the profiles that are broken, and those of a listener without plays."""
    if not file.exists() or not file.stat().st_size:
        return
    known = set(listeners)
    for place, line in text_lines(file, account):
        parts = line.split("\t")
        if parts[0].startswith("#"):
            continue
        if len(parts) > PROFILE_COLUMNS:
            account.add("profile with another number of columns", 1, [place])
        elif parts[0] not in known:
            account.add("profile of a listener without plays", 1, [place])
