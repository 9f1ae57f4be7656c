"""What works and their parts are called beside what they are: "Moonlight", "Carmen", "Nimrod"."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from segue.data.catalogue import Catalogue
from segue.understanding.composers import OPUS
from segue.understanding.everyday import common
from segue.understanding.keys import keys_of, quick
from segue.understanding.text import fold
from segue.understanding.work_parts import PART, WorkParts
from segue.understanding.works_said import FORM

_TAIL = re.compile(rf",? (?:in )?(?:{OPUS[4:]}).*$", re.IGNORECASE)
NICKNAME = re.compile(r"(?:(?<=\s)['‘]|[\"“(])([^'\"“”‘’()]{4,40})['’\"”)]")
_HEAD = re.compile(r"^(?:part |act |no\.? ?)?(?:[ivx]+|\d+)[.:)] +", re.IGNORECASE)
_TURNED = re.compile(r"^(.+?), (the|le|la|les|der|die|das|il|el|a|an|l')(?=$|[ ,:])", re.IGNORECASE)
"""A title that is filed by its second word: "Planets, The"."""
SHORTEST = 5
"""Letters of the shortest name of one word."""


def called(catalogue: Catalogue, parts: WorkParts) -> tuple[pl.Series, pl.Series]:
    """The keys of what works and their parts are called, and the rows of the tracks."""
    titles = catalogue.tracks["title"].fill_null("")
    told = titles.str.contains(rf"{quick(OPUS)}|{_TURNED.pattern.replace('(?=$|[ ,:])', '(?:$|[ ,:])')}")
    rows = sorted({*told.arg_true().to_list(), *parts.group})
    found = [(name, row) for row in rows for name in _names(titles[row], whole=row in parts.group)]
    names = pl.Series([name for name, _ in found], dtype=pl.String)
    return keys_of(names), pl.Series([row for _, row in found], dtype=pl.UInt32)


def _names(title: str, *, whole: bool) -> Iterator[str]:
    """The names in a title: of the work and, where `whole` works are here, of the part."""
    match = PART.match(title)
    front = match["work"] if match else title
    yield from (name for name in NICKNAME.findall(title) if _tells(name))
    filed = _TURNED.match(front)
    name = f"{filed[2]} {filed[1]}" if filed else _TAIL.sub("", front)
    if (whole or not match or filed) and _tells(name):
        yield name
    if match and whole and _tells(name := _HEAD.sub("", match["part"])) and " " not in name:
        yield name


def _tells(name: str) -> bool:
    """Whether a name is more than a kind of work, a tempo or a common word."""
    words = re.findall(r"[^\W_]+", fold(name))
    if len(words) == 1 and (len(words[0]) < SHORTEST or words[0] in common()):
        return False
    return (
        bool(words) and not any(w in FORM for w in words) and not re.match("arr|from|unspecified", fold(name))
    )
