"""Replication sets as segue workspaces: ml-1m in SASRec's form, Amazon sets in S3-Rec's form, NYPhil.

The files of ml-1m and S3-Rec have an order but no times: their `played_at` is made up, one day a play from
2000-01-01 on, the same for every listener. Days and not seconds, so that every play is a session of its own
and nobody takes the time to the next play for the length of a listen. NYPhil has dates without hours: see
`nyphil`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.catalogue import Tables
from segue.importing import add as importing
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, hash_of, read_card, write_json
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions

FIRST_DAY = pl.datetime(2000, 1, 1, time_zone="UTC", time_unit="us")


def ml_1m(path: Path) -> Tables:
    """The tables of ml-1m.txt: "user item" a line, a user's lines in order of time; times are made up.

    Raises:
        SegueError: the file cannot be read, or a line is not two numbers.
    """
    try:
        plays = pl.read_csv(
            path, separator=" ", has_header=False, new_columns=["user_id", "track_id"], infer_schema=False
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(path, error, "each line is: user item") from None
    if plays.width != 2 or plays.null_count().sum_horizontal().item():
        raise SegueError("not every line has a user and an item", str(path), "each line is: user item")
    return _without_times(plays)


def s3rec(path: Path) -> Tables:
    """The tables of a file of S3-Rec: a line a user, "user item item ..." in order; times are made up.

    Raises:
        SegueError: the file cannot be read, or a user has no item.
    """
    try:
        lines = pl.Series("line", path.read_text("utf-8").splitlines(), pl.String)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error, "each line is: user item item ...") from None
    words = lines.str.split(" ").to_frame().filter(pl.col("line").list.first() != "")
    if words["line"].list.len().min() in (None, 1):
        raise SegueError("a line without an item", str(path), "each line is: user item item ...")
    parts = words.select(user_id=pl.col("line").list.first(), track_id=pl.col("line").list.slice(1))
    return _without_times(parts.explode("track_id"))


def nyphil(folder: Path) -> Tables:
    """The tables of the programmes of the New York Philharmonic.

    A conductor is a listener, a programme a session, a work a track, its composer the artist; what has no
    conductor is dropped and counted. Plays are in order of date, programme and position. Only the date is
    known: `played_at` is 20:00 UTC plus a minute for each place in the programme, 90 minutes later for each
    further programme of the conductor on that day.

    Raises:
        SegueError: a file is missing or cannot be read.
    """
    try:
        plays = pl.read_csv(folder / "plays.csv.gz", infer_schema=False)
        tracks = pl.read_csv(folder / "tracks.csv.gz", infer_schema=False)
        known = plays.filter(pl.col("conductor").is_not_null()).with_columns(
            pl.col("position").cast(pl.Int64), pl.col("date").str.to_datetime("%Y-%m-%d", time_zone="UTC")
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        cure = "the folder holds plays.csv.gz and tracks.csv.gz"
        raise _unreadable(folder, error, cure) from None
    number = pl.col("programme_id").rank("dense").over("conductor", "date").cast(pl.Int64) - 1
    minutes = 20 * 60 + 90 * number + pl.col("position")
    table = known.sort("date", "programme_id", "position").select(
        user_id="conductor",
        track_id="track_id",
        played_at=(pl.col("date") + pl.duration(minutes=minutes)).dt.cast_time_unit("us"),
    )
    dropped = Counter({"play without a conductor": plays.height - known.height})
    return Tables(tracks=tracks, plays=table, dropped=dropped)


READERS: dict[str, Callable[[Path], Tables]] = {"ml-1m": ml_1m, "beauty": s3rec, "nyphil": nyphil}
"""What reads a set by its name; Sports and Toys of S3-Rec are read under the name of Beauty."""


def prepare(name: str, path: Path, folder: Path) -> Workspace:
    """The workspace of a replication set with its listening log, made where `folder` has none yet.

    NYPhil is divided in time (the published cuts by percentiles), the others leave the last play of each
    listener for the test and the one before it for validation; every play and every listener is kept.

    Args:
        name: ml-1m, beauty or nyphil.
        path: the file, of NYPhil the folder.
        folder: the workspace's.

    Raises:
        SegueError: an unknown name, an unreadable file, or the folder is of other data.
    """
    if name not in READERS:
        raise SegueError(f"no replication set {name!r}", cure=f"sets: {', '.join(READERS)}")
    workspace = Workspace(folder)
    source = hash_of(name, *(sorted(path.glob("*.csv.gz")) if path.is_dir() else [path]))
    if (folder / "source" / "card.json").exists():
        if read_card(folder / "source", "import")["hash"] != source:
            raise SegueError("was made of other data", str(folder), "name another folder")
    else:
        importing.add(workspace, READERS[name](path))
        write_json(folder / "source" / "card.json", {"name": name, "hash": source})
    rule = "temporal" if name == "nyphil" else "leave-one-out"
    make_sessions(workspace, SessionOptions.preset("all", split=rule))
    return workspace


def trained_with(directory: Path, settings: dict[str, Any]) -> bool:
    """Whether a finished model with exactly these settings (as its card keeps them) is in the directory."""
    if not (directory / "card.json").exists():
        return False
    kept = read_card(directory, "train").get("settings")
    return bool(kept == json.loads(json.dumps(settings)))


def _without_times(plays: pl.DataFrame) -> Tables:
    """Tables of plays in order of time whose times are not known: days are made up."""
    day = pl.int_range(pl.len()).over("user_id")
    plays = plays.with_columns(played_at=FIRST_DAY + pl.duration(days=day))
    tracks = plays.select(pl.col("track_id").unique(maintain_order=True))
    return Tables(tracks=tracks.with_columns(title=pl.lit(None), artist=pl.lit(None)), plays=plays)


def _unreadable(path: Path, error: Exception, cure: str) -> SegueError:
    return SegueError(f"cannot be read ({str(error).splitlines()[0]})", str(path), cure)
