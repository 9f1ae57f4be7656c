"""A listening log made of lists of rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segue.data.log import Log


def log_of(sequences: Sequence[Sequence[int]], n_tracks: int, held_out: int = 2) -> Log:
    """A log of one listener a sequence: the last `held_out` plays are validation (all but one), then test."""
    sizes = np.array([len(s) for s in sequences])
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = np.concatenate([np.asarray(s, np.int64) for s in sequences])
    splits = np.zeros(len(rows), np.int8)
    for stop, size in zip(starts[1:], sizes, strict=True):
        if held_out and size > held_out:
            splits[stop - held_out : stop] = 1
            splits[stop - 1] = 2
    return Log(
        [f"u{n}" for n in range(len(sizes))],
        starts,
        rows,
        np.full(len(rows), np.nan, np.float32),
        np.ones(len(rows), np.int32),
        splits,
        np.array([f"t{n}" for n in range(n_tracks)], object),
    )
