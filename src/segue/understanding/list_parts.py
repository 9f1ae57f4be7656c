"""A list of parts: "two sad ones then two happy ones", "one each by Queen and ABBA", "3 soul and 3 funk"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from segue.understanding import acts
from segue.understanding.counts import how_many, unnumbered
from segue.understanding.list_through import MOST, SONGS, N, Through, number_of
from segue.understanding.merged import either
from segue.understanding.reading import Reading
from segue.understanding.state import DialogueState, Part, Wish
from segue.understanding.turns import refusals

EACH_OF = re.compile(
    rf"\b{N}{SONGS} (?:each|apiece)\b|\b{N.replace('<n>', '<m>')}{SONGS} (?:by|from|of) each\b"
)
ALTERNATE = re.compile(
    r"\b(?:alternat\w+|interleav\w+|back and forth|take turns|taking turns|(?:in|by) turns?|one after the other)\b"
)
HALVES = re.compile(r"\bhalf\b.*\bhalf\b")
_IT = r"(?: (?:it|things|that|us|off|out|the (?:list|set|night|show)))*"
_LETS = r"\b(?:let|make|have) .*?"
_MUST = r"\b(?:has to|have to|must|should|needs to|shall) be (?:in(?: (?:it|there))?|there|on it|included|among them|one of them)\b"
OPENS = re.compile(
    rf"\b(?:start|begin|open|kick|lead|set)(?:s|ing|ning)?{_IT} (?:with|on|by|from)\b"
    rf"|{_LETS} (?:open|start|begin|go first|be first|come first)\b|\b(?:goes|comes|is|as the) (?:first|opener)\b|\bopener (?:is|has to be|must be|should be|will be)\b"
    rf"|\bincluding\b|\bmust (?:have|include)\b|{_MUST}"
)
CLOSES = re.compile(
    rf"\b(?:end|finish|clos|conclud|wrap)(?:e|s|es|ing)?{_IT}(?: up)? (?:with|on|in|by)\b"
    rf"|{_LETS} (?:end|finish|close|go last|be last|come last)\b|\b(?:goes|comes|is|as the) (?:last|closer)\b|\bcloser (?:is|has to be|must be|should be|will be)\b"
)
"""What says that a title stands at an end of a list."""
THEN_COMES = re.compile(r"\b(?:then|followed|after that)\b")
REACH = 4
"""Words at most from a number to what it counts: "two of those lovely sad ones"."""
_NO_COUNT = frozenset(
    "number track no nr song top the under over than least most past since at until till turned aged".split()
)
"""Before them a number is a place, a time or a measure: "number two", "the one", "up since 5"."""
_MEASURES = frozenset(
    "minute minutes mins min hour hours hrs day days night nights week weeks month months year years am pm "
    "oclock people persons guests miles km kilometres pounds euros dollars percent degrees beers drinks times "
    "kids children friends rooms".split()
)
"""Behind them stands what a number counts that is no song: "I have 20 minutes"."""
_OF_ALL = frozenset("songs tracks here total altogether all music artists".split())
"""Words of a question that counts all that there is."""
_NO_LIST = frozenset(
    "or between like similar than from to into vs versus mix mixed blend cross combine cover covers version "
    "versions sampled samples".split()
)
"""Words that several titles stand between or behind where they are no list."""


class Parts(Through):
    """Reads lists of which each part is of its own kind."""

    def in_parts(self, reading: Reading, state: DialogueState, before: DialogueState) -> DialogueState | None:
        """The state of a list in parts; None where none are said."""
        if per := self._per(reading, state, before):
            return per
        if spread := self._years_through(reading, state.turn):
            others = [w for w in self.wishes(reading, state.turn) if w.kind != "year"]
            return self._of(spread, [*refusals(before), *others], state, before)
        if opened := self._opened(reading, state.turn):
            title = next(w for p in opened for w in p.wishes if w.kind in ("title", "track", "artist"))
            if not any(p.wishes and title not in p.wishes for p in opened):
                like = title.values if title.kind != "artist" else self._tracks_of(title)
                state = replace(state, like=like)
            return self._of(opened, list(refusals(before)), state, before)
        if len(titles := self._titles(reading, state.turn)) > 1:
            return self._of(titles, list(refusals(before)), state, before)
        if ALTERNATE.search(reading.line) and len(alone := self._alone(reading, state.turn)) > 1:
            rounds = 1 if "one after the other" in reading.line else 3
            n = max(how_many(reading.line), rounds * len(alone) if how_many(reading.line) < 2 else 2)
            turns = tuple(Part(1, (alone[i % len(alone)],)) for i in range(min(n, MOST)))
            refused = [w for w in self.wishes(reading, state.turn) if w.refused]
            return self._of(turns, [*refusals(before), *refused], state, before)
        way = acts.WAY.search(reading.line) and acts.WAY_VERB.search(reading.line)
        if in_turn := () if way else self._in_turn(reading, state.turn):
            kinds = {w.kind for w in in_turn[0].wishes}
            others = [w for w in self.wishes(reading, state.turn) if w.kind not in kinds]
            return self._of(in_turn, [*refusals(before), *others], state, before)
        n = max(how_many(reading.line), before.count)
        if n > 1 and HALVES.search(reading.line) and len(alone := self._alone(reading, state.turn)) == 2:
            halves = (Part((n + 1) // 2, (alone[0],)), Part(n // 2, (alone[1],)))
            return self._of(halves, list(refusals(before)), state, before)
        each = EACH_OF.search(reading.line)
        count = min(number_of(each["n"] or each["m"]), MOST) if each else 0
        if before.parts and acts.SAME_WAY.search(reading.line):
            # "Do the same, but all of them soul."
            kinds = {w.kind for p in before.parts for w in p.wishes}
            more = [w for w in self.wishes(reading, state.turn) if w.kind not in kinds]
            if more:
                return self._of(before.parts, [*refusals(before), *more], state, before)
        if each and reading.lone and before.parts:
            # "Same again but two each."
            parts: tuple[Part, ...] = tuple(p._replace(n=count) for p in before.parts)
            return self._of(parts, list(refusals(before)), state, before)
        common = [w for w in self.wishes(reading, state.turn) if w.refused]
        if each:
            alone = self._alone(reading, state.turn)
            parts = tuple(Part(count, (w,)) for w in alone)
            kinds = {w.kind for w in alone}
            wanted = [w for w in self.wishes(reading, state.turn) if not w.refused]
            common += [w for w in wanted if w.kind not in kinds]
        else:
            parts, more = self._counted(reading, state.turn)
            common += more
        return self._of(parts, common, state, before) if len(parts) > 1 else None

    def _opened(self, reading: Reading, turn: int) -> tuple[Part, ...]:
        """The parts of a list that begins or ends with one track: "four by Queen, open with Innuendo"."""
        n, opens, closes = how_many(reading.line), OPENS.search(reading.line), CLOSES.search(reading.line)
        edge = opens or closes
        if n < 2 or edge is None or (opens and closes):
            return ()
        # "Start with TLC, then three metal songs", "starting at Enya and ending with Slayer".
        then = THEN_COMES.search(reading.line) or acts.WAY.search(reading.line)
        titles = [m for m in reading.names if m.kind == "title"] or ([] if then else reading.names)
        if len(titles) > 1 and titles[0].kind == "artist":
            # "Five by Queen, begin with ABBA".
            at = reading.line.count(" ", 0, edge.end())
            titles = [m for m in titles if at <= m.start <= at + 1]
        if len(titles) != 1:
            return ()
        place = titles[0].start
        first = self._within(reading, place - 1, place + 1, turn)
        names = [m for m in reading.names if m is not titles[0]]
        others = [w for w in self.wishes(replace(reading, names=names), turn) if not w.refused]
        if not first:
            return ()
        parts = (Part(1, first), Part(n - 1, tuple(others)))
        return parts if opens else parts[::-1]

    def _titles(self, reading: Reading, turn: int) -> tuple[Part, ...]:
        """A part for each of several titles: "Hello by Adele, then Halo by Beyoncé"."""
        said, taken = reading.said, reading.taken()
        starts = [m.start for m in reading.names if m.kind == "title"]
        others = {t.word for i, t in enumerate(said) if i not in taken}
        way = len(starts) == 2 and acts.WAY.search(reading.line)
        if len(starts) < 2 or reading.facts or others & _NO_LIST or way:
            return ()
        # Whose a title is stands behind it; an artist before the first is of none alone.
        ends = [*starts[1:], len(said)]
        parts = [self._within(reading, i - 1, end, turn) for i, end in zip(starts, ends, strict=True)]
        asked = all(any(w.kind in ("title", "track") for w in p) for p in parts)
        return tuple(Part(1, p) for p in parts) if asked else ()

    def _in_turn(self, reading: Reading, turn: int) -> tuple[Part, ...]:
        """The parts of what is said one after the other and again: "slow, fast, slow, fast"."""
        kinds = [f.concept.kind for f in reading.facts]
        kind = max(kinds, key=kinds.count, default="genre")
        told = [
            f.concept.name for f in sorted(reading.facts, key=lambda f: f.start) if f.concept.kind == kind
        ]
        if reading.names or len(set(told)) in (1, len(told)) or len(told) < 3 or kind == "occasion":
            return ()  # Who tells a story asks for no list.
        alone = self._alone(reading, turn)
        if len(alone) != len(told) or any(a.words == b.words for a, b in pairwise(alone)):
            return ()
        n = max(how_many(reading.line), len(alone))
        return tuple(Part(1, (alone[i % len(alone)],)) for i in range(min(n, MOST)))

    def _alone(self, reading: Reading, turn: int) -> list[Wish]:
        """A wish for each of several names, or of several things of one kind."""
        spans = [m.start for m in reading.names if m.kind == "artist"]
        if len(spans) < 2:
            kinds = [f.concept.kind for f in reading.facts]
            kind = max(kinds, key=kinds.count, default="genre")
            spans = [f.start for f in reading.facts if f.concept.kind == kind]
        return [w for start in spans for w in self._within(reading, start - 1, start + 1, turn)]

    def counted_each(
        self, reading: Reading, before: DialogueState, played: Sequence[str]
    ) -> tuple[Wish, ...]:
        """What is counted one by one: "more Dolly than Shania?", "how many of each?"; none where all is one."""
        words = set(reading.line.split())
        theirs = self._artists(tuple(played[-1:])) if acts.SAME_ARTIST.search(reading.line) else ()
        if reading.lone and theirs:
            return (Wish("artist", theirs[0], values=theirs),)
        if reading.lone and before.asked == "how many each" and "each" in words:
            return before.topic
        if reading.lone and not words & _OF_ALL:
            # "Got any Kraftwerk?", then "how many have you got?"
            old = before.required if "more" in words else ()
            held = before.topic or tuple(w for w in before.required if w.turn == before.turn)
            held = held or tuple(w for w in old if w.kind in ("artist", "genre", "album"))
            return held[:1] if {"have", "got", "are"} & words else ()
        told = words & {"than", "each", "or", "versus", "vs"} or reading.line.count("how many") > 1
        found = tuple(self._alone(reading, 0)) if told else ()
        return found if len(found) > 1 else ()

    def _counted(self, reading: Reading, turn: int) -> tuple[tuple[Part, ...], list[Wish]]:
        """The parts that begin with a number each, and what is wished of all of them."""
        words, taken = [t.word for t in reading.said], reading.taken()
        at = [
            i for i, word in enumerate(words)
            if i not in taken and (word.isdigit() or word in acts.COUNT_WORDS) and number_of(word)
            and not (i and words[i - 1] in _NO_COUNT and not reading.said[i].begins)
            and (i + 1 in taken or not _MEASURES & {*words[i + 1 : i + 2]})
        ]  # fmt: skip
        whole = next((i for i, w in enumerate(words) if at and i > at[-1] and w in ("all", "everything")), 0)
        # "My three kids" are no songs.
        counted = {f.start - 1 for f in reading.facts if f.concept.kind == "occasion"}
        at = [i for i in at if i not in counted]
        starts = [m.start for m in reading.names] + [f.start for f in reading.facts]
        idle = {f.start for f in reading.facts if f.concept.kind == "occasion"}  # "Three, and then I sleep."
        lone = unnumbered(reading, at, [i for i in starts if i not in idle])
        bounds = [*sorted((*at, *lone)), whole or len(words)]
        found = []
        for i, end in pairwise(bounds):
            mine = self._within(reading, i, end, turn)
            if mine and any(i < start < min(end, i + REACH + 1) for start in starts):
                found.append(Part(1 if i in lone else number_of(words[i]), mine))
        common = [*self._within(reading, -1, bounds[0], turn)]
        common += self._within(reading, whole, len(words), turn) if whole else ()
        kinds = [{w.kind for w in p.wishes} for p in found]
        if found and any(k & kinds[0] for k in kinds[1:]):
            return tuple(found), common  # "3 folk, 2 blues, 1 jazz" are six.
        if len(found) > 2 and found[0].n == sum(p.n for p in found[1:]):
            # "Four rock songs, two slow and two fast."
            common += found.pop(0).wishes
        elif len(found) > 1 and not acts.LINKED.search(" ".join(words[at[0] :])):
            left = found[0].n - sum(p.n for p in found[1:])
            if left > 0:
                # "Six country songs, two of them sad".
                whole_of = found[0].wishes
                found = [p._replace(wishes=(*whole_of, *p.wishes)) for p in found[1:]]
                found.append(Part(left, whole_of))
        return tuple(found), common

    def _within(self, reading: Reading, start: int, end: int, turn: int) -> tuple[Wish, ...]:
        names = [m for m in reading.names if start < m.start < end]
        facts = [f for f in reading.facts if start < f.start < end]
        some = replace(reading, names=names, facts=facts, heard=[])
        return tuple(w for w in self.wishes(some, turn) if not w.refused)

    def of_both(self, count: int, new: list[Wish]) -> list[Wish]:
        """The wishes of a list, any of two kinds of music where too few tracks are both."""
        for kind in ("genre", "mood", "language") if count > 1 else ():
            both = DialogueState(wishes=tuple(w for w in new if w.kind == kind))
            if int(self.index.allowed(both).sum()) < 3 * count:
                new = either(new, (kind,))
        return new
