"""Adding what a source yields to a workspace: validate, merge, divide into splits, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import polars as pl

from segue.data.catalogue import (
    PLAYLISTS,
    PLAYS,
    SPLITS,
    TRACKS,
    Catalogue,
    Dialogue,
    Tables,
    conform,
    empty,
    known_tracks_only,
)
from segue.importing.report import Report, describe, write
from segue.importing.splits import SplitChoice, check_shares, in_old_splits, split_dialogues, split_playlists
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources.tables import SCHEMAS

__all__ = ["Report", "SplitChoice", "add"]

KEYS = {
    "tracks": ["track_id"],
    "plays": ["user_id", "track_id", "played_at"],
    "playlists": ["playlist_id", "position", "track_id"],
}
"""What a row must have to count; a track may lack its title or artist, which are then blank."""
MIN_LENGTH = 2
"""Tracks that a playlist must have: of one track nothing can be learnt or asked."""


def add(
    workspace: Workspace,
    tables: Tables,
    *,
    split: SplitChoice = "auto",
    validation: float = 0.1,
    test: float = 0.1,
    update: bool = False,
) -> Report:
    """Add the tables to the workspace's catalogue, write `reports/import`, and say what was done.

    Tracks already known keep their row, and their empty fields are filled; new tracks come at the end.
    Playlists and dialogues with an id already there, and plays already there, are skipped and counted, and
    so is all that refers to unknown tracks, and playlists of fewer than two tracks. With `update`, what the
    source says now replaces what known tracks and playlists had; a field it does not say stays.

    Splits: an explicit `split` holds for every playlist and dialogue of this import. With "auto", those
    that the source marks keep their split (and a source with its own test gets no second one, nor a second
    validation); a playlist with a `dialogue_id` follows its dialogue; other playlists are divided by
    `catalogue.split_table`, dialogues by `catalogue.split_of`.

    Args:
        workspace: made where it does not exist yet.
        tables: what a source read.
        split: "auto", or the split of everything in this import.
        validation: share for validation, in [0, 1).
        test: share for the test, in [0, 1).
        update: known tracks and playlists take the new values (a folder whose files were retagged or moved).

    Raises:
        SegueError: the workspace's catalogue cannot be read, a table is invalid, or no track is known.
    """
    check_shares(split, validation, test)
    old = _catalogue_of(workspace)
    dropped = Counter(tables.dropped)
    new_tracks = clean("tracks", tables.tracks, dropped)
    old_tracks = _blank_to_null("tracks", old.tracks)
    tracks, n_new, n_filled = _merge_tracks(old_tracks, new_tracks, dropped, update)
    tracks = tracks.with_columns(pl.col("title", "artist").fill_null(""))
    if tracks.is_empty():
        raise SegueError(
            "no track to add, and none there", str(workspace.root), "import a tracks table first"
        )
    known = tracks.select("track_id")

    dialogues = _new_dialogues(tables.dialogues, old.dialogues, set(known["track_id"]), dropped)
    dialogues = split_dialogues(dialogues, split, validation, test)
    new_plays = _new_plays(tables.plays, old.plays, known, dropped)
    kept_playlists = _unchanged(old.playlists, tables.playlists) if update else old.playlists
    new_playlists = _new_playlists(tables.playlists, kept_playlists, known, dropped)
    split_by_dialogue = {d.dialogue_id: d.split for d in [*old.dialogues, *dialogues]}
    new_playlists = split_playlists(new_playlists, split, validation, test, split_by_dialogue)
    if update and split == "auto":
        new_playlists = in_old_splits(new_playlists, old.playlists)

    catalogue = Catalogue(
        tracks,
        _append(old.plays, new_plays, "plays"),
        _append(kept_playlists, new_playlists, "playlists"),
        old.dialogues + dialogues,
    )
    new = {
        "tracks": n_new,
        "known tracks changed" if update else "known tracks with fields filled": n_filled,
        "playlists": _n_playlists(new_playlists),
        "plays": new_plays.height,
        "dialogues": len(dialogues),
    }
    catalogue.save(workspace)
    report = describe(catalogue, new, +dropped)
    write(report, catalogue, workspace)
    return report


def clean(name: str, table: pl.DataFrame, dropped: Counter[str]) -> pl.DataFrame:
    """The table with our columns and types, blank texts and empty lists as null, incomplete rows dropped."""
    table = _blank_to_null(name, conform(name, table, SCHEMAS[name]))
    if name == "tracks":
        tags = pl.col("tags").list.eval(pl.element().filter(pl.element().str.strip_chars() != ""))
        table = table.with_columns(pl.when(tags.list.len() > 0).then(tags).alias("tags"))
    complete = table.drop_nulls(KEYS[name])
    dropped[f"row of {name} without {' or '.join(KEYS[name])}"] += table.height - complete.height
    return complete


def _blank_to_null(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """The table with blank texts in our columns as null."""
    texts = [pl.col(c) for c, kind in SCHEMAS[name].items() if kind == pl.String]
    return table.with_columns(pl.when(text.str.strip_chars() != "").then(text) for text in texts)


def _catalogue_of(workspace: Workspace) -> Catalogue:
    """The workspace's catalogue, an empty one where none was begun."""
    if workspace.catalogue.exists():
        return Catalogue.load(workspace, described=False)
    return Catalogue(empty(TRACKS), empty(PLAYS), empty(PLAYLISTS), [])


def _append(old: pl.DataFrame, new: pl.DataFrame, name: str) -> pl.DataFrame:
    """The new rows behind the old, with the columns of both.

    Raises:
        SegueError: a further column has types that do not go together.
    """
    try:
        return pl.concat([old, new], how="diagonal_relaxed")
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        cure = "rename or leave out that column"
        raise SegueError(f"a column has another type than in the workspace ({reason})", name, cure) from None


def _merge_tracks(
    old: pl.DataFrame, new: pl.DataFrame, dropped: Counter[str], update: bool
) -> tuple[pl.DataFrame, int, int]:
    """The tracks of both, how many are new, and how many known ones had a field filled or changed."""
    unique = new.unique("track_id", keep="first", maintain_order=True)
    dropped["duplicate track id"] += new.height - unique.height
    added = unique.join(old, on="track_id", how="anti", maintain_order="left")
    known = unique.join(old, on="track_id", how="semi")
    if known.is_empty():
        return _append(old, added, "tracks"), added.height, 0
    columns = [c for c in unique.columns if c != "track_id"]
    base = _append(old, unique.clear(), "tracks")  # the old rows, with the columns of both
    found = known.rename({c: f"{c}\n" for c in columns})  # no column of a user's ends in a newline
    both = base.join(found, on="track_id", how="left", maintain_order="left")
    if update:
        fills = [pl.col(f"{c}\n").is_not_null() & pl.col(c).ne_missing(pl.col(f"{c}\n")) for c in columns]
        values = [pl.coalesce(f"{c}\n", c).alias(c) for c in columns]
    else:
        fills = [pl.col(c).is_null() & pl.col(f"{c}\n").is_not_null() for c in columns]
        values = [pl.coalesce(c, f"{c}\n").alias(c) for c in columns]
    n_filled = both.select(pl.any_horizontal(fills).sum()).item()
    filled = both.with_columns(values).select(base.columns)
    return _append(filled, added, "tracks"), added.height, n_filled


def _new_plays(
    new: pl.DataFrame | None, old: pl.DataFrame, known: pl.DataFrame, dropped: Counter[str]
) -> pl.DataFrame:
    """The plays of known tracks that are not there yet."""
    if new is None:
        return empty(PLAYS)
    table = clean("plays", new, dropped)
    kept = table.filter(pl.col("track_id").is_in(known["track_id"].implode()))
    dropped["play of unknown track"] += table.height - kept.height
    del table  # there may be twenty million
    first, fresh = _first_and_fresh(kept, old)
    dropped["duplicate play"] += kept.height - int(first.sum())
    dropped["play already there"] += int(first.sum()) - int(fresh.sum())
    return kept.filter(fresh)


def _first_and_fresh(new: pl.DataFrame, old: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Whether each new play is the first of its key among the new ones, and among the old ones, too."""
    # Keys of numbers take a fraction of the memory that keys of texts do.
    codes = {c: pl.Categorical(pl.Categories.random()) for c in ("user_id", "track_id")}
    keys = [pl.col(c).cast(kind).to_physical() for c, kind in codes.items()]
    key = pl.struct(*keys, pl.col("played_at").to_physical())
    first = new.select(key.is_first_distinct()).to_series()
    if old.is_empty():
        return first, first
    both = pl.concat([table.select(KEYS["plays"]) for table in (old, new)])
    return first, both.select(key.is_first_distinct()).to_series().slice(old.height)


def _new_playlists(
    new: pl.DataFrame | None, old: pl.DataFrame, known: pl.DataFrame, dropped: Counter[str]
) -> pl.DataFrame:
    """The playlists not there yet, of known tracks, long enough, in order and numbered from 0."""
    if new is None:
        return empty(PLAYLISTS)
    table = clean("playlists", new, dropped)
    bad = set(table["split"].drop_nulls().unique()) - set(SPLITS)
    if bad:
        raise SegueError(f"unknown split {min(bad)!r}", "playlists", f"splits are {', '.join(SPLITS)}")
    fresh = table.join(old, on="playlist_id", how="anti", maintain_order="left")
    dropped["playlist already there"] += _n_playlists(table) - _n_playlists(fresh)
    kept = fresh.join(known, on="track_id", how="semi", maintain_order="left")
    dropped["playlist entry with unknown track"] += fresh.height - kept.height
    long = kept.filter(pl.len().over("playlist_id") >= MIN_LENGTH)
    dropped["playlist of fewer than two tracks"] += _n_playlists(fresh) - _n_playlists(long)
    place = pl.col("position").rank("ordinal").over("playlist_id") - 1
    # A playlist is in one split as a whole, whatever its rows say.
    mark = pl.col("split").drop_nulls().first().over("playlist_id")
    return long.with_columns(place.cast(pl.Int32).alias("position"), mark.alias("split"))


def _unchanged(old: pl.DataFrame, new: pl.DataFrame | None) -> pl.DataFrame:
    """The old playlists but those that the new ones give other tracks or another title."""
    if new is None:
        return old
    heads = [
        table.sort("playlist_id", "position")
        .group_by("playlist_id")
        .agg(tracks="track_id", title=pl.col("title").first())
        for table in (old, conform("playlists", new, PLAYLISTS))
    ]
    both = heads[0].join(heads[1], on="playlist_id")
    differ = (pl.col("tracks") != pl.col("tracks_right")) | pl.col("title").ne_missing(pl.col("title_right"))
    return old.join(both.filter(differ), on="playlist_id", how="anti", maintain_order="left")


def _n_playlists(table: pl.DataFrame) -> int:
    """The number of playlists of a table."""
    return table["playlist_id"].n_unique()


def _new_dialogues(
    new: Iterable[Dialogue], old: Iterable[Dialogue], known: set[str], dropped: Counter[str]
) -> list[Dialogue]:
    """The dialogues not there yet, with turns of known tracks only."""
    there = {d.dialogue_id for d in old}
    fresh: dict[str, Dialogue] = {}
    for dialogue in new:
        if dialogue.dialogue_id in there:
            dropped["dialogue already there"] += 1
        elif dialogue.dialogue_id in fresh:
            dropped["duplicate dialogue id"] += 1
        else:
            fresh[dialogue.dialogue_id] = dialogue
    return known_tracks_only(fresh.values(), known, dropped)
