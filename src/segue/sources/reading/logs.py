"""What the sources of listening logs share: records of many files become tracks and plays of one log."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import PLAYS, TRACKS, Tables
from segue.data.names import commonest
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.sources.reading.files import files, guarded
from segue.sources.reading.records import HEAD, records

Row = dict[str, Any] | str
"""A play as columns of tracks and plays (always the same ones), or the reason why it is left out."""
BATCH = 100_000


def read_log(
    path: Path,
    wanted: Callable[[str], bool],
    rows_of: Callable[[Any, str], Iterable[Row]],
    account: Account,
    cure: str,
    last: Callable[[bytes], bool] | None = None,
) -> Tables:
    """The tables of all files of JSON of a log.

    Args:
        wanted: says by its name whether a file in a folder or archive may hold plays.
        rows_of: the plays of one JSON value, given with the name of its file.
        last: says by its first bytes whether a file is to be read after the others.

    Raises:
        SegueError: no such file, or no play in any.
    """
    parts = [
        _rows(path, wanted, rows_of, account, last, when) for when in ((False, True) if last else (False,))
    ]
    return tables_of(itertools.chain(*parts), str(path), account, cure)


def _rows(
    path: Path,
    wanted: Callable[[str], bool],
    rows_of: Callable[[Any, str], Iterable[Row]],
    account: Account,
    last: Callable[[bytes], bool] | None,
    when: bool,
) -> Iterator[dict[str, Any]]:
    """The plays of all files whose turn it is; those that are left out are counted."""
    for where, stream in files(path, wanted, account):
        if last is not None:
            heads = list(guarded((f(HEAD) for f in (stream.read,)), where, account))
            if not heads or last(heads[0]) != when:
                continue
            stream.seek(0)
        found = guarded(records(stream, where, "plays", account), where, account)
        placed = ((place, row) for place, value in found for row in rows_of(value, where))
        yield from counted(placed, where, account)


def counted(rows: Iterable[tuple[str, Row]], where: str, account: Account) -> Iterator[dict[str, Any]]:
    """The plays of a file, given with their places; what is left out is counted, an empty file named."""
    reasons: Counter[str] = Counter()
    n, damaged = 0, account.lost("plays")
    for place, row in rows:
        account.came["plays"] += 1
        if isinstance(row, str):
            reasons[row] += 1
            account.leave("plays", row, examples=[place])
        else:
            n += 1
            yield row
    if not n and where not in account.barren:
        if rest := account.lost("plays") - damaged - reasons.total():
            reasons["part that is no JSON"] = rest
        account.barren[where] = (
            ", ".join(f"{k:,} x {reason}" for reason, k in reasons.most_common()) or "no record in it"
        )


def tables_of(plays: Iterable[dict[str, Any]], where: str, account: Account, cure: str) -> Tables:
    """The tables of a log given play by play, the plays sorted by listener and time."""
    frames = []
    for part in batched(watched(plays, "Reading plays")):
        kinds: dict[str, Any] = {c: kind for c, kind in (TRACKS | PLAYS).items() if c in part[0]}
        frames.append(pl.DataFrame(part, schema=kinds))
    if not frames and not account and not account.barren:
        raise SegueError("no file of plays here", where, cure)
    if not frames:
        raise SegueError(f"no plays that can be used ({nothing(account)})", where, cure)
    frame = pl.concat(frames)
    own = [c for c in frame.columns if c in TRACKS]
    # What one play does not say of its track another may.
    known = [pl.col(c).drop_nulls().first() for c in own if c not in ("track_id", "title", "artist")]
    songs = frame.group_by("track_id", "title", "artist", maintain_order=True).agg(*known, plays=pl.len())
    log = frame.select([c for c in PLAYS if c in frame.columns])
    log = log.sort("user_id", "played_at", maintain_order=True)
    return Tables(commonest(songs).select(own), plays=log, dropped=+account)


def listener(user: str) -> str:
    """The listener's id as it was given; raises `SegueError` where it is blank."""
    if not user.strip():
        raise SegueError("the listener's id is blank", cure="use --user me")
    return user


def words(value: Any) -> str:
    """A text or number of a record as a text without blanks around it; "" where it is neither."""
    return str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def nothing(account: Account) -> str:
    """Why nothing came, in words."""
    files = "; ".join(f"{name}: {why}" for name, why in list(account.barren.items())[:3])
    reasons = ", ".join(f"{n:,} x {reason}" for reason, n in account.most_common(5))
    return files or reasons


def batched(values: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Lists of at most BATCH values: a table is many times smaller than its rows as Python objects."""
    source = iter(values)
    while part := list(itertools.islice(source, BATCH)):
        yield part
