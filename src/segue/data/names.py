"""Names: when two are the same, ids made of them, one spelling of a genre, one row a track of many plays."""

import hashlib
import html
import re
import unicodedata
from functools import lru_cache

import polars as pl

ID_BYTES = 8
MARKS = str.maketrans("\u2018\u2019\u02bc\u00b4`", "'" * 5)
MARKS |= str.maketrans("\u201c\u201d\u2010\u2011\u2012\u2013\u2014\u2212", '""------')
"""Apostrophes, quotation marks and dashes as they are typed."""
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d?);", re.IGNORECASE)
AND = re.compile(r"&|(?<=\w)[\s']+(?:and|n)[\s']+(?=\w)")
GAPS = re.compile(r"[\s'_\-]+|(?<!\d)\.|\.(?!\d)")
RUN_TOGETHER = (
    dict.fromkeys(("rnb", "rb"), "r&b")
    | dict.fromkeys(("dnb", "d&b", "drumnbass", "drumandbass"), "drum&bass")
    | dict.fromkeys(("rocknroll", "rockandroll", "r&r"), "rock&roll")
    | {"rhythmandblues": "rhythm&blues", "randb": "r&b"}
)
"""Genres whose "and" is written as part of a word."""


def folded(name: str) -> str:
    """A name as it is compared: one Unicode form, no case, one kind of apostrophe, quote, dash and blank."""
    text = unicodedata.normalize("NFKC", unescaped(name)).translate(MARKS)
    return " ".join(unicodedata.normalize("NFC", text.casefold()).split())


def unescaped(text: str) -> str:
    """The text with its HTML entities decoded once (`&quot;`, `&#39;`), where what comes out can be read."""
    if "&" not in text or not ENTITY.search(text):
        return text
    decoded = html.unescape(text)
    return decoded if decoded.strip() and decoded.isprintable() else text


@lru_cache(maxsize=100_000)
def tag_key(tag: str) -> str:
    """What spellings of one genre share: `Hip-Hop`, `hip hop`, `hiphop`; `R&B`, `R&amp;B`, `rnb`."""
    plain = AND.sub("&", folded(tag))
    key = GAPS.sub("", plain)
    return RUN_TOGETHER.get(key, key) or plain


def name_id(*names: str) -> str:
    """A 64-bit id of 16 hexadecimal digits made of names as they are compared (`folded`)."""
    return content_id(*map(folded, names))


def content_id(*parts: str) -> str:
    """A 64-bit id of 16 hexadecimal digits made of texts: the same on every machine, in every version."""
    # A tab stands in no name that came through `folded`: ("a b", "c") and ("a", "b c") differ.
    return hashlib.blake2b("\t".join(parts).encode("utf-8", "replace"), digest_size=ID_BYTES).hexdigest()


def name_ids(*names: pl.Series) -> pl.Series:
    """`name_id` of every row; a row is hashed as often as it stands there, so give distinct ones."""
    rows = zip(*names, strict=True)
    return pl.Series([name_id(*row) for row in rows], dtype=pl.String)


def commonest(table: pl.DataFrame) -> pl.DataFrame:
    """One row a track: of the rows with the same `track_id` the artist and title with the most `plays`.

    Equal ones go by artist and title in order of the alphabet, so that the result does not hang on the
    order of the rows. The tracks come in the order of their first rows; `plays` becomes the track's sum.
    """
    table = table.with_row_index("place")
    several = table["track_id"].is_duplicated()
    others = [
        pl.col(c).first() for c in table.columns if c not in ("track_id", "artist", "title", "plays", "place")
    ]
    names = table.filter(several).group_by("track_id", "artist", "title", maintain_order=True)
    ordered = names.agg(pl.col("plays").sum(), pl.col("place").min(), *others).sort(
        "plays", "artist", "title", descending=[True, False, False]
    )
    ordered = ordered.with_columns(
        pl.col("plays").sum().over("track_id"), pl.col("place").min().over("track_id")
    )
    best = ordered.unique("track_id", keep="first", maintain_order=True)
    return pl.concat([table.filter(~several), best.select(table.columns)]).sort("place").drop("place")
