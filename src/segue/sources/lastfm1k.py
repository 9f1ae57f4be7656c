"""Import of LastFM-1K, the listening log of about a thousand Last.fm users, or of any log in its layout.

Source: Celma, "Music Recommendation and Discovery in the Long Tail", PhD thesis, 2008, and the README of
its data. Six columns with tabs between, without header and without quoting: listener, time (UTC), artist
MBID, artist, track MBID, title. Either MBID may be blank.
"""

from __future__ import annotations

import codecs
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console

from segue.data.account import EXAMPLES, Account
from segue.data.catalogue import Tables
from segue.data.names import commonest, name_ids
from segue.kit.errors import SegueError
from segue.sources.reading.text import decode, decode_line
from segue.sources.tables import text_lines

if TYPE_CHECKING:
    from segue.sources.line_scan import Lines

Ints = NDArray[np.int64]

EVENTS_FILE = "userid-timestamp-artid-artname-traid-traname.tsv"
PROFILE_FILE = "userid-profile.tsv"
LATEST = date(2009, 6, 30)
"""The crawl ended in May 2009: what is dated later comes from clocks that were wrong."""
SONG = ("artist_id", "artist", "mbid", "title")
"""What stands in a line behind the listener and the time."""
PROFILE_COLUMNS = 5


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
        latest: the last day (UTC) that counts.
        merge: tracks whose artist and title are equal, but for case, spaces and the form of letters,
            become one, with the id that was played most.

    Raises:
        SegueError: no such file, nothing in it, not UTF-8, or no line that can be used.
    """
    from segue.sources.byte_scan import kept_lines  # numba takes a while to import

    file = _events_file(path)
    account = Account()
    with Console(stderr=True).status(f"Reading {file.name}"):
        lines = _lines(file, account)
        account.came["plays"] = len(lines.times)
        texts = lines.texts
        most = 2 * len(texts) // 3
        with ThreadPoolExecutor(1) as pool:  # most songs are cut while the lines are sorted
            cut = pool.submit(_songs, texts.head(most))
            order = _order(lines)
            rest = _songs(texts.slice(most))
            songs = pl.concat([cut.result(), rest]).rechunk()
        good, counts = _usable(lines, order, songs, latest, account, file.name)
        if not counts.any():
            cure = "each line needs listener, time, artist id, artist, track id and title, tabs between; "
            cure += "for what exporters of Last.fm write use `segue import lastfm_export`"
            reasons = ", ".join(account.lines)
            raise SegueError(f"no line of it can be used ({reasons})", str(file), cure)
        songs = songs.with_columns(plays=counts).with_row_index("song").filter(pl.col("plays") > 0)
        with ThreadPoolExecutor(1) as pool:
            chosen = pool.submit(kept_lines, order.lines, good, lines.users, order.rank)
            tracks = commonest(songs.select("track_id", "plays", *SONG))
            if merge:
                songs, tracks = _merged(songs, tracks, account)
            kept, who = chosen.result()
        plays = _plays(lines, kept, order.names, who, songs, tracks)
        listeners = order.names.gather(who[np.flatnonzero(np.diff(who, prepend=-1))])
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


def _lines(file: Path, account: Account) -> Lines:
    """The lines of the file; where bytes of it are no UTF-8, of a copy in which they are replaced."""
    from segue.sources.line_scan import read_lines  # numba takes a while to import

    if file.stat().st_size == 0:
        raise SegueError("the file is empty", str(file), "download it again")
    with file.open("rb") as stream:
        if stream.read(2) in (b"\x1f\x8b", b"PK", b"BZ"):
            raise SegueError("packed", str(file), "unpack it first and give the folder")
    try:
        try:
            return read_lines(file)
        except pl.exceptions.ComputeError:
            with TemporaryDirectory() as folder:
                copy = Path(folder) / file.name
                _write_mended(file, copy, account)
                return read_lines(copy)
    except (OSError, ValueError) as error:
        raise SegueError(f"cannot be read ({error})", str(file), "download it again") from None


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
    wrong = (
        pl.when(pl.col("artist") == "")
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


def _usable(
    lines: Lines, order: Order, songs: pl.DataFrame, latest: date, account: Account, where: str
) -> tuple[NDArray[np.bool_], Ints]:
    """Which lines can be used (n_lines,), and how often each text is the song of one (n_texts,).

    The others are counted by what is wrong first.
    """
    from segue.sources.byte_scan import NO_COLUMNS, NO_TIME, usable_lines

    end = int(datetime.combine(latest + timedelta(days=1), time(), UTC).timestamp())
    no_song, nobody = songs["wrong"].is_not_null().to_numpy(), order.nobody
    good, counts = usable_lines(lines.times, lines.users, lines.songs, end, no_song, nobody)
    bad = np.flatnonzero(~good)
    times = lines.times[bad]
    facts = pl.DataFrame({"time": times, "nobody": nobody[lines.users[bad]]})
    facts = facts.with_columns(wrong=songs["wrong"].gather(lines.songs[bad]))
    reasons = facts.select(
        pl.when(pl.col("time") == NO_COLUMNS)
        .then(pl.lit("line with another number of columns"))
        .when(pl.col("time") == NO_TIME)
        .then(pl.lit("line without a time"))
        .when("nobody")
        .then(pl.lit("line with a blank listener"))
        .when(pl.col("wrong").is_not_null())
        .then("wrong")
        .otherwise(pl.lit("play in the future"))
    )
    wrong = pl.DataFrame({"reason": reasons.to_series(), "line": bad})
    for reason, n, places in (
        wrong.group_by("reason").agg(pl.len(), pl.col("line").head(EXAMPLES)).iter_rows()
    ):
        account.leave("plays", reason, n, [f"{where}:{place + 1}" for place in places])
    return good, counts


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


class Order(NamedTuple):
    """All lines sorted by listener and time, and who the listeners are."""

    lines: Ints
    rank: Ints
    """The place of each text among the listeners."""
    names: pl.Series
    nobody: NDArray[np.bool_]
    """Which texts are a blank listener's."""


def _order(lines: Lines) -> Order:
    """The order of all lines, usable or not.

    The file has each listener's newest play first, but for a few: backwards it is nearly sorted, and of plays
    in the same second the one that stands lower was played first.
    """
    from segue.sources.byte_scan import backwards

    present = np.flatnonzero(np.bincount(lines.users))
    written = lines.texts.gather(present).str.strip_chars("\ufeff ")
    names = written.unique().sort()
    rank, nobody = np.zeros(len(lines.texts), np.int64), np.zeros(len(lines.texts), np.bool_)
    rank[present], nobody[present] = names.search_sorted(written), written == ""
    lines_of, ends, sorted_already = backwards(rank[lines.users], lines.times, len(names))
    for who in np.flatnonzero(~sorted_already):
        part = lines_of[ends[who - 1] if who else 0 : ends[who]]
        part[:] = part[np.argsort(lines.times[part], kind="stable")]
    return Order(lines_of, rank, names, nobody)


def _plays(
    lines: Lines, kept: Ints, names: pl.Series, who: Ints, songs: pl.DataFrame, tracks: pl.DataFrame
) -> pl.DataFrame:
    """The plays of the kept lines, in their order; `who` are their listeners' places among the names."""
    rows = songs.join(tracks.with_row_index("row"), on="track_id").select("song", "row")
    row_of = np.zeros(len(lines.texts), dtype=np.int32)
    row_of[rows["song"].to_numpy()] = rows["row"].to_numpy()
    with ThreadPoolExecutor(1) as pool:  # two columns of text at once
        users = pool.submit(names.gather, who)
        times = pool.submit(lambda: pl.Series(lines.times[kept] * 1_000_000).cast(pl.Datetime("us", "UTC")))
        ids = tracks["track_id"].gather(row_of[lines.songs[kept]])
    return pl.DataFrame({"user_id": users.result(), "track_id": ids, "played_at": times.result()})


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
