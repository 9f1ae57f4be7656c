"""The tracks of a list by what they are, and in another order: "oldest first", "the slow ones first"."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import numpy as np

from segue.understanding import acts, context
from segue.understanding.everyday import common
from segue.understanding.references import References
from segue.understanding.scales import SIGN
from segue.understanding.state import Comparison, Dimension
from segue.understanding.text import fold, key

_ONES_THAT = re.compile(r"^(?:ones?|songs?|tracks?|stuff)(?: (?:that|which) (?:is|are))? (?=\S)")
ONES = re.compile(
    r" (?:ones?|songs?|tracks?|tunes?|numbers?|stuff)(?: (?:in|on|from) (?:it|there|the list))?$"
)

_SOME_MOST = re.compile(r"\b(?:two|three|four|five|[2-5]) (?:\w+est|most \w+)\b")
"""What is most so, if it is some: "put the two slowest ones first" sorts nothing."""
_SINGERS = frozenset("men women girls boys ladies guys lads blokes instrumentals females males".split())
_THE_ONE = re.compile(r"^the (?P<what>\S.*?) (?:one|song|track|tune)$")


def said(match: re.Match[str], *groups: str) -> str:
    """The first of some groups of a match that was said, "" for none."""
    return next((match[g] for g in groups if match[g]), "")


class ListOrders(References):
    """Finds the tracks of a list that are so, and puts a list in another order."""

    def _such(self, what: str, tracks: Sequence[str]) -> tuple[int, ...] | None:
        """The places of a list, from 0, whose tracks are so, none where all are; None where none is said."""
        found = self._all_such(what, tracks)
        return () if found is not None and len(found) == len(tracks) else found

    def _all_such(self, what: str, tracks: Sequence[str]) -> tuple[int, ...] | None:
        """The places of a list, from 0, whose tracks are so; None where none is said."""
        what = _ONES_THAT.sub("anything ", what)
        rows = self.index.rows_of(tracks)
        if len(rows) != len(tracks):
            return None
        if utmost := acts.most(what):
            number = next((n for w, n in acts.COUNT_WORDS.items() if f" {w} " in f" {what} " and n > 1), 1)
            return tuple(sorted(self._sorted(utmost[0], tracks)[: min(number, len(tracks) - 1)]))
        named = ONES.sub("", what)
        titled = self._titled(named, rows) or self._titled_so(named, tracks)
        if titled and tuple(named.removeprefix("the ").split()) not in self.phrases:
            return titled
        reading = self.take_apart(ONES.sub("", what))
        wishes = self.wishes(reading, 0)
        # "Lose the rock" and "drop anything slow", but not "drop the bass".
        plain = ONES.search(what) or reading.names or what.startswith(("every", "any", "that are", "that is"))
        plain = bool(plain) or (bool(wishes) and all(w.kind in ("genre", "year", "language") for w in wishes))
        sung = all(w.kind == "voice" for w in wishes) and what.split()[-1] in _SINGERS  # "Drop the men."
        if not wishes and ONES.search(what) and (called := self._called(ONES.sub("", what), tracks)):
            return called  # "The army one".
        if not (plain or (wishes and sung)) or not (wishes or reading.unknown):
            return None
        if not wishes:
            return ()
        found = np.logical_and.reduce([self.index.meets(w) ^ w.refused for w in wishes])[rows]
        return tuple(int(i) for i in np.flatnonzero(found))

    def _titled(self, words: str, rows: Sequence[int], *, any_word: bool = False) -> tuple[int, ...]:
        """The places of a list whose titles hold words that mean nothing else: "drop satisfaction".

        Args:
            any_word: whether they may be words of music, too.
        """
        part = tuple(words.removeprefix("the ").split())
        if (part in self.phrases and not any_word) or all(
            len(w) < 4 or w in context.NEVER | common() for w in part
        ):
            return ()
        titles = [f" {fold(self.catalogue.tracks['title'][r] or '')} " for r in rows]
        titles = [" ".join(re.findall(r"\w+", t)) for t in titles]
        return tuple(i for i, t in enumerate(titles) if f" {' '.join(part)} " in f" {t} ")

    def _titled_so(self, words: str, tracks: Sequence[str]) -> tuple[int, ...]:
        """The place in a list of the track with this title, whatever its words mean: "So What"."""
        rows = self.index.rows_of(tracks)
        titles = [key(str(self.catalogue.tracks["title"][r] or "")) for r in rows]
        return tuple(i for i, title in enumerate(titles) if title and title == key(words))[:1]

    def _sorted(self, dimension: Dimension, tracks: Sequence[str]) -> list[int]:
        """The places of a list by a dimension, what is most of it first; what is unknown last."""
        values = SIGN[dimension] * self.index.scale(Comparison(dimension, ()))[self.index.rows_of(tracks)]
        return [int(i) for i in np.argsort(-values, kind="stable")]

    def _order(self, line: str, tracks: Sequence[str], *, now: bool) -> tuple[str, ...]:
        """The list in another order, none where none is said."""
        if not now or len(self.index.rows_of(tracks)) != len(tracks):
            return ()
        if acts.EDIT_REVERSE.search(line):
            return tuple(reversed(tracks))
        if acts.EDIT_SHUFFLE.search(line):
            return tuple(random.Random(line).sample(list(tracks), len(tracks)))
        if match := acts.EDIT_ALPHABET.match(line):
            by = "artist" if (match["by"] or match["of"] or "") in ("artist", "band", "singer") else "title"
            names = self.catalogue.tracks[by]
            return tuple(sorted(tracks, key=lambda t: fold(names[self.catalogue.rows[t]] or "")))
        if acts.EDIT_APART.match(line):
            return self._apart(tracks)
        if acts.EDIT_ALTERNATE.match(line):
            half = (len(tracks) + 1) // 2
            return tuple(t for i in range(half) for t in tracks[i::half])
        if (match := acts.EDIT_END.match(line)) and match["what"].startswith("the ") and acts.most(line):
            # "Start with the oldest."
            at = self._sorted(acts.most(line)[0], tracks)[0]
            others = [t for i, t in enumerate(tracks) if i != at]
            return (*others, tracks[at]) if match["last"] else (tracks[at], *others)
        if match := acts.EDIT_END.match(line):
            # Who or what is in the list already comes first or last.
            such = self._titled_so(match["what"], tracks)
            if not such and (one := _THE_ONE.match(match["what"])):
                such = self._such(f"{one['what']} ones", tracks) or ()
            if not such and self.take_apart(match["what"]).names:
                such = self._all_such(match["what"], tracks) or ()
            at = such[-1 if match["last"] else 0] if such else -1
            others = [t for i, t in enumerate(tracks) if i != at]
            if such:
                return (*others, tracks[at]) if match["last"] else (tracks[at], *others)
        if (match := acts.EDIT_FRONT.match(line)) and not (acts.most(line) and not _SOME_MOST.search(line)):
            such = self._such_said(match, tracks)
            rest = [i for i in range(len(tracks)) if i not in such]
            last = said(match, "to", "at", "to2") in ("last", "end", "bottom")
            return tuple(tracks[i] for i in ([*rest, *such] if last else [*such, *rest])) if such else ()
        if not acts.EDIT_SORT.search(line) or self.take_apart(line).names:
            return ()  # "All the Kraftwerk you have, oldest first" is another list.
        found = [(m.start(), d) for d, p in acts.SORTED.items() if (m := p.search(line))]
        return tuple(tracks[i] for i in self._sorted(min(found)[1], tracks)) if found else ()  # type: ignore[arg-type]

    def _such_said(self, match: re.Match[str], tracks: Sequence[str]) -> tuple[int, ...]:
        """The places of a list of what shall come first or last: "put the Canon last"."""
        if told := said(match, "bare", "who"):
            return self._called(told, tracks) or self._such(f"{told} ones", tracks) or ()
        return self._such(match["what"], tracks) or ()

    def _called(self, told: str, tracks: Sequence[str]) -> tuple[int, ...]:
        """The places of a list of what has this title, or a part of it, or is by whom it names in part."""
        if titled := self._titled_so(told, tracks) or self._titled(told, self.index.rows_of(tracks)):
            return titled
        part = told.removeprefix("the ")
        if tuple(part.split()) in self.phrases or part in context.NEVER:
            return ()
        names = [" ".join(["", *re.findall(r"\w+", fold(a)), ""]) for a in self._artists(tracks)]
        return tuple(i for i, name in enumerate(names) if f" {part} " in name)

    def _apart(self, tracks: Sequence[str]) -> tuple[str, ...]:
        """The list with nobody twice in a row, where that can be."""
        left, order = list(tracks), list[str]()
        while left:
            artists = self._artists(left)
            if len(artists) != len(left):
                return tuple(tracks)
            last = self._artists(order[-1:])
            # Who has most left comes next, and who came last waits.
            fits = [i for i, a in enumerate(artists) if (a,) != last] or list(range(len(left)))
            order.append(left.pop(max(fits, key=lambda i: (artists.count(artists[i]), -i))))
        return tuple(order)
