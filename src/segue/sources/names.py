"""What the sources of listening logs share: ids made of names, and one row a track out of many plays."""

from __future__ import annotations

import hashlib

import polars as pl

ID_BYTES = 8


def name_id(*names: str) -> str:
    """A 64-bit id of 16 hexadecimal digits made of names: the same on every machine, in every version."""
    return hashlib.blake2b("\t".join(names).encode(), digest_size=ID_BYTES).hexdigest()


def name_ids(*names: pl.Series) -> pl.Series:
    """`name_id` of every row; a row is hashed as often as it stands there, so give distinct ones."""
    rows = zip(*names, strict=True)
    return pl.Series([name_id(*row) for row in rows], dtype=pl.String)


def commonest(table: pl.DataFrame) -> pl.DataFrame:
    """One row a track: of the rows with the same `track_id` the one with the most `plays`.

    Equal ones go by artist and title in order of the alphabet, so the result does not hang on the order of
    the rows. The tracks come in order of their ids; `plays` is then the sum of the track's.
    """
    order = ["track_id", "plays", "artist", "title"]
    ordered = table.sort(order, descending=[False, True, False, False], nulls_last=True)
    total = pl.col("plays").sum().over("track_id")
    return ordered.with_columns(total).unique("track_id", keep="first", maintain_order=True)
