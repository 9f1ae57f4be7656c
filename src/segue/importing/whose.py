"""Whose plays an import brings, where the files do not say: two people must not become one without a word."""

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import Tables
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

ASSUMED = "me"
"""The listener of a log that names none, where nobody says who it is."""


def check(workspace: Workspace, tables: Tables, where: str) -> None:
    """Say whose the plays are taken to be; ask where they may be a second person's.

    A later export of the same person repeats plays that are there. Where none is, it is another person, or
    another service: only the user knows.

    Raises:
        SegueError: there are plays of `ASSUMED` already, and none of them is among the new ones.
    """
    new = tables.plays
    if new is None or not (new["user_id"] == ASSUMED).any():
        return
    account = Account.of(tables.dropped)
    account.note(f"the files name no listener: their plays are those of {ASSUMED!r}; --user names another")
    tables.dropped = account
    path = workspace.catalogue / "plays.parquet"
    if not path.exists():
        return
    keys = ["track_id", "played_at"]
    mine = pl.col("user_id") == ASSUMED
    old = pl.scan_parquet(path).filter(mine).select(keys).collect()
    if not old.height:
        return
    fresh = new.filter(mine).select(keys).cast(old.schema)
    if not fresh.join(old, on=keys, how="semi").height:
        what = f"whose plays are these? The {old.height:,} of {ASSUMED!r} that are there have none of them"
        raise SegueError(what, where, f"say --user NAME, or --user {ASSUMED} if they are the same person's")
