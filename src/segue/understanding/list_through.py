"""A list that goes through the years or the genres: "one per decade", "from 1965 to 1995 in four"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from segue.understanding import acts
from segue.understanding.corrections import Instead
from segue.understanding.counts import by_itself
from segue.understanding.merged import any_time, either
from segue.understanding.reading import Reading
from segue.understanding.state import DialogueState, Part, Wish
from segue.understanding.turns import refusals
from segue.understanding.vocabulary import kind_of

N = rf"(?P<n>\d{{1,2}}|a|{'|'.join(acts.COUNT_WORDS)})"
SONGS = r"(?: more)?(?: (?:of (?:them|those)|songs?|tracks?|tunes?|ones?|numbers?))?"
SORT = (
    r"(?:(?: (?!(?:of|more|songs?|tracks?|tunes?|ones?|numbers?|per|each|every|an?|for|from|in|and|or|that)"
    r"\b)[\w&-]+){1,3}(?= (?:songs?|tracks?|tunes?|ones?|numbers?)\b))?"
)
"""Of what sort one of each is: "one pop song"."""
PER = re.compile(
    rf"\b{N}{SORT}{SONGS.replace('ones?', 'ones')}"
    r" (?:per|each|every|a|(?:for|from|of|in|out of) (?:each|every)(?: single)?)"
    r" (?P<per>decade|year|genre|style)\b"
)
APART = re.compile(
    r"\b(?:(?:each|every one|all)(?: one)? (?:from|of|in) (?:an? )?(?:different|another|separate|new|other) "
    r"|(?:different|distinct|separate|various) (?=\w+s\b))"
    r"(?P<per>decade|year|genre|style)s?\b"
)
"""One of each, however many are wished for."""
DECADES = re.compile(r"\b(?:through|across|down) (?:all )?the (?P<per>decade)s\b")
"""One of each, where somebody walks through them or one of each is asked for."""
IN_TIME = re.compile(
    r"\b(?:in (?:the )?(?:order of (?:years?|time|date|release|age)|(?:chronological|date|year|time) order)"
    r"|through (?:the )?(?:time|years|ages|decades)|in order$"
    r"|chronologically|in chronological|by year|year by year|forward in time|(?:oldest|earliest) first"
    r"|(?:old(?:est)?|early|earliest) (?:through )?to (?:new(?:est)?|late(?:st)?|recent))\b"
)
BACK_IN_TIME = re.compile(
    r"\b(?:(?:new(?:est)?|late(?:st)?|recent) (?:back |through )?to (?:old(?:est)?|early|earliest)"
    r"|(?:newest|latest) first|back(?:wards)? (?:in|through) time|reverse chronological)\b"
)
"""What goes through the years one after the other, the last first."""
STARTS = re.compile(r"\b(?:start\w*|begin\w*) (?:with|from|in|at)\b|\bonwards?\b|\bsince\b")
"""What says that a time is the first of several."""
GENRES = 10
"""Genres at most of a list with one of each."""
MOST = 30
"""Tracks at most of a list in parts."""


STEPS = 5
"""Tracks of a way for which no number is said."""


class Through(Instead):
    """Reads lists that go through the years or the genres, one after the other."""

    def _per(self, reading: Reading, state: DialogueState, before: DialogueState) -> DialogueState | None:
        """The state of "one per decade", "two from each genre"; None where that is not said."""
        line = reading.line
        match = PER.search(line) or APART.search(line)
        if not match and (acts.WALKS.search(line) or "each" in line.split()):
            match = DECADES.search(line)
        if not match:
            return None
        new = self.wishes(reading, state.turn)
        kind = "year" if match["per"] in ("decade", "year") else "genre"
        told = [f.years for f in reading.facts if f.years and f.concept.kind == "year"]
        each = (
            self._times(match["per"], told, open_end=bool(STARTS.search(reading.line)))
            if kind == "year"
            else self._genres()
        )
        if kind == "year" and told and len(each) < 2:
            each = self._times(match["per"], told, open_end=True)  # "One per decade from the 70s."
        n, said = number_of(match.groupdict().get("n", "one")), reading.line[: match.start()].split()
        numbers = (number_of(w) for w in said if w.isdigit() or w in acts.COUNT_WORDS)
        whole = next((k for k in numbers if 1 < k <= MOST), 0)
        if 1 < whole // n < len(each):
            # "Make it five, one per decade": of five of them, from the first to the last.
            each = [each[round(i * (len(each) - 1) / (whole // n - 1))] for i in range(whole // n)]
        parts = tuple(Part(n, (replace(w, turn=state.turn),)) for w in each[:MOST])
        common = [w for w in new if w.kind != kind]
        if not any(not w.refused for w in common):
            common += [w for w in before.required if w.kind != kind and not w.now]
        return self._of(parts, common, state, before) if len(parts) > 1 else None

    @staticmethod
    def _years_through(reading: Reading, turn: int) -> tuple[Part, ...]:
        """The parts of a walk through the years: "walk me from 1965 to 1995 in four"."""
        line, told = reading.line, [f.years for f in reading.facts if f.years and f.concept.kind == "year"]
        steps, back = acts.WAY_COUNT.search(line), BACK_IN_TIME.search(line)
        n = acts.number(next(filter(None, steps.groups()))) if steps else by_itself(reading)
        in_order = back or IN_TIME.search(line)
        if in_order and len(told) == 2 and all(None not in years for years in told):
            # "Soul of the 60s to soul of the 2010s, old to new."
            told = [(min(y[0] or 0 for y in told), max(y[1] or 0 for y in told))]
        walks = acts.WALKS.search(line) or (n and (in_order or reading.said[0].word == "from"))
        n, few = n or STEPS, len(reading.facts) + len(reading.names) < (5 if in_order else 3)
        low, high = told[0] if len(told) == 1 else (None, None)
        if not (walks and few and 1 < n <= MOST) or low is None or high is None or high - low < n:
            return ()
        edges = [low + round(i * (high + 1 - low) / n) for i in range(n + 1)]
        spans = [(str(b - 1) if b > high else str(a), (a, b - 1)) for a, b in pairwise(edges)]
        parts = [Part(1, (Wish("year", words, years=ab, turn=turn),)) for words, ab in spans]
        return tuple(parts[::-1] if back else parts)

    def _times(
        self, per: str, told: Sequence[tuple[int | None, int | None]], *, open_end: bool = False
    ) -> list[Wish]:
        """A wish for each decade or year of the times that are told, or of all that is here."""
        known = self.index.year[self.index.year == self.index.year]
        if not len(known):
            return []
        lows, highs = [y[0] for y in told], [y[1] for y in told]
        first = min((y for y in lows if y), default=int(known.min()))
        last = max((y for y in highs if y), default=int(known.max()))
        last = int(known.max()) if told and (None in highs or open_end) else last
        step = 10 if per == "decade" else 1
        words = "the {}s" if step == 10 else "{}"
        spans = [(y, y + step - 1) for y in range(first // step * step, last + 1, step)]
        wishes = [Wish("year", words.format(a), years=(a, b)) for a, b in spans]
        return [w for w in wishes if self.index.meets(w).any()]

    def _genres(self) -> list[Wish]:
        """A wish for each of the genres of which most is here."""
        tags = sorted((-len(rows), self.index.spoken[tag]) for tag, rows in self.index.tags.items())
        names = [name for _, name in tags if kind_of(name) == "genre"][:GENRES]
        return [Wish("genre", name, values=(name,)) for name in names]

    @staticmethod
    def _of(
        parts: tuple[Part, ...], common: list[Wish], state: DialogueState, before: DialogueState
    ) -> DialogueState:
        """The state: what is wished of every track, and any of what is wished of the parts."""
        kinds = [{w.kind for w in p.wishes} for p in parts]
        new = list(dict.fromkeys(replace(w, turn=state.turn) for p in parts for w in p.wishes))
        times = [w for w in new if w.kind == "year"]
        for kind in kinds[0]:
            new = any_time(new) if kind == "year" else either(new, (kind,))
        if len(times) > 2 and all(w.kind == "year" for p in parts for w in p.wishes):
            new = [replace(new[0], words=f"{times[0].words} to {times[-1].words}"), *new[1:]]
        alike = all(k == kinds[0] for k in kinds)
        new = list(dict.fromkeys(replace(w, now=not alike or w.kind == "title") for w in new))
        held = dict.fromkeys((*refusals(before), *common, *new))
        count = min(sum(p.n for p in parts), MOST)
        return replace(state, act="recommend", parts=parts, count=count, wishes=tuple(held))


def number_of(word: str) -> int:
    """The number that a word says, "a" among them."""
    return 1 if word == "a" else acts.number(word)
