"""Artists that a catalogue files by the last name: "Mahler, Gustav" is said Gustav Mahler."""

import re

import polars as pl

LEAST, SHARE, ALONE = 10, 0.5, 0.05
"""Names by which a catalogue is told; how many are filed so; how many fronts may be artists, too."""
FILED = r"^[^,;/&+]+, [^,;/&+]+$"
_ARTICLE = re.compile(r"^([^,]+), (The|Die|Das|Les|Los)$", re.IGNORECASE)
_FILED = re.compile(r"^([^,;/&+]+), ([^,;/&+]+?)(?:, ([JS]r\.?|I{1,3}))?,?$")
_SPELT = re.compile(r"(\S+) \[([^\]]+)\]")


def turned(tracks: pl.DataFrame) -> pl.DataFrame:
    """Tracks with their artists, and composers where they are told, named as people say them."""
    for column in ("artist", "composer"):
        if tracks.schema.get(column) == pl.String:
            names = tracks[column].drop_nulls().unique()
            names = names.filter(names.str.contains(",", literal=True))
            filed = by_last_name(tracks[column].drop_nulls().unique())
            said = {n: s for n in names if (s := _said(n, filed)) != n}
            tracks = tracks.with_columns(pl.col(column).replace(said)) if said else tracks
    return tracks


def by_last_name(names: pl.Series) -> bool:
    """Whether most names have one comma, behind a word that is no artist by itself."""
    if len(names) < LEAST:
        return False
    filed = names.filter(names.str.contains(FILED))
    fronts = filed.str.extract(r"^([^,]+),").str.strip_chars()
    one = fronts.filter(~fronts.str.contains(" ", literal=True))
    both = names.filter(~names.str.contains(",", literal=True) & names.str.contains(" ", literal=True))
    known = one.is_in(names.implode()).sum()
    return (
        len(filed) >= SHARE * len(names)
        and len(one) >= 0.7 * len(filed)
        and len(both) < len(filed)
        and known <= ALONE * len(one)
    )


def _said(name: str, filed: bool) -> str:
    """A name as it is said."""
    if article := _ARTICLE.match(name):
        return f"{article[2]} {article[1]}"
    if not filed:
        return name
    # "Bartok [Bartók], Béla": the second spelling is the right one.
    name = _SPELT.sub(lambda m: m[1] if m[2].isascii() else m[2], name)
    if parts := _FILED.match(name.strip()):
        return " ".join(part.strip() for part in (parts[2], parts[1], parts[3]) if part)
    return name.rstrip(", ") or name
