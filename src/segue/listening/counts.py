"""What a listening log holds, in numbers, those that were published under another name included."""

from __future__ import annotations

from typing import Any

import polars as pl

from segue.data.catalogue import SPLITS
from segue.listening.completion import BASES, STATES


def statistics(events: pl.DataFrame, tracks: pl.DataFrame) -> dict[str, Any]:
    """The counts of E4SRec spec 4.2.

    Args:
        events: user_id, session_id, track_id, played_at.
        tracks: track_id, title, artist; the names are those of the tracks that occur.
    """
    sessions = events.group_by("user_id", "session_id").agg(
        minutes=(pl.col("played_at").max() - pl.col("played_at").min()).dt.total_microseconds() / 6e7,
        plays=pl.len(),
    )
    played = events.select(pl.col("track_id").unique().cast(pl.String)).join(tracks, on="track_id")
    n_names = played["title"].str.to_lowercase().n_unique()
    n_listeners = events["user_id"].n_unique()
    return {
        "listeners": n_listeners,
        "plays": events.height,
        "sessions": sessions.height,
        "session_counters": sessions["session_id"].n_unique(),
        "tracks": played.height,
        "track_names": n_names,
        "artist_names": played["artist"].n_unique(),
        "plays_per_session": sessions["plays"].mean(),
        "session_minutes_mean": sessions["minutes"].mean(),
        "session_minutes_median": sessions["minutes"].median(),
        "density": events.height / (n_listeners * played.height),
        "density_by_name": events.height / (n_listeners * n_names),
        "first": events["played_at"].min(),
        "last": events["played_at"].max(),
    }


def split_counts(events: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Plays and listeners of each split: split -> {"plays", "listeners"}; zeros where there are none."""
    found = events.group_by("split").agg(pl.len(), pl.col("user_id").n_unique())
    rows = {str(split): {"plays": n, "listeners": users} for split, n, users in found.iter_rows()}
    return {split: rows.get(split, {"plays": 0, "listeners": 0}) for split in SPLITS}


def completion_counts(events: pl.DataFrame, published: pl.Series) -> dict[str, Any]:
    """How the completion ratios are spread, ours and the published.

    Args:
        events: completion, state, basis.
        published: of `published_completion_ratio`, with nulls.
    """

    def spread(values: pl.Series) -> dict[str, Any]:
        known = values.drop_nulls()
        return {
            "plays": len(values),
            "known": len(known),
            "under_half": int((known < 0.5).sum()),
            "mean": known.mean(),
            "median": known.median(),
        }

    texts = (events[name].cast(pl.String) for name in ("state", "basis"))
    n_state, n_basis = (dict(values.value_counts().iter_rows()) for values in texts)
    return {
        "ours": spread(events["completion"]),
        "published": spread(published),
        "states": {state: n_state.get(state, 0) for state in STATES},
        "bases": {basis: n_basis[basis] for basis in BASES if basis in n_basis},
    }
