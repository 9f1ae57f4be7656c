"""The listening log as arrays: every listener's plays in order of time, each in one split.

What it is made of, in this order: the artefact of `segue sessions` (the plays of real listeners), or, in a
workspace without plays, its playlists, each a listener of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.data.catalogue import SPLITS, Catalogue, Split
from segue.data.request import History
from segue.kit.arrays import digest
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, read_card

EVENTS = {
    "user_id": pl.String,
    "session_id": pl.Int32,
    "track_id": pl.String,
    "played_at": pl.Datetime("us", "UTC"),
    "gap_s": pl.Float32,
    "completion": pl.Float32,
    "state": pl.String,
    "split": pl.String,
}
"""The columns of `listening/events.parquet`, sorted by listener and time.

`state` is full, partial or unknown; `gap_s` the seconds to the listener's next raw play.
"""


SESSION_GAP_S = 1800
"""Seconds without a play that end a session of a log in memory; `segue sessions` has an option for it."""


@dataclass(frozen=True)
class Log:
    """Plays sorted by listener and time; listener u has the events `starts[u]` up to `starts[u + 1]`.

    Args:
        users: ids of the listeners, n_users.
        starts: int64 (n_users + 1,).
        rows: int64 (n_events,), the track's row in the catalogue.
        completion: float32 (n_events,), in [0, 1], NaN where unknown.
        sessions: int32 (n_events,), counted per listener.
        splits: int8 (n_events,), an index into `SPLITS`.
        ids: track ids of the catalogue, object (n_tracks,).
        times: when each play began, microseconds since 1970, int64 (n_events,); None where nobody knows.
    """

    users: list[str]
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    completion: NDArray[np.float32]
    sessions: NDArray[np.int32]
    splits: NDArray[np.int8]
    ids: NDArray[np.object_]
    times: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def digest(self) -> str:
        """A hash of every play: a training goes on only over the same ones."""
        return digest(self.rows, self.starts, self.splits, self.completion)

    @property
    def owner(self) -> NDArray[np.int64]:
        """The listener of each event, int64 (n_events,)."""
        return np.repeat(np.arange(len(self.users)), np.diff(self.starts))

    def part(self, *splits: Split) -> Log:
        """The plays of some splits only; listeners without any are left out."""
        keep = np.isin(self.splits, [SPLITS.index(s) for s in splits])
        counts = np.bincount(self.owner[keep], minlength=len(self.users))
        starts = np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64)
        users = [user for user, count in zip(self.users, counts, strict=True) if count]
        rows, completion, sessions = self.rows[keep], self.completion[keep], self.sessions[keep]
        times = None if self.times is None else self.times[keep]
        return Log(users, starts, rows, completion, sessions, self.splits[keep], self.ids, times)

    def sequences(self) -> list[NDArray[np.int64]]:
        """The rows played by each listener, oldest first."""
        return np.split(self.rows, self.starts[1:-1])

    def targets(self, split: Split, *, first_only: bool = False) -> NDArray[np.int64]:
        """Indices of the split's events that have an earlier play of their listener, int64 (n,).

        With `first_only` only the first such event of each listener, as published (E4SRec spec 4.3).
        """
        events = np.flatnonzero(self.splits == SPLITS.index(split))
        # A listener's first play has nothing before it to predict it from.
        events = events[events > self.starts[self.owner[events]]]
        if first_only:
            events = events[np.unique(self.owner[events], return_index=True)[1]]
        return events

    def history(self, event: int) -> History:
        """What an event's listener had played before it, oldest first; never the event or what follows."""
        start = self.starts[np.searchsorted(self.starts, event, side="right") - 1]
        times = None if self.times is None else self.times[start:event]
        return History(self.ids[self.rows[start:event]], self.completion[start:event], times)

    @classmethod
    def load(cls, workspace: Workspace, catalogue: Catalogue) -> Log:
        """The listening log of a workspace.

        Raises:
            SegueError: there are plays but `segue sessions` was not run, or neither plays nor playlists.
        """
        folder = workspace.listening
        if (folder / "card.json").exists() or catalogue.plays.height:
            read_card(folder, "sessions")
            return cls.of_events(pl.read_parquet(folder / "events.parquet"), catalogue)
        if catalogue.playlists.height:
            return cls.of_playlists(catalogue)
        cure = "import plays (`segue import lastfm1k ...`) or playlists"
        raise SegueError("no plays and no playlists here", str(workspace.root), cure)

    @classmethod
    def of_tables(cls, catalogue: Catalogue) -> Log:
        """The log of tables in memory: all plays are for training, half an hour without one ends a session.

        Raises:
            SegueError: neither plays nor playlists.
        """
        if catalogue.plays.height:
            plays = catalogue.plays.sort("user_id", "played_at", maintain_order=True)
            gap = pl.col("played_at").diff().over("user_id") > pl.duration(seconds=SESSION_GAP_S)
            return cls.of_events(
                plays.with_columns(
                    session_id=(1 + gap.fill_null(False).cum_sum().over("user_id")).cast(pl.Int32),
                    completion=pl.lit(None, pl.Float32),
                    split=pl.lit("train"),
                ),
                catalogue,
            )
        if catalogue.playlists.height:
            return cls.of_playlists(catalogue)
        raise SegueError("no plays and no playlists here", "in memory", "give them to Library.of")

    @classmethod
    def of_playlists(cls, catalogue: Catalogue) -> Log:
        """Each playlist as a listener who plays it once, in one session."""
        table = catalogue.playlists.sort("playlist_id", "position", maintain_order=True)
        columns = {"user_id": "playlist_id", "track_id": "track_id", "split": "split"}
        events = table.select(
            *[pl.col(theirs).alias(ours) for ours, theirs in columns.items()],
            session_id=pl.lit(1, pl.Int32),
            completion=pl.lit(None, pl.Float32),
        )
        return cls.of_events(events, catalogue)

    @classmethod
    def of_events(cls, events: pl.DataFrame, catalogue: Catalogue) -> Log:
        """The log of a table that has the columns of `EVENTS` and their order.

        Raises:
            SegueError: a track is not in the catalogue.
        """
        known = pl.DataFrame({"track_id": catalogue.tracks["track_id"]}).with_row_index("row")
        events = events.join(known, on="track_id", how="left", maintain_order="left")
        if events["row"].null_count():
            bad = events.filter(pl.col("row").is_null())["track_id"][0]
            raise SegueError(f"a play of an unknown track {bad!r}", "listening", "run `segue sessions` again")
        runs: Any = events["user_id"].rle().struct.unnest()
        starts = np.concatenate([[0], np.cumsum(runs["len"].to_numpy())]).astype(np.int64)
        times = None
        # One play without a time makes all useless: pauses and hours would be half true.
        if "played_at" in events.columns and not events["played_at"].null_count():
            times = events["played_at"].dt.epoch("us").to_numpy().astype(np.int64)
        splits = events["split"].replace_strict({s: i for i, s in enumerate(SPLITS)}, return_dtype=pl.Int8)
        return cls(
            runs["value"].to_list(),
            starts,
            events["row"].to_numpy().astype(np.int64),
            events["completion"].cast(pl.Float32).fill_null(float("nan")).to_numpy(),
            events["session_id"].to_numpy().astype(np.int32),
            splits.to_numpy(),
            catalogue.ids,
            times,
        )
