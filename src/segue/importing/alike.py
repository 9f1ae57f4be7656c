"""Playlists that are nearly the same: two of them in two splits would tell the test what was trained on."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NEAR = 0.7
"""Share of the tracks of both that two playlists have in common (Jaccard) from which on they are one."""
SHORTEST = 4
"""Tracks that both must have for that; of three only equal sets are one, and pairs never: that is chance."""
HASHES, BAND = 64, 4
"""Minimal hashes of a playlist, and how many of them in a row must agree for two to be compared."""

Rows = NDArray[np.int64]


def alike_together(new: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """The new playlists, nearly equal ones in one split: that of an old one, else of the smallest id.

    A playlist that a dialogue brought stays with its dialogue.
    """
    columns = ["playlist_id", "track_id", "split"]
    both = pl.concat([old.select(columns), new.select(columns)])
    group = groups(both)
    if group.is_empty():
        return new
    known = old["playlist_id"].unique().implode()
    rank = pl.when(pl.col("playlist_id").is_in(known)).then(0).otherwise(1)
    splits = both.group_by("playlist_id").agg(pl.col("split").first())
    first = group.join(splits, on="playlist_id").with_columns(rank=rank).sort("rank", "playlist_id")
    head = first.group_by("group", maintain_order=True).agg(found=pl.col("split").first())
    told = group.join(head, on="group").select("playlist_id", "found")
    stays = pl.col("dialogue_id").is_not_null() if "dialogue_id" in new.columns else pl.lit(False)
    split = pl.when(stays).then("split").otherwise(pl.coalesce("found", "split"))
    joined = new.join(told, on="playlist_id", how="left", maintain_order="left")
    return joined.with_columns(split=split).drop("found")


def groups(table: pl.DataFrame) -> pl.DataFrame:
    """playlist_id and group of every playlist that is nearly equal to another."""
    pairs = table.select("playlist_id", "track_id").unique(maintain_order=True)
    lists = pairs["playlist_id"].unique(maintain_order=True)
    place = pl.DataFrame({"playlist_id": lists}).with_row_index("at")
    tracks = pairs["track_id"].rank("dense").cast(pl.Int64).to_numpy()
    owner = pairs.join(place, on="playlist_id", how="left", maintain_order="left")["at"].to_numpy()
    order = np.argsort(owner, kind="stable")
    owner, tracks = owner[order].astype(np.int64), tracks[order]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    ends = np.append(starts[1:], len(tracks))
    empty = pl.DataFrame(schema={"playlist_id": pl.String, "group": pl.Int64})
    if len(starts) < 2:
        return empty
    a, b = _candidates(_signatures(tracks, starts))
    parts = [tracks[start:end] for start, end in zip(starts, ends, strict=True)]
    near = np.array([_near(parts[i], parts[j]) for i, j in zip(a, b, strict=True)], bool)
    if not near.any():
        return empty
    n = len(starts)
    graph = coo_array((np.ones(int(near.sum())), (a[near], b[near])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    several = np.bincount(label)[label] > 1
    return pl.DataFrame(
        {"playlist_id": lists.filter(pl.Series(several)), "group": label[several].astype(np.int64)}
    )


def _signatures(tracks: Rows, starts: Rows) -> NDArray[np.uint64]:
    """Minimal hashes uint64 (HASHES, n_playlists); two agree as often as their tracks are shared."""
    random = np.random.default_rng(0)
    odd = random.integers(0, 1 << 63, HASHES, dtype=np.uint64) | np.uint64(1)
    plus = random.integers(0, 1 << 63, HASHES, dtype=np.uint64)
    mixed = tracks.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    found = [
        np.minimum.reduceat((mixed * m + p) >> np.uint64(7), starts) for m, p in zip(odd, plus, strict=True)
    ]
    return np.stack(found)


def _candidates(signatures: NDArray[np.uint64]) -> tuple[Rows, Rows]:
    """Pairs that agree in a whole band of hashes, each once: its first playlist with every other of it."""
    found: list[NDArray[Any]] = []
    for start in range(0, HASHES, BAND):
        band = np.ascontiguousarray(signatures[start : start + BAND].T)
        keys = band.view([("", band.dtype)] * BAND).ravel()
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        head = first[inverse.ravel()]
        other = np.flatnonzero(head != np.arange(len(head)))
        found.append(np.stack([head[other], other], axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _near(one: Rows, other: Rows) -> bool:
    """Whether two playlists of distinct tracks are equal, or nearly so where they are long enough to tell."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    share, shorter = shared / (len(one) + len(other) - shared), min(len(one), len(other))
    return bool(share == 1 and shorter > 2) or bool(share >= NEAR and shorter >= SHORTEST)
