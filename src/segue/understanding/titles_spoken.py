"""Titles as they are said: in full words where they are written short, in part, without their numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from importlib.resources import files

import polars as pl
from rapidfuzz.distance import OSA

from segue.understanding.everyday import common
from segue.understanding.keys import keys_of, quick
from segue.understanding.text import key, said_plainly

LONG: dict[str, str] = tomllib.loads((files("segue.understanding") / "titles_spoken.toml").read_text("utf-8"))
"""What is written short, or as it sounds, and the same in full."""
_SHORT = rf"(?i)\b(?:{'|'.join(sorted(LONG))})\b|in'|['’](?:m|ve|re|ll|t)\b|(?:n't)\b"
"""Titles that may say something short."""
_DROPPED = re.compile(r"(?<=\w\win)['’](?=\W|$)")
NUMBERED = r"(?i)[ ,:(-]+(?:No|Op|Pt|Part|Vol|Nr)\b\.? ?(?:\d|[IVX]+\b).*$"
"""What stands behind the part of a title that is said: "Hungarian Dance No. 5"."""
FORMS = (
    "symphony concerto sonata quartet quintet trio suite prelude nocturne etude study waltz fugue variation "
    "variations serenade overture mass partita interlude intro skit track untitled opus"
).split()
"""Titles with such a word are told apart by their numbers alone."""
SHORTEST = 7
"""Letters from which a title without its number stands for it."""
PART = 8
"""Letters from which a part of a title stands for it beside its artist."""


def in_full(words: Iterable[str]) -> str:
    """The key of words with what is said short in full: "wanna" and "want to" are the same."""
    return key(" ".join(LONG.get(w, w) for w in words))


def short_titles(titles: pl.Series) -> dict[str, str]:
    """Key in full -> key, of the titles in which something is written short."""
    found: dict[str, str] = {}
    may = titles.filter(titles.str.contains(quick(_SHORT)))
    for title in may.filter(may.str.contains(_SHORT)).unique(maintain_order=True):
        whole = in_full(said_plainly(_DROPPED.sub("g", title)).split())
        if whole != key(title):
            found.setdefault(whole, key(title))
    return found


def numbered(titles: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The keys of titles without the number behind them, and their places: "Hungarian Dance No. 5"."""
    at = titles.str.contains(quick(NUMBERED)).arg_true()
    bare = titles.gather(at).str.replace(NUMBERED, "")
    keys = keys_of(bare)
    named = (keys.str.len_chars() >= SHORTEST) & ~bare.str.to_lowercase().str.contains(
        rf"\b(?:{'|'.join(FORMS)})s?\b"
    )
    return keys.filter(named), at.filter(named)


def part_of(words: Sequence[str], titles: Iterable[str]) -> str:
    """The one title of which words, but for slips, are a part in a row; "" for none or several.

    Args:
        words: two or more, one of them at least no word that is said without meaning a name.
        titles: as they are written.
    """
    if not 2 <= len(words) <= 6 or sum(map(len, words)) < PART or all(w in common() for w in words):
        return ""
    found = {title for title in titles if _holds(said_plainly(title).split(), words)}
    return next(iter(found)) if len(found) == 1 else ""


def _holds(title: Sequence[str], words: Sequence[str]) -> bool:
    """Whether words stand in a row in a longer title."""
    rows = range(len(title) - len(words) + 1) if len(title) > len(words) else ()
    return any(all(map(_same, title[i:], words)) for i in rows)


def _same(right: str, said: str) -> bool:
    """Whether a word is said, or misspelt in one or two letters."""
    slips = 0 if len(right) < 5 else 1 if len(right) < 8 else 2
    return right == said or (right[0] == said[0] and OSA.distance(right, said, score_cutoff=slips) <= slips)
