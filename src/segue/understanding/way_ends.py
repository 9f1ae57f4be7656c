"""What a way or a blend goes between: its ends, what is between them, and what shall hold all along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from segue.understanding import acts
from segue.understanding.counts import by_itself
from segue.understanding.facts import Fact
from segue.understanding.index import tags_here
from segue.understanding.list_parts import Parts
from segue.understanding.reading import Reading
from segue.understanding.state import Wish

_ENDS = ("mood", "tempo", "year", "instrument", "occasion", "language")
"""Kinds of fact, beside genres, between which a way may go: "from calm to energetic"."""
_JOINS = frozenset("of the a an in from by songs song music tracks tunes stuff sort kind with".split())
"""Words between what says one end together: "soul from the 60s"."""
_MOST = 9
"""Stops of a way at most."""
ALONG = re.compile(
    r"\b(?:only|just|all|everything|each|every (?:one|song|track)|nothing but|exclusively|keep (?:it|to)"
    r"|stick(?:ing)? to|stay(?:ing)? (?:in|with)|within|throughout|all the way|entirely)\b"
)
"""Beside it stands what shall hold of all of a way: "from Queen to ABBA, only soul"."""

_WITH_IN = re.compile(r"\bwith (?:(?:a|bit|of|some|little|touch|hint) )*(?:\w+ ){1,3}in it\b")


class Said(NamedTuple):
    """A name or a fact: the tokens [start, end) and what it wishes."""

    start: int
    end: int
    wish: Wish


class Stops(Parts):
    """Finds the ends of ways and blends."""

    def _ends(self, reading: Reading, played: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The tracks at the ends of a way or a blend: two names, or two genres."""
        line = reading.line
        if not (any(p.search(line) for p in (acts.WAY, acts.BLEND, acts.THEN)) or with_in(reading)):
            return ()
        way = acts.WAY.search(line) is not None
        said = self._said(reading, way=way)
        ends = self._joined(reading, said) if way else [[s] for s in said]
        via = acts.VIA.search(line) if len(ends) > 2 and way else None
        if via and line.count(" ", 0, via.end()) > ends[1][0].start:
            # "From X to Y via Z": what stands last is on the way.
            ends.append(ends.pop(1))
        found = [self._all_of([s.wish for s in end]) for end in ends]
        if len(found) == 1 and played and (place := acts.FROM_HERE.search(line)):
            # "From that to disco", "from Queen to this".
            found.insert(0 if place["first"] else 1, (played[-1],))
            return tuple(found)
        if len(found) == 1 and played and acts.BLEND.search(line) and acts.BESIDE_THIS.search(line):
            return (found[0], (played[-1],))
        genres = not reading.names
        if genres and not (with_in(reading) or steps_of(reading)[0] or acts.WAY_VERB.search(line)):
            return ()
        return tuple(e for e in found if e)[: _MOST if via else 2]

    def _said(self, reading: Reading, *, way: bool) -> list[Said]:
        """The names and the facts that may be ends, in the order in which they are said."""
        said = [Said(m.start, m.end, Wish(m.kind, m.name, "required", m.values)) for m in reading.names]
        for fact in reading.facts:
            if fact.concept.kind == "genre" or (fact.concept.kind in _ENDS and way):
                tags = tags_here(self.index, fact.concept.values)
                tags = tags[:1] if way else tags
                tags = fact.concept.values if fact.concept.kind == "language" else tags
                wish = Wish(fact.concept.kind, fact.concept.name, "required", tags, fact.years)
                said.append(Said(fact.start, fact.end, wish))
        said = sorted((s for s in said if s.start not in reading.refused), key=lambda s: s.start)
        edges = {s.start for s in said} & {s.end for s in said}
        # "A journey from jazz to techno", but "from the French Christmas one".
        named = [s for s in said if s.wish.kind != "occasion" or {s.start, s.end} & edges]
        said = named if len(named) > 1 else said
        if len(reading.names) > 1:
            # "Fun! Now start with Norah Jones and finish on Slayer."
            clause = list(accumulate(t.begins for t in reading.said))
            theirs = {clause[m.start] for m in reading.names}
            said = [s for s in said if clause[s.start] in theirs]
        words = reading.line.split()
        if len(inner := [s for s in said if s.start > (*words, "from").index("from")]) > 1:
            said = inner  # "Make the party go from chilled to wild."
        return said

    def _joined(self, reading: Reading, said: Sequence[Said]) -> list[list[Said]]:
        """What is said of each end together: "calm piano", "soul from the 60s"."""
        ends = list[list[Said]]()
        for one in said:
            last = ends[-1] if ends else []
            between = reading.said[last[-1].end : one.start] if last else []
            begins = any(t.begins for t in reading.said[last[-1].end : one.start + 1]) if last else True
            joined = not begins and all(t.word in _JOINS for t in between)
            if last and joined and self._all_of([*(s.wish for s in last), one.wish]):
                last.append(one)
            else:
                ends.append([one])
        return ends

    def _all_of(self, wishes: Sequence[Wish]) -> tuple[str, ...]:
        """The tracks that meet all of some wishes."""
        rows = np.logical_and.reduce([self.index.meets(w) for w in wishes]).nonzero()[0]
        return tuple(str(i) for i in self.catalogue.ids[rows])

    def _along(self, reading: Reading, turn: int) -> list[Wish]:
        """What shall hold of all tracks of a way, said behind its ends: "only songs from the 80s"."""
        match = ALONG.search(reading.line)
        first = reading.line.count(" ", 0, match.start()) if match else 0
        facts = [f for f in reading.facts if match and f.start > first and f.start not in reading.refused]
        said = self._said(reading, way=True)
        facts += _of_all(reading, said)
        if not facts or (match and sum(s.start < first for s in said) < 2 and not _of_all(reading, said)):
            return []
        wishes = self.wishes(replace(reading, names=[], facts=facts, heard=[]), turn)
        met = [w for w in wishes if int(self.index.meets(w).sum()) > 2 or w.refused]
        reading.unknown += [w.words for w in wishes if w not in met]
        return met


def _of_all(reading: Reading, said: Sequence[Said]) -> list[Fact]:
    """The facts of all of a way, before ends of another kind: "six blues songs from slow to fast"."""
    kinds = {s.wish.kind for s in said}
    words = reading.line.split()
    if len(said) < 2 or kinds & {"artist", "title", "genre"} or "from" not in words:
        return []
    before = (f for f in reading.facts if f.start < words.index("from") and f.start not in reading.refused)
    return [f for f in before if f.concept.kind not in kinds | {"occasion"}]


def steps_of(reading: Reading) -> tuple[int, bool]:
    """How many tracks a way shall have, 0 where that is not said, and whether they stand "in between"."""
    words = reading.line.split()
    starts = [i for i, t in enumerate(reading.said) if i and t.begins]
    for end in [*starts, len(words)]:
        if count := acts.WAY_COUNT.search(" ".join(words[:end])):
            inside = bool(count["mid"])
            return acts.number(next(filter(None, count.groups()))) + 2 * inside, inside
    return by_itself(reading), False


def with_in(reading: Reading) -> re.Match[str] | None:
    """What says that two kinds of music, and no instrument, are one: "hip hop with jazz in it"."""
    genres = [f for f in reading.facts if f.concept.kind == "genre" and f.start not in reading.refused]
    return _WITH_IN.search(reading.line) if len(genres) == 2 == len(reading.facts) else None
