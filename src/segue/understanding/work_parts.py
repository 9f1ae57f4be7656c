"""The parts of works: "Symphony No. 5: II. Andante" is a movement, and which "the slow one" is of some."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

import numpy as np

from segue.data.catalogue import Catalogue
from segue.kit.arrays import Bools
from segue.understanding.text import fold
from segue.understanding.works_said import NTH, NUMBER

PART = re.compile(r"^(?P<work>.+?): (?P<part>\S.*)$")
_PLACE = re.compile(r"^(?:part |act |no\.? ?)?([ivx]+|\d+)\b[.:)]? ", re.IGNORECASE)
_ROMAN = {n: i for i, n in enumerate("i ii iii iv v vi vii viii ix x xi xii".split(), 1)}
SLOW = "largo larghetto adagio adagietto lento grave andante andantino langsam largamente".split()
"""What slow movements are headed, the slowest first."""
FAST = "prestissimo presto vivacissimo vivace allegro allegretto schnell".split()
"""What quick movements are headed, the quickest first."""
_LAST = frozenset("last final finale closing".split())
_FIRST = frozenset("first opening".split())


class WorkParts:
    """The works of a catalogue of which several parts are here, each part a track."""

    def __init__(self, catalogue: Catalogue) -> None:
        tracks = catalogue.tracks
        titles = tracks["title"].fill_null("")
        self.catalogue, self.part = catalogue, dict[int, str]()
        found = dict[tuple[str, str, str], list[int]]()
        for row in titles.str.contains(r"\S: \S").arg_true():
            match = PART.match(titles[row])
            if match:
                self.part[row] = match["part"]
                name = (str(tracks["artist"][row]), str(tracks["album"][row]), fold(match["work"]))
                found.setdefault(name, []).append(row)
        self.group = {row: self._in_order(rows) for rows in found.values() if len(rows) > 1 for row in rows}

    def _in_order(self, rows: Sequence[int]) -> tuple[int, ...]:
        """The rows of a work by the numbers of its parts, where all have one; else as they are."""
        places = [_place(self.part[row]) for row in rows]
        return tuple(sorted(rows, key=lambda r: _place(self.part[r])) if all(places) else rows)

    @cached_property
    def opening(self) -> Bools:
        """Shape (n_tracks,): the tracks that are no later part of a work."""
        mask = np.ones(len(self.catalogue), bool)
        for row, rows in self.group.items():
            mask[row] = row == rows[0]
        return mask

    def chosen(self, which: str, rows: Sequence[int]) -> list[int]:
        """The parts that a word means: "second", "last", "slow", "largo"; none where none is it."""
        if which in _LAST | _FIRST:
            return [rows[-1 if which in _LAST else 0]]
        if which in ("slow", "fast", "quick"):
            heads, others = (SLOW, FAST) if which == "slow" else (FAST, SLOW)
            only = [r for r in rows if not _words(self.part[r]) & {*others}]
            found = [
                r for head in heads for some in (only, rows) for r in some if head in _words(self.part[r])
            ]
            return found[:1] or list(rows[which == "slow" :][:1])  # The second is the slow one.
        if n := NTH.get(which, 0) or _ROMAN.get(which, 0) or NUMBER.get(which, 0):
            return [r for r in rows if _place(self.part[r]) == n] or list(rows[n - 1 : n])
        return [r for r in rows if set(which.split()) <= _words(self.part[r])]

    def at_pace(self, which: str) -> list[int]:
        """All parts that are slow, or quick, by their heads."""
        return self._at_pace.get(which, [])

    @cached_property
    def _at_pace(self) -> dict[str, list[int]]:
        paces = ("slow", "fast", "quick")
        return {which: [row for row in self.part if self._paced(row, which)] for which in paces}

    def _paced(self, row: int, which: str) -> bool:
        """Whether the head of a part says one pace alone."""
        words, slow = _words(self.part[row]), which == "slow"
        return bool(words & {*(SLOW if slow else FAST)}) and not words & {*(FAST if slow else SLOW)}

    def work_of(self, row: int) -> str:
        """The title of a track without its part, where other parts of the work are here."""
        title = str(self.catalogue.tracks["title"][row] or "")
        match = PART.match(title) if row in self.group else None
        return match["work"] if match else title

    def works(self, rows: Sequence[int]) -> list[tuple[int, ...]]:
        """The works of which some of the rows are parts, each once."""
        found = sorted(self.group[row] for row in rows if row in self.group)
        return [work for work, _ in groupby(found)]


def parts_of(catalogue: Catalogue) -> WorkParts:
    """The parts of a catalogue's works, told once for it."""
    kept: dict[str, WorkParts] = catalogue.__dict__
    if "_work_parts" not in kept:
        kept["_work_parts"] = WorkParts(catalogue)
    return kept["_work_parts"]


def _words(part: str) -> set[str]:
    return set(re.split(r"[\W_]+", fold(part)))


def _place(part: str) -> int:
    """The number of a part, 0 where it has none."""
    match = _PLACE.match(part)
    number = match[1].casefold() if match else "0"
    return int(number) if number.isdigit() else _ROMAN.get(number, 0)
