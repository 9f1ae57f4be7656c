"""Popularity: how often a track occurs in the training part, whatever is asked."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.settings import Settings
from segue.models.recommender import Recommender


class Popularity(Recommender):
    """log(1 + count) of each track in training playlists, plays and accepted in training dialogues."""

    name = "popularity"
    reads = ("log", "playlists", "dialogues")

    def __init__(self, catalogue: Catalogue, counts: dict[str, int]) -> None:
        super().__init__(catalogue)
        self.counts = counts
        found = np.array([counts.get(track_id, 0) for track_id in catalogue.ids], np.float32)
        self.prior: Floats = np.log1p(found)

    @classmethod
    def _fit(cls, library: Library, settings: Settings) -> Self:
        return cls(library.catalogue, training_counts(library.catalogue))

    def score(self, requests: Sequence[Request]) -> Floats:
        """The same scores for every request, float32 (n_requests, n_tracks)."""
        return np.tile(self.prior, (len(requests), 1))

    def _save(self, directory: Path) -> None:
        counts = sorted(self.counts.items())
        table = {"track_id": [i for i, _ in counts], "count": [n for _, n in counts]}
        schema = {"track_id": pl.String, "count": pl.Int64}
        pl.DataFrame(table, schema=schema).write_parquet(directory / "counts.parquet")

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        table = pl.read_parquet(directory / "counts.parquet")
        return cls(library.catalogue, dict(table.iter_rows()))


def training_counts(catalogue: Catalogue) -> dict[str, int]:
    """Track id -> occurrences in training playlists, plays and accepted turns of training dialogues.

    Of the plays those of the training part count, all of them where `segue sessions` did not split them yet.
    """
    train = catalogue.playlists.filter(pl.col("split") == "train")["track_id"]
    counts = Counter(train.to_list())
    counts.update(dict(catalogue.training_plays.iter_rows()))
    counts.update(
        turn.content
        for dialogue in catalogue.dialogues_of("train")
        for turn in dialogue.turns
        if turn.role == "music" and turn.liked is not False
    )
    return dict(counts)
