"""Small streams of plays for the tests of the listening stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions
from segue.listening.sessions import pipeline

START = datetime(2008, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def plays_of(rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    """Plays of (listener, track, seconds since the start, exact seconds or nothing)."""
    table = [(user, track, at(time), *(rest or (None,))) for user, track, time, *rest in rows]
    schema: dict[str, Any] = dict(PLAYS)
    return pl.DataFrame(table, schema=schema, orient="row")


def catalogue_of(plays: pl.DataFrame, durations: dict[str, float | None] | None = None) -> Catalogue:
    """A catalogue of the tracks that are played or have a duration, titled and by their ids."""
    durations = durations or {}
    ids = sorted({*plays["track_id"].to_list(), *durations})
    tracks = pl.DataFrame(
        {
            "track_id": ids,
            "title": [f"Title {i}" for i in ids],
            "artist": [f"Artist {i[:1]}" for i in ids],
            "duration_s": [durations.get(i) for i in ids],
        },
        schema_overrides={"duration_s": pl.Float64, "track_id": pl.String},
    )
    return Catalogue(conform("tracks", tracks, TRACKS), plays, empty(PLAYLISTS), [])


def workspace_of(
    root: Any, rows: Sequence[tuple[Any, ...]], durations: dict[str, float | None] | None = None
) -> Workspace:
    """A workspace on disk with these plays."""
    workspace = Workspace(root)
    catalogue_of(plays_of(rows), durations).save(workspace)
    return workspace


def random_rows(seed: int, n: int = 1500, n_users: int = 12, n_tracks: int = 25) -> list[tuple[Any, ...]]:
    """A log in no order, with ties, repeats, pauses, and listeners of all sizes."""
    rng = np.random.default_rng(seed)
    sizes = rng.dirichlet(np.full(n_users, 0.7)) * n
    rows = []
    for user, size in enumerate(sizes.astype(int)):
        wait = rng.choice([0, 30, 200, 240, 1200, 1201, 5000], size, p=[0.05, 0.1, 0.3, 0.3, 0.1, 0.05, 0.1])
        times = rng.integers(0, 200_000) + np.cumsum(wait)
        tracks = rng.zipf(1.3, size) % n_tracks
        rows += [
            (f"u{user:02}", f"t{track:02}", int(time)) for track, time in zip(tracks, times, strict=True)
        ]
    return [rows[i] for i in rng.permutation(len(rows))]


def log_of(
    rows: Sequence[tuple[Any, ...]], options: SessionOptions, durations: dict[str, float | None] | None = None
) -> pl.DataFrame:
    """The events of the plays, without anything on disk."""
    tracks = catalogue_of(plays_of(rows), durations).tracks
    kinds: dict[str, Any] = {
        "user_id": pl.Enum(sorted({r[0] for r in rows})),
        "track_id": pl.Enum(tracks["track_id"]),
    }
    plays = plays_of(rows).with_row_index("play").with_columns(pl.col(c).cast(k) for c, k in kinds.items())
    return pipeline(plays.sort("user_id", "played_at", maintain_order=True), tracks, options).events
