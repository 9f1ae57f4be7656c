"""A list that is changed by what its tracks are: "drop the slow ones", "oldest first", "add some Queen"."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.understanding import acts, context, edits
from segue.understanding.edits import Edit
from segue.understanding.everyday import common
from segue.understanding.references import References
from segue.understanding.scales import SIGN
from segue.understanding.state import NAMES, Comparison, DialogueState, Dimension, Wish
from segue.understanding.text import fold
from segue.understanding.wishes import NO_LENGTHS

_ONES = re.compile(
    r" (?:ones?|songs?|tracks?|tunes?|numbers?|stuff)(?: (?:in|on|from) (?:it|there|the list))?$"
)
OF_TWO = re.compile(r"\bwhich (?:one |song )?of (?:the|these|those|them)(?: two)?\b|\bof the two\b")
OF_THEM = re.compile(
    r"^(?:\w+ ){0,3}the \w+est (?:one )?of (?:them|those|these|that lot|the (?:list|lot|bunch))\b"
)


class Lists(References):
    """Reads what is done to the last list that was shown, by the facts of its tracks."""

    def edit(self, line: str, tracks: Sequence[str], before: DialogueState, *, now: bool) -> Edit | None:
        """What folded words make of a list, by its places or its tracks; None where they edit none."""
        if before.undone and now and acts.EDIT_UNDO.match(line):
            return Edit(before.undone, (), (), "")
        match = acts.IN_LIST.match(line)
        if match and match["add"]:  # "Any Queen in there? If not, add one."
            such = self._all_such(f"{match['what']} ones", tracks)
            return None if such else Edit(tuple(tracks), (len(tracks),), (), match["what"])
        if acts.most(line):  # "The two newest" are no second place.
            return self.edit_by(line, tracks, now=now) or edits.find(line, tracks, now=now)
        return edits.find(line, tracks, now=now) or self.edit_by(line, tracks, now=now)

    @staticmethod
    def pointed_out(line: str, tracks: Sequence[str], before: DialogueState) -> str:
        """A line in which the track of the list that was asked about is said by its place: "drop it"."""
        match = acts.IT_OF_LIST.match(line)
        if not match or before.act != "question" or len(before.about) != 1 or before.about[0] not in tracks:
            return line
        return f"{match['verb']} number {list(tracks).index(before.about[0]) + 1}{line[match.end() :]}"

    @staticmethod
    def those(line: str, played: Sequence[str], shown: Sequence[str]) -> Sequence[str]:
        """What "which of those is the oldest?" is of: the list, or what played where there is none."""
        heard = tuple(dict.fromkeys(played))
        pair = len(shown) != 2 and re.search(r"\bof (?:the two|the pair|both)\b", line)
        if pair or (not shown and OF_TWO.search(line)):
            return heard[-2:]
        return shown or (heard if re.search(r"\bof (?:these|those|them)\b", line) else ())

    def edit_by(self, line: str, tracks: Sequence[str], *, now: bool) -> Edit | None:
        """What folded words make of a list by what its tracks are, None where they edit none.

        Args:
            line: the words.
            tracks: the ids of the list.
            now: whether it is the last thing that was shown.
        """
        if order := self._order(line, tracks, now=now):
            return Edit(order, (), (), "")
        if some := self._some(line, tracks) if now else None:
            return some
        if (now and acts.EDIT_DISTINCT.match(line)) and len(self._artists(tracks)) == len(tracks):
            artists = self._artists(tracks)
            twice = tuple(i for i, a in enumerate(artists) if a in artists[:i])
            kept = tuple(t for i, t in enumerate(tracks) if i not in twice)
            return Edit(kept, twice, tuple(tracks[i] for i in twice), "")
        if (match := acts.EDIT_NOT_BY.match(line)) and (places := self._such(match["what"], tracks)):
            kept = tuple(t for i, t in enumerate(tracks) if i not in places)
            return Edit(kept, places, tuple(tracks[i] for i in places), match["rest"] or "")
        if match := acts.EDIT_REPLACE_BY.match(line):
            places = self._such(match["what"], tracks)
            if places is not None:
                kept = tuple(t for i, t in enumerate(tracks) if i not in places)
                rest = match["rest"] if places else None
                return Edit(kept, places, tuple(tracks[i] for i in places), rest or "")
        if match := acts.EDIT_REMOVE_BY.match(line):
            gone = self._such(match["what"] or match["ones"], tracks)
            if gone is not None:
                return Edit(tuple(t for i, t in enumerate(tracks) if i not in gone), (), (), "")
        if now and (match := acts.EDIT_KEEP_BY.match(line)):
            left = self._such(f"{match['what']} ones", tracks)
            return Edit(tuple(tracks[i] for i in left), (), (), "") if left else None
        if match := acts.EDIT_ADD_BY.match(line):
            what = match["what"] or match["put"] or match["putin"]
            if match["to"] or self.take_apart(what).names:
                return Edit(tuple(tracks), (len(tracks),), (), what)
        return self._ended(line, tracks) if now or line.startswith(("end ", "and end ", "finish ")) else None

    def _some(self, line: str, tracks: Sequence[str]) -> Edit | None:
        """Some of a list made otherwise, or fewer of a kind: "make half of them faster", "one less Queen"."""
        n = len(tracks)
        if match := acts.EDIT_SOME.match(line):
            word = match["n"].removeprefix("a ")
            share = {
                "half": (n + 1) // 2,
                "third": (n + 2) // 3,
                "most": (2 * n + 2) // 3,
                "some": (n + 2) // 3,
            }
            count = min(share.get(word) or acts.number(word), n - 1)
            compared = acts.comparisons(match["rest"])
            # Those that are least so give way.
            order = self._sorted(compared[0], tracks)[::-1] if compared else list(range(n))[::-1]
            if not compared and (such := self._all_such(f"{match['rest']} ones", tracks)):
                order = [i for i in order if i not in such] or order
            places = tuple(sorted(order[:count]))
            kept = tuple(t for i, t in enumerate(tracks) if i not in places)
            return Edit(kept, places, tuple(tracks[i] for i in places), match["rest"])
        if match := acts.EDIT_LESS.match(line):
            what = _ONES.sub("", match["what"]) + " ones"
            such = self._all_such(what, tracks)
            if such == ():
                return Edit(tuple(tracks), (), (), "")
            such = such or ()
            fewer = {"one": 1, "1": 1, "two": 2, "2": 2}.get((match["one"] or "").split(" ")[0])
            places = tuple(such[-fewer:] if fewer else such[len(such) // 2 :])
            if not places or len(places) == n:
                return None
            kept = tuple(t for i, t in enumerate(tracks) if i not in places)
            if fewer:
                return Edit(kept, (), (), "")
            return Edit(kept, places, tuple(tracks[i] for i in places), f"no {match['what']}")
        return None

    @staticmethod
    def _ended(line: str, tracks: Sequence[str]) -> Edit | None:
        """A list with something else at an end, half of it or twice as many."""
        n = len(tracks)
        if match := acts.EDIT_END.match(line):
            return Edit(tuple(tracks), (n if match["last"] else 0,), (), match["what"])
        if acts.EDIT_HALF.match(line):
            return Edit(tuple(tracks[: (n + 1) // 2]), (), (), "")
        return (
            Edit(tuple(tracks), tuple(range(n, min(2 * n, 30))), (), "")
            if acts.EDIT_DOUBLE.match(line)
            else None
        )

    def _such(self, what: str, tracks: Sequence[str]) -> tuple[int, ...] | None:
        """The places of a list, from 0, whose tracks are so, none where all are; None where none is said."""
        found = self._all_such(what, tracks)
        return () if found is not None and len(found) == len(tracks) else found

    def _all_such(self, what: str, tracks: Sequence[str]) -> tuple[int, ...] | None:
        """The places of a list, from 0, whose tracks are so; None where none is said."""
        rows = self.index.rows_of(tracks)
        if len(rows) != len(tracks):
            return None
        if utmost := acts.most(what):
            number = next((n for w, n in acts.COUNT_WORDS.items() if f" {w} " in f" {what} " and n > 1), 1)
            return tuple(sorted(self._sorted(utmost[0], tracks)[: min(number, len(tracks) - 1)]))
        if titled := self._titled(_ONES.sub("", what), rows):
            return titled
        reading = self.take_apart(_ONES.sub("", what))
        wishes = self.wishes(reading, 0)
        # "Lose the rock" and "drop anything slow", but not "drop the bass".
        plain = (
            _ONES.search(what) or reading.names or what.startswith(("every", "any", "that are", "that is"))
        )
        plain = bool(plain) or (bool(wishes) and all(w.kind in ("genre", "year", "language") for w in wishes))
        if not plain or not (wishes or reading.unknown):
            return None
        if not wishes:
            return ()
        found = np.logical_and.reduce([self.index.meets(w) ^ w.refused for w in wishes])[rows]
        return tuple(int(i) for i in np.flatnonzero(found))

    def _titled(self, words: str, rows: Sequence[int]) -> tuple[int, ...]:
        """The places of a list whose titles hold words that mean nothing else: "drop satisfaction"."""
        part = tuple(words.removeprefix("the ").split())
        if part in self.phrases or all(len(w) < 4 or w in context.NEVER | common() for w in part):
            return ()
        titles = [f" {fold(self.catalogue.tracks['title'][r] or '')} " for r in rows]
        titles = [" ".join(re.findall(r"\w+", t)) for t in titles]
        return tuple(i for i, t in enumerate(titles) if f" {' '.join(part)} " in f" {t} ")

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
        if acts.EDIT_ALTERNATE.match(line):
            half = (len(tracks) + 1) // 2
            return tuple(t for i in range(half) for t in tracks[i::half])
        if (match := acts.EDIT_END.match(line)) and match["what"].startswith("the ") and acts.most(line):
            # "Start with the oldest."
            at = self._sorted(acts.most(line)[0], tracks)[0]
            others = [t for i, t in enumerate(tracks) if i != at]
            return (*others, tracks[at]) if match["last"] else (tracks[at], *others)
        if (match := acts.EDIT_FRONT.match(line)) and not acts.most(line):
            such = self._such(match["what"], tracks) or ()
            rest = [i for i in range(len(tracks)) if i not in such]
            last = match["to"] in ("last", "end", "bottom")
            return tuple(tracks[i] for i in ([*rest, *such] if last else [*such, *rest])) if such else ()
        if not acts.EDIT_SORT.search(line):
            return ()
        found = [(m.start(), d) for d, p in acts.SORTED.items() if (m := p.search(line))]
        return tuple(tracks[i] for i in self._sorted(min(found)[1], tracks)) if found else ()  # type: ignore[arg-type]

    def as_long(
        self, line: str, state: DialogueState, before: DialogueState, new: list[Wish], played: Sequence[str]
    ) -> DialogueState:
        """A list stays one: "make it calmer", "something older", "more", if no single track is asked for."""
        said = [w for w in new if not w.refused]
        named = any(w.kind in NAMES for w in said) or state.like or state.listening
        other = any(w.kind in ("genre", "occasion") for w in said)
        afresh = other and acts.PLAY.search(line) and not acts.WHOLE.search(line)
        utmost = any(not c.tracks for c in state.comparisons)
        wished = bool(said or state.comparisons)
        one = acts.ONE.search(line) or (acts.A_THING.search(line) and not wished)
        if before.count < 2 or state.count > 1 or named or afresh or utmost or one:
            return state
        refined = state.act in ("recommend", "more") or (state.act == "refuse" and wished)
        if not (new or state.comparisons or state.act == "more") or not refined:
            return state
        # Calmer than the calmest of five is hardly anything: what lies in the middle is compared with.
        middle = [
            replace(c, tracks=(played[self._sorted(c.dimension, played)[len(played) // 2]],))
            for c in state.comparisons
            if played and len(self.index.rows_of(played)) == len(played)
        ]
        return replace(state, count=before.count, comparisons=tuple(middle) or state.comparisons)

    def asked_of_list(self, line: str, tracks: Sequence[str], before: DialogueState) -> DialogueState | None:
        """The state of a question about the list: "which is the oldest?", "read me the list"."""
        if len(tracks) < 2:
            return None
        state = replace(DialogueState(), act="question", turn=before.turn + 1, count=before.count)
        state = replace(state, wishes=before.wishes, listed=before.listed)
        if acts.OF_LIST.search(line):
            return replace(state, asked="list", about=tuple(tracks))
        if (match := acts.IN_LIST.match(line)) or (match := acts.HOW_MANY_SUCH.match(line)):
            many = line.split()[0] == "how" or " how many " in f" {line} "
            such = self._all_such(f"{match['what']} ones", tracks)
            if such is None or (many and match["there"] is None and " of the" not in line):
                return None
            about = tuple(tracks[i] for i in such)
            listed = before.listed or tuple(tracks)
            return replace(state, asked="how many such" if many else "such", about=about, listed=listed)
        two = acts.comparisons(line) if OF_TWO.search(line) and " than " not in line else []
        if match := None if two else acts.WHICH_SUCH.match(line):
            such = self._all_such(f"{match['what']} ones", tracks)
            about = tuple(tracks[i] for i in such or ())
            return None if such is None else replace(state, asked="such", about=about)
        of_them = OF_THEM.search(line)
        words = {*line.split()}
        played = acts.OF_THOSE.match(line) and words & {"play", "hear", "put", "again", "once"}
        of_all = acts.WHAT_MOST.match(line) and words & {"your", "you", "here"}  # "Your oldest track".
        if (
            played
            or of_all
            or not (acts.WHICH_ONE.search(line) or of_them or two)
            or not (utmost := acts.most(line) or two)
        ):
            return None
        if utmost[0] in ("shorter", "longer") and not self.lasts:
            return replace(state, asked="here", unknown=(NO_LENGTHS,))
        asked = "year" if utmost[0] in ("older", "newer") else "who"
        return replace(state, asked=asked, about=(tracks[self._sorted(utmost[0], tracks)[0]],))
