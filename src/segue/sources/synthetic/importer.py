"""A made-up listening log in the layout of LastFM-1K, with a structure that a recommender can find.

The model. Artists belong to genres and make albums, whose tracks come out together; some albums come out
while the log runs, so that there are cold tracks at its end. Popularity within a genre follows Zipf's law.
A listener likes a few genres, and in those most artists. A session keeps to one genre, all but a few of its
plays. A play is one of three: the track that follows the last one on its album (a transition), a repeat of
an earlier play of the same listener and genre (rich get richer, as most plays of music are repeats), or
something new by popularity or novelty. What is not liked is seldom repeated and often skipped: it is cut
short, and the next play follows at once. As Last.fm has it, a play counts ("scrobbles") from half of the
track or four minutes on, so early skips are in `exact_plays.csv` and not in the events file.
"""

from pathlib import Path

import numpy as np
import polars as pl

from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.workspace import whole_directory
from segue.sources.lastfm1k import EVENTS_FILE, PROFILE_FILE
from segue.sources.synthetic.model import FEWEST_TRACKS, Ints, Music, Plays, content, make_music, make_plays
from segue.sources.synthetic.names import Names, broken_lines, names_of

MOST_PLAYS = 30_000
"""Plays of a listener on average; the busiest have about four times as many and must sleep, too."""
COUNTS_FROM = 240
"""Seconds from which a play counts, however long the track."""
FUTURE = 3
"""Lines with a clock in the future in each chunk; `broken_lines` come behind each chunk."""
CHUNK = 250_000
TIME_FORM = "%Y-%m-%dT%H:%M:%SZ"


def generate(
    folder: Path, *, listeners: int, tracks: int, plays: int, seed: int, quirks: bool = True
) -> None:
    """Write a made-up log of the model above.

    The folder then holds the two files of LastFM-1K (newest play first for each listener),
    `durations.csv` (track_id, duration_s), `exact_plays.csv` (user_id, track_id, played_at, played_s: every
    play, also those skipped early, with the seconds heard) and `content.parquet` (track_id, vector: 16
    numbers, noisy genre and artist, in the place of what an audio encoder would hear). Track ids are those
    that `lastfm1k.read` makes.

    Args:
        folder: replaced as a whole where it is there already.
        plays: how many in `exact_plays.csv`; the events file has those that count, about 7 in 8.
        quirks: with missing ids, several ids for one song, quotation marks and other scripts in names,
            clocks in the future and broken lines.

    Raises:
        SegueError: a number makes no sense, or so many plays that the listeners would never sleep.
    """
    _check(listeners, tracks, plays)
    random = [np.random.default_rng([seed, part]) for part in range(4)]
    music = make_music(tracks, random[0])
    log = make_plays(music, listeners, plays, random[1])
    names = names_of(music.artist, listeners, quirks, random[2])
    with whole_directory(folder) as place:
        ids = pl.DataFrame({"track_id": names.ids})
        ids.with_columns(duration_s=music.duration).unique("track_id", maintain_order=True).write_csv(
            place / "durations.csv"
        )
        vectors = pl.Series(content(music, random[3])).cast(pl.List(pl.Float32))
        ids.with_columns(vector=vectors).unique("track_id", maintain_order=True).write_parquet(
            place / "content.parquet"
        )
        (place / PROFILE_FILE).write_text(names.profiles, "utf-8")
        _write_exact(place / "exact_plays.csv", log, names)
        _write_events(place / EVENTS_FILE, log, music, names, quirks)


def _check(listeners: int, tracks: int, plays: int) -> None:
    """Raise where the numbers make no sense."""
    if listeners < 1 or tracks < FEWEST_TRACKS or plays < listeners:
        what = f"{listeners} listeners, {tracks} tracks and {plays} plays"
        cure = f"give at least 1 listener, {FEWEST_TRACKS} tracks, and as many plays as listeners"
        raise SegueError(f"too little to make up a log: {what}", cure=cure)
    if plays / listeners > MOST_PLAYS:
        cure = f"give at most {MOST_PLAYS:,} plays a listener on average"
        raise SegueError(f"{listeners} listeners have no time for {plays} plays", cure=cure)


def _write_exact(path: Path, log: Plays, names: Names) -> None:
    """Write every play with the seconds heard, oldest first for each listener."""
    with path.open("wb") as file:
        for begin in watched(range(0, len(log.track), CHUNK), "Writing exact plays"):
            part = slice(begin, begin + CHUNK)
            frame = pl.DataFrame(
                {
                    "user_id": names.users.gather(log.listener[part]),
                    "track_id": names.ids.gather(log.track[part]),
                    "played_at": _times(log.started[part]),
                    "played_s": log.played[part],
                }
            )
            frame.write_csv(file, include_header=begin == 0, datetime_format=TIME_FORM)


def _write_events(path: Path, log: Plays, music: Music, names: Names, quirks: bool) -> None:
    """Write the plays that count, newest first for each listener."""
    counts = np.flatnonzero(log.played >= np.minimum(music.duration[log.track] / 2, COUNTS_FROM))[::-1]
    counts = counts[np.argsort(log.listener[counts], kind="stable")]
    with path.open("wb") as file:
        for begin in watched(range(0, len(counts), CHUNK), "Writing events"):
            rows = counts[begin : begin + CHUNK]
            track = log.track[rows]
            frame = pl.DataFrame(
                {
                    "user": names.users.gather(log.listener[rows]),
                    "time": _times(log.started[rows]),
                    "artist_id": names.artist_ids.gather(track),
                    "artist": names.artists.gather(track),
                    "mbid": names.mbids.gather(track),
                    "title": names.titles.gather(track),
                }
            )
            if quirks:
                wrong = frame.head(FUTURE).with_columns(pl.col("time").dt.offset_by("4y"))
                frame = pl.concat([wrong, frame])
            frame.write_csv(
                file, include_header=False, separator="\t", quote_style="never", datetime_format=TIME_FORM
            )
            if quirks:
                file.write("".join(f"{line}\n" for line in broken_lines(frame.row(-1)[0])).encode())


def _times(seconds: Ints) -> pl.Series:
    """Seconds since 1970 as times (UTC)."""
    return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us"))
