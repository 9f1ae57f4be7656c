"""Who composed what: told by a column of its own, or by an album that begins with the name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import polars as pl

from segue.data.catalogue import Catalogue
from segue.understanding.keys import Rows, credited, keys_of
from segue.understanding.text import key

OPUS = (
    r"(?i)\b(?:nos?|nr|op|opus|bwv|hwv|kv?|d|rv|woo|hob)\b\.? ?\d"
    r"|\b[a-h](?:[ -]?(?:sharp|flat|#|♭|♯))?[ -](?:minor|major)\b"
)
"""What titles of works have: a number, an opus, a key."""
COMPOSER = re.compile(r"(?:^|/ )([A-ZÀ-Ý][\w-]{3,}): ")
"""Who composed what is on an album: one name before a colon."""


@cache
def classics() -> frozenset[str]:
    """The keys of the names of composers who are played most, as artists of works without a performer."""
    text = (files("segue.understanding") / "composers.txt").read_text("utf-8")
    return frozenset(key(name) for name in text.replace("\n", ",").split(",") if name.strip())


def composed(catalogue: Catalogue) -> pl.DataFrame:
    """Who composed tracks, where a column tells: row, artist, name, key; artist and name are the same.

    Who is an artist here, too, counts for works alone: "something by Prince" is no song that others sing.
    """
    tracks = catalogue.tracks.with_row_index("row")
    if tracks.schema.get("composer") != pl.String:
        return credited(catalogue).clear()
    told = pl.col("title").str.contains(OPUS) | ~pl.col("composer").is_in(tracks["artist"].unique().implode())
    tracks = tracks.filter(pl.col("composer").is_not_null() & told.fill_null(True))
    names = tracks.select("row", artist="composer", name="composer")
    return names.with_columns(keys_of(names["name"])).filter(pl.col("key") != "")


def named(catalogue: Catalogue) -> pl.DataFrame:
    """The names that artist fields credit (see `credited`), and those of composers."""
    wrote = composed(catalogue).unique("name", keep="first", maintain_order=True)
    both = pl.concat([credited(catalogue), wrote])
    return both.unique(["artist", "name"], keep="first", maintain_order=True)


def rows_of_artists(catalogue: Catalogue) -> Rows:
    """The rows of whom the artist fields credit, and of those who composed them."""
    rows = catalogue.tracks.select("artist").with_row_index("row")
    given = rows.join(credited(catalogue).select("artist", "key"), on="artist", maintain_order="left")
    both = pl.concat([given.select("row", "key"), composed(catalogue).select("row", "key")])
    both = both.unique(maintain_order=True)
    return Rows(both["key"], both["row"])


def composers(albums: Sequence[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Who composed albums, as it is written before them ("Vivaldi: The Four Seasons"), and the albums."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for album in sorted(albums):
        for name in COMPOSER.findall(album):
            found[key(name)] = (name, (*found.get(key(name), (name, ()))[1], album))
    return found
