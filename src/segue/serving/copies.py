"""The same song several times in a catalogue: it plays once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue
from segue.kit.arrays import Bools


def _copied(catalogue: Catalogue) -> pl.DataFrame:
    """The rows of which the title and the artist stand elsewhere, too, each with the number of its song."""
    kept: dict[str, pl.DataFrame] = catalogue.__dict__
    if "_copied" not in kept:
        song = [pl.col(c).str.to_lowercase() for c in ("title", "artist")]
        rows = catalogue.tracks.select("title", "artist").with_row_index("row").drop_nulls()
        rows = rows.with_columns(song=pl.col("row").first().over(song), n=pl.len().over(song))
        kept["_copied"] = rows.filter(pl.col("n") > 1).select("row", "song")
    return kept["_copied"]


def with_copies(catalogue: Catalogue, rows: Iterable[int]) -> list[int]:
    """Rows with those of the same songs."""
    given, copied = set(rows), _copied(catalogue)
    songs = copied.filter(pl.col("row").is_in(list(given)))["song"]
    return sorted(given | {*copied.filter(pl.col("song").is_in(songs.to_list()))["row"].to_list()})


def once(catalogue: Catalogue, mask: Bools) -> Bools:
    """A mask (n_tracks,) that lets each song through once."""
    rows, songs = (_copied(catalogue)[c].to_numpy() for c in ("row", "song"))
    let = mask[rows]
    _, first = np.unique(songs[let], return_index=True)
    result = mask.copy()
    result[rows] = False
    result[rows[let][first]] = True
    return result
