"""Who composed what: told by a column of its own, or by an album that begins with the name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

import polars as pl

from segue.data.catalogue import Catalogue
from segue.understanding.keys import Rows, credited, keys_of
from segue.understanding.text import fold, key

OPUS = (
    r"(?i)\b(?:nos?|nr|op|opus|bwv|hwv|kv?|d|rv|woo|hob)\b\.? ?\d"
    r"|\b[a-h](?:[ -]?(?:sharp|flat|#|♭|♯))?[ -](?:minor|major)\b"
)
"""What titles of works have: a number, an opus, a key."""
COMPOSER = re.compile(r"(?:^|/ )([A-ZÀ-Ý][\w-]{3,}): ")
"""Who composed what is on an album: one name before a colon."""


@cache
def classics() -> frozenset[str]:
    """The keys of well-known composers' names, in full and by the last one."""
    text = (files("segue.understanding") / "composers.txt").read_text("utf-8")
    names = [name.strip() for name in text.replace("\n", ",").split(",") if name.strip()]
    return frozenset(key(n) for name in names for n in (name, name.removesuffix(" II").split()[-1]))


def composed(catalogue: Catalogue) -> pl.DataFrame:
    """Who composed tracks, where a column or an album tells: row, artist, name, key; artist is the name.

    Who is an artist here, too, counts for works alone: "something by Prince" is no song that others sing.
    """
    kept: dict[str, pl.DataFrame] = catalogue.__dict__
    if "_composed" not in kept:
        told = [*_by_column(catalogue), *_by_album(catalogue)]
        names = pl.DataFrame(told, schema={"row": pl.UInt32, "name": pl.String}, orient="row")
        names = names.select("row", artist="name", name="name").with_columns(keys_of(names["name"]))
        kept["_composed"] = names.filter(pl.col("key") != "").unique("row", keep="first", maintain_order=True)
    return kept["_composed"]


def _by_column(catalogue: Catalogue) -> Iterator[tuple[int, str]]:
    """Rows and composers of a column `composer`."""
    tracks = catalogue.tracks.with_row_index("row")
    if tracks.schema.get("composer") == pl.String:
        artists = tracks["artist"].drop_nulls().unique().implode()
        told = pl.col("title").str.contains(OPUS) | ~pl.col("composer").is_in(artists)
        found = tracks.filter(pl.col("composer").is_not_null() & told.fill_null(True))
        yield from zip(found["row"].to_list(), found["composer"].to_list(), strict=True)


def _by_album(catalogue: Catalogue) -> Iterator[tuple[int, str]]:
    """Rows and composers of albums that begin with them, by their names in full where artists have these."""
    tracks = catalogue.tracks
    at = tracks["album"].str.contains(COMPOSER.pattern).fill_null(False).arg_true()
    if not len(at):
        return
    full = {fold(name).split()[-1]: name for name in credited(catalogue)["name"] if " " in name}
    for row in at:
        title, album = str(tracks["title"][row] or ""), str(tracks["album"][row])
        name = _of_album(album, title)
        if name and (key(name) in classics() or re.search(OPUS, title)):
            yield row, full.get(fold(name), name)


def _of_album(album: str, title: str) -> str:
    """Who composed a title of an album; of several composers the one with whose works it shares words."""
    names = COMPOSER.findall(album)
    if len(names) == 1:
        return str(names[0])
    words = set(re.findall(r"\w+", fold(title)))
    parts = dict(zip(names, COMPOSER.split(album)[2::2], strict=True))
    shared = {name: len(words & set(re.findall(r"\w+", fold(part)))) for name, part in parts.items()}
    best = max(shared, key=lambda name: shared[name], default="")
    return best if list(shared.values()).count(shared.get(best, 0)) == 1 else ""


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


def composer_of(catalogue: Catalogue, row: int) -> str:
    """Who composed a track, as far as that is told; its artist where that is a well-known composer."""
    kept: dict[str, dict[int, str]] = catalogue.__dict__
    if "_composer_of" not in kept:
        told = composed(catalogue)
        kept["_composer_of"] = dict(zip(told["row"].to_list(), told["name"].to_list(), strict=True))
    artist = str(catalogue.tracks["artist"][row] or "")
    return kept["_composer_of"].get(row, "") or (artist if key(artist) in classics() else "")


def composers(albums: Sequence[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Who composed albums, as it is written before them ("Vivaldi: The Four Seasons"), and the albums."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for album in sorted(a for a in albums if ": " in a):
        for name in COMPOSER.findall(album):
            found[key(name)] = (name, (*found.get(key(name), (name, ()))[1], album))
    return found
