"""Adding what a source yields to a workspace: validate, merge, divide into splits, report."""

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Tables, empty
from segue.importing.alike import alike_together
from segue.importing.merge import (
    append,
    blank_to_null,
    clean,
    merge_tracks,
    n_playlists,
    new_dialogues,
    new_playlists,
    new_plays,
    one_spelling,
    unchanged,
)
from segue.importing.report import Report, describe, write
from segue.importing.splits import SplitChoice, check_shares, in_old_splits, split_dialogues, split_playlists
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, restore

__all__ = ["Report", "SplitChoice", "add"]


def add(
    workspace: Workspace,
    tables: Tables,
    *,
    split: SplitChoice = "auto",
    validation: float = 0.1,
    test: float = 0.1,
    update: bool = False,
    check: bool = False,
) -> Report:
    """Add the tables to the workspace's catalogue, write `reports/import`, and say what was done.

    Tracks already known keep their row, and their empty fields are filled; new tracks come at the end.
    Playlists and dialogues with an id already there, and plays already there, are skipped and counted, and
    so is all that refers to unknown tracks, and playlists of fewer than two tracks. With `update`, what the
    source says now replaces what known tracks and playlists had; a field it does not say stays.

    Splits: an explicit `split` holds for every playlist and dialogue of this import. With "auto", those
    that the source marks keep their split (and a source with its own test gets no second one, nor a second
    validation); a playlist with a `dialogue_id` follows its dialogue; other playlists are divided by
    `splits.split_table`, dialogues by `splits.split_of`.

    Every row is accounted for: those that came are new, or known already, or left out for a reason; where
    that does not add up, nothing is written.

    Args:
        update: known tracks and playlists take the new values (a folder whose files were retagged or moved).
        check: write nothing; the report says what would be.

    Raises:
        SegueError: the workspace's catalogue cannot be read, a table is invalid, no track is known, or
            nothing of what came can be used.
    """
    check_shares(split, validation, test)
    old = _catalogue_of(workspace)
    account = _account_of(tables)
    tracks, n_new, n_filled, n_known = _merged(old.tracks, tables.tracks, account, update)
    _some(tracks, account, workspace)
    ids = tracks.select("track_id")

    talks, n_talks = new_dialogues(tables.dialogues, old.dialogues, set(ids["track_id"]), account)
    talks = split_dialogues(talks, split, validation, test)
    plays, n_plays = new_plays(tables.plays, old.plays, ids, account)
    kept_lists = unchanged(old.playlists, tables.playlists) if update else old.playlists
    lists, n_entries, n_lists = new_playlists(tables.playlists, kept_lists, ids, account)
    known = {"tracks": n_known, "plays": n_plays, "playlists": n_entries, "dialogues": n_talks}
    made = {"tracks": n_new, "plays": plays.height, "playlists": lists.height, "dialogues": len(talks)}
    _check(account, made, known, workspace, ids["track_id"][0])
    by_dialogue = {d.dialogue_id: d.split for d in [*old.dialogues, *talks]}
    lists = split_playlists(lists, split, validation, test, by_dialogue)
    if split == "auto":
        lists = alike_together(lists, kept_lists)
        lists = in_old_splits(lists, old.playlists) if update else lists

    all_plays, all_lists = append(old.plays, plays, "plays"), append(kept_lists, lists, "playlists")
    catalogue = Catalogue(tracks, all_plays, all_lists, old.dialogues + talks)
    changed = "known tracks changed" if update else "known tracks with fields filled"
    new = {"tracks": n_new, changed: n_filled, "playlists": n_playlists(lists)}
    new |= {"plays": plays.height, "dialogues": len(talks)}
    report = describe(catalogue, new, known | {"playlists": n_lists}, +account)
    if not check:
        catalogue.save(workspace)
        write(report, catalogue, workspace)
    return report


def _some(tracks: pl.DataFrame, account: Account, workspace: Workspace) -> None:
    """There are tracks; raises `SegueError` where there is none."""
    if tracks.is_empty():
        why = f" ({'; '.join(account.lines[:3])})" if account else ""
        cure = "import a tracks table first"
        raise SegueError(f"no track to add, and none there{why}", str(workspace.root), cure)


def _merged(
    old: pl.DataFrame, fresh: pl.DataFrame, account: Account, update: bool
) -> tuple[pl.DataFrame, int, int, int]:
    """The tracks with those that came, cleaned and in one spelling; how many are new, filled, known."""
    old = blank_to_null("tracks", old)
    fresh = one_spelling(old, clean("tracks", fresh, account))
    tracks, *counts = merge_tracks(old, fresh, account, update)
    n_new, n_filled, n_known = counts
    return tracks.with_columns(pl.col("title", "artist").fill_null("")), n_new, n_filled, n_known


def _account_of(tables: Tables) -> Account:
    """The account of what a source read, with the rows of every table as they came."""
    account = Account.of(tables.dropped)
    heights = {
        "tracks": tables.tracks.height,
        "plays": 0 if tables.plays is None else tables.plays.height,
        "playlists": 0 if tables.playlists is None else tables.playlists.height,
        "dialogues": len(tables.dialogues),
    }
    for table, height in heights.items():
        account.check(table, height)
        account.came[table] = height + account.lost(table)
    return account


def _check(
    account: Account, made: dict[str, int], known: dict[str, int], workspace: Workspace, first_id: str
) -> None:
    """Raise where rows are not accounted for, or nothing of all that came can be used."""
    for table, n in made.items():
        account.check(table, n, known[table])
        if account.came[table] and not n + known[table]:
            why = ", ".join(f"{rows:,} x {reason}" for reason, rows in account.rows[table].items())
            account.barren.setdefault(f"the {table}", why)
    if any(account.came.values()) and not any(made.values()) and not any(known.values()):
        cure = (
            f"ids here are written as {first_id!r}" if any("unknown track" in why for why in account) else ""
        )
        what = f"nothing of it can be used: {'; '.join(account.lines[:3])}"
        raise SegueError(what, str(workspace.root), cure)


def _catalogue_of(workspace: Workspace) -> Catalogue:
    """The workspace's catalogue, an empty one where none was begun."""
    restore(workspace.catalogue)
    if workspace.catalogue.exists():
        return Catalogue.load(workspace, described=False)
    return Catalogue(empty(TRACKS), empty(PLAYS), empty(PLAYLISTS), [])
