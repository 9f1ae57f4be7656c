"""What training playlists say of tracks, without the playlist that a dialogue was made from."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from segue.data.catalogue import SIMULATED, Catalogue
from segue.kit.arrays import Floats

Ints = np.ndarray[Any, np.dtype[np.int64]]
LAST = 5
"""So many accepted tracks are asked for their company."""
DECAY = 0.8
SHRINK = 2.0
"""Added to each track's number of playlists, so that one shared playlist is no proof."""


class Company:
    """Counts over training playlists that can leave one playlist out, exactly and without fitting again.

    Evidence that has seen the answer teaches a gate to trust it; a dialogue made from a playlist is judged
    without that playlist.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        train = catalogue.playlists.filter(pl.col("split") == "train").sort("playlist_id", "position")
        keys = train["playlist_id"].to_list()
        rows = [catalogue.rows.get(i, -1) for i in train["track_id"]]
        self.number = {key: n for n, key in enumerate(dict.fromkeys(keys))}
        owner = np.array([self.number[key] for key in keys], np.int64)
        tracks = np.array(rows, np.int64)
        known = tracks >= 0
        self.owner, self.tracks, self.n = owner[known], tracks[known], len(catalogue)
        ones = np.ones(len(self.tracks), np.float32)
        table = sparse.csr_array((ones, (self.owner, self.tracks)), shape=(len(self.number), self.n))
        table.data[:] = np.minimum(table.data, 1)
        self.table = table
        self.counts = np.asarray(table.sum(axis=0), np.float32).ravel()
        self.order = np.argsort(self.tracks, kind="stable")
        self.starts = np.searchsorted(self.tracks[self.order], np.arange(self.n + 1))
        if "dialogue_id" in train.columns:
            made = dict(zip(train["dialogue_id"].to_list(), keys, strict=True))
            self.number |= {d: self.number[key] for d, key in made.items() if d is not None}

    def own(self, dialogue_id: str) -> int | None:
        """The number of the playlist that a training dialogue was made from; None where there is none."""
        found = re.fullmatch(rf"{re.escape(SIMULATED)}(.*)-\d+", dialogue_id)
        return self.number.get(found[1] if found else dialogue_id)

    def scores(self, accepted: Sequence[int], own: int | None) -> tuple[Floats, Floats, Floats]:
        """Company, what came next, and popularity, each float32 (n_tracks,), without playlist `own`.

        Company is the cosine of co-occurrence with the last accepted tracks, next the share of the playlists
        with the last one in which a track followed it, popularity log(1 + playlists).
        """
        counts = self.counts.copy()
        if own is not None:
            counts[self._members(np.array([own]))] -= 1
        company, following = np.zeros(self.n, np.float32), np.zeros(self.n, np.float32)
        for age, row in enumerate(list(accepted)[: -LAST - 1 : -1]):
            places = self.order[self.starts[row] : self.starts[row + 1]]
            places = places if own is None else places[self.owner[places] != own]
            met = np.bincount(self._members(np.unique(self.owner[places])), minlength=self.n)
            met[row] = 0
            company += DECAY**age * met / np.sqrt((counts[row] + SHRINK) * (counts + SHRINK))
            if age == 0:
                after = places[places + 1 < len(self.tracks)]
                after = after[self.owner[after + 1] == self.owner[after]] + 1
                following += np.bincount(self.tracks[after], minlength=self.n) / (counts[row] + 2 * SHRINK)
        return np.sqrt(company), np.sqrt(following), np.log1p(counts)

    def _members(self, lists: Ints) -> Ints:
        """The tracks of playlists, one after the other."""
        ranges = [self.table.indices[self.table.indptr[n] : self.table.indptr[n + 1]] for n in lists]
        return np.concatenate([np.zeros(0, np.int64), *ranges]).astype(np.int64)
