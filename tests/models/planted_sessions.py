"""Small made-up catalogues and sessions, and the plain loops that the fast recommenders must agree with."""

from __future__ import annotations

from itertools import chain

import numpy as np
import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.data.request import Play, Request
from segue.models.counting.sessions import Sessions


def catalogue(n_tracks: int) -> Catalogue:
    """A catalogue of tracks t0, t1, ... and nothing else."""
    ids = [f"t{row}" for row in range(n_tracks)]
    tracks = pl.DataFrame({"track_id": ids, "title": ids, "artist": ids})
    return Catalogue(conform("tracks", tracks, TRACKS), empty(PLAYS), empty(PLAYLISTS), [])


def sessions(n_tracks: int, *played: list[int]) -> Sessions:
    """Sessions of these rows, oldest first."""
    starts = np.cumsum([0, *map(len, played)]).astype(np.int64)
    return Sessions(starts, np.array(list(chain(*played)), np.int64), n_tracks)


def random_sessions(n_tracks: int, n_sessions: int, seed: int = 0) -> list[list[int]]:
    """Sessions of one to eight plays, some tracks far more often than others, repeats included."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, 9, n_sessions)
    return [(n_tracks * generator.random(n) ** 2).astype(int).tolist() for n in lengths]


def asked(*rows: int) -> Request:
    """A request whose listener played these rows, oldest first."""
    return Request(history=tuple(Play(f"t{row}") for row in rows))


def shares(evidence: np.ndarray, counts: np.ndarray, backoff: float) -> np.ndarray:
    """The scores that evidence of one request must become."""
    prior = counts / counts.sum()
    if not evidence.sum():
        return prior
    return (1 - backoff) * evidence / evidence.sum() + backoff * prior
