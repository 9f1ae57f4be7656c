"""A list that is changed by what its tracks are: "drop the slow ones", "oldest first", "add some Queen"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.understanding import acts, list_edits
from segue.understanding.list_edits import Edit, edit_plainly
from segue.understanding.list_orders import ONES, said
from segue.understanding.list_places import Placed
from segue.understanding.state import NAMES, DialogueState, Wish
from segue.understanding.untold import NOT_KNOWN

MOST_LINKS = 5
"""Clauses from which on a line is no edit: each of them may be two."""
_ONE = re.compile(
    r"^(?:and |now |then |ok )*(?:put |add |have |get )?(?:one|an?|another|some\w*|\w+ (?:one|song|track))\b"
)
_FOR_IT = re.compile(
    r"^(?:and |now |then |ok |please )*(?:replace|swap|substitute|fill) "
    r"(?:him|her|it|them|that(?: one)?|the gap|the hole) (?:with|for|by) (\S.*)$"
)
"""What takes the place of what was taken out just before."""
_OFF_AGAIN = re.compile(
    r"^(?:(?:no|nah|ok|hm+|actually|wait|and|please) )*"
    r"(?:take|drop|leave|remove|kick|throw|lose|bin|delete|scrap) "
    r"(?:it|that|them|him|her)(?: one)?(?: (?:off|out|away|again|then|please))*$"
)
"""What was put in last goes."""
_PUT_IN = re.compile(r"^(?:add|put in|put|get|throw in|stick in|bring in) (?:some |a bit of )?(\S.*)$")
_ASKS = re.compile(
    r"^(?:(?:and|so|ok|oh|but) )*(?:who|whos|whose|when|whens|where|wheres"
    r"|(?:which|what) (?:album|year|record))\b"
    r"(?!.*\b(?:put|add|move|swap|drop|take|make|start|end|get|give)\b)"
)
_PUTS = re.compile(r"^(?:(?:put|add|have|get|give|me|in|and|with) )*")


class Lists(Placed):
    """Reads what is done to the last list that was shown, by the facts of its tracks."""

    def edit(
        self, line: str, tracks: Sequence[str], before: DialogueState, *, now: bool, linked: str = ""
    ) -> Edit | None:
        """What folded words make of a list, by its places or its tracks; None where they edit none.

        Args:
            linked: the words with an "and" between the clauses.
        """
        if self.asked_at(line, tracks) or acts.ONWARDS.match(line) or _ASKS.match(line):
            return None  # "Who's in second place?"
        clauses = (line, *linked.split(" and ")[-1:])
        if before.undone and now and any(acts.EDIT_UNDO.match(said_so) for said_so in clauses):
            return Edit(before.undone, (), (), "")
        if now and 0 < len(before.undone) < len(tracks) and _OFF_AGAIN.match(line):
            return Edit(before.undone, (), (), "")
        plain = edit_plainly(line) if now else line
        found = self._edit(plain, tracks, before, now=now, linked=plain) if plain != line else None
        found = found or self._edit(line, tracks, before, now=now, linked=linked)
        if found and len(found.places) == 1 == len(found.replaced) and acts.LOOSE["OFF"].search(line):
            return found._replace(places=(), replaced=())  # "The second I don't like, please delete it."
        gone = tuple(i for i, t in enumerate(tracks) if found and t not in found.kept)
        if found and not found.places and len(gone) == 1 and acts.LOOSE["THERE"].search(line):
            # "Bin the third, it clears the floor. Something else in that slot."
            return found._replace(places=gone, replaced=tuple(tracks[i] for i in gone))
        return found

    def _edit(
        self, line: str, tracks: Sequence[str], before: DialogueState, *, now: bool, linked: str
    ) -> Edit | None:
        if two := self._two(linked or line, tracks, before, now=now):
            return two
        match = acts.IN_LIST.match(line)
        if match and match["add"]:  # "Any Queen in there? If not, add one."
            such = self._all_such(f"{match['what']} ones", tracks)
            return None if such else Edit(tuple(tracks), (len(tracks),), (), match["what"])
        if now and (placed := self.placed(line, tracks)):
            return placed
        if added := self._added(line, tracks, before, now=now):
            return added
        if acts.most(line):  # "The two newest" are no second place.
            return self.edit_by(line, tracks, now=now) or list_edits.find(line, tracks, now=now)
        if now and len(tracks) > 2 and acts.EDIT_BETWEEN.match(line):
            inner = tuple(range(1, len(tracks) - 1))
            return Edit((tracks[0], tracks[-1]), inner, tuple(tracks[1:-1]), "")
        found = list_edits.find(line, tracks, now=now) or self.edit_by(line, tracks, now=now)
        front = acts.EDIT_FRONT.match(line) if now and not found else None
        return found or (self.put_at(front, tracks) if front else None)

    def _two(self, line: str, tracks: Sequence[str], before: DialogueState, *, now: bool) -> Edit | None:
        """Two edits in one breath: "make it five and drop the slow ones", "start with X and end with Y"."""
        links = list(re.finditer(r" (?:and|but|then) ", line))
        for match in links if len(links) < MOST_LINKS else ():
            then = line[match.end() :]
            if not acts.EDIT_VERB.match(then):
                continue
            first = self.edit(line[: match.start()], tracks, before, now=now)
            if not first:
                continue
            if not first.places and len(first.kept) < len(tracks) and acts.INSTEAD.search(then):
                # "Take the second out and put one from Cuba there."
                gone = tuple(i for i, t in enumerate(tracks) if t not in first.kept)
                rest = _PUTS.sub("", acts.INSTEAD.sub("", then)).strip()
                return Edit(first.kept, gone, tuple(tracks[i] for i in gone), rest)
            if first.kept and not first.places and then.startswith(("keep ", "leave ")):
                return first  # "Drop the French ones, keep the German".
            second = self.edit(then, first.kept, before, now=now)
            put = _PUT_IN.match(then) if not second and not first.places else None
            if put and self.take_apart(f"play {put[1]}").unknown:
                return first._replace(rest=f"play {put[1]}")
            if second and not first.places:
                return second
            if second and not second.places and len(second.kept) <= len(first.kept):
                n = len(first.kept) + len(first.places)
                at_front = first.places[0] == 0 and len(second.kept) == len(first.kept)
                places = first.places if at_front else tuple(range(len(second.kept), n))
                return Edit(second.kept, places, first.replaced, first.rest)
        return None

    def _added(self, line: str, tracks: Sequence[str], before: DialogueState, *, now: bool) -> Edit | None:
        """One more at an end, or as many as there were: "one more to close", "fill it up with soul"."""
        n = len(tracks)
        missing = [i for i, t in enumerate(before.undone) if t not in tracks]
        if now and missing and (other := _FOR_IT.match(line)):
            return Edit(tuple(tracks), tuple(missing), (), other[1])
        if now and missing and acts.INSTEAD.search(line) and _ONE.match(line):
            # The second was dropped: "one with a saxophone in its place".
            return Edit(tuple(tracks), tuple(missing), (), acts.INSTEAD.sub("", line).strip())
        for match in filter(None, (p.match(line) for p in acts.EDIT_MORE_AT) if now else ()):
            told = match.groupdict()
            rest = " ".join(filter(None, (told.get(k) for k in "abcd")))
            told_so = acts.comparisons(rest) or acts.most(rest) if rest else []
            if rest and not told_so and not self.wishes(self.take_apart(rest), 0):
                continue
            front = told.get("top") or told.get("opens")
            return Edit(tuple(tracks), (0 if front else n,), (), rest)
        if now and (filled := acts.EDIT_FILL.match(line)):
            full = len(before.undone) if len(before.undone) > n else n + 2
            return Edit(tuple(tracks), tuple(range(n, full)), (), filled["rest"] or "")
        return None

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
        if match := acts.EDIT_MORE_IN.match(line) if now else None:
            such = self._all_such(f"{match['what']} ones", tracks)
            others = [i for i in range(len(tracks)) if i not in (such or ())]
            if such is not None and others:
                half = tuple(others[len(others) // 2 :])
                kept = tuple(t for i, t in enumerate(tracks) if i not in half)
                return Edit(kept, half, tuple(tracks[i] for i in half), match["what"])
        if (match := acts.EDIT_BE.match(line)) and (those := self._such(said(match, "what", "that"), tracks)):
            kept = tuple(t for i, t in enumerate(tracks) if i not in those)
            return Edit(kept, those, tuple(tracks[i] for i in those), match["rest"] or "")
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
            named = match["name"] and not self.take_apart(match["name"]).names
            gone = None if named else self._such(said(match, "what", "ones", "name"), tracks)
            if gone is not None:
                return Edit(tuple(t for i, t in enumerate(tracks) if i not in gone), (), (), "")
        if now and (match := acts.EDIT_KEEP_BY.match(line)):
            left = self._all_such(match["those"] or f"{match['what']} ones", tracks)
            return Edit(tuple(tracks[i] for i in left), (), (), "") if left else None
        if match := acts.EDIT_ADD_BY.match(line):
            what = said(match, "what", "put", "putin", "in", "thing", "must", "let")
            if said(match, "in", "thing", "must", "let"):
                named = self.wishes(self.take_apart(what), 0) and not acts.comparisons(what)
                return Edit(tuple(tracks), (len(tracks),), (), what) if named else None
            if match["to"] or self.take_apart(what).names:
                return Edit(tuple(tracks), (len(tracks),), (), what)
        return self._ended(line, tracks) if now or line.startswith(("end ", "and end ", "finish ")) else None

    def _some(self, line: str, tracks: Sequence[str]) -> Edit | None:
        """Some of a list made otherwise, or fewer of a kind: "make half of them faster", "one less Queen"."""
        n = len(tracks)
        if match := acts.EDIT_SOME.match(line):
            word = said(match, "n", "n2", "n3").removeprefix("a ")
            rest = said(match, "rest", "rest2", "rest3")
            if not (self.wishes(self.take_apart(rest), 0) or acts.comparisons(rest)):
                return None
            share = {
                "half": (n + 1) // 2,
                "third": (n + 2) // 3,
                "most": (2 * n + 2) // 3,
                "some": (n + 2) // 3,
                "the rest": (n + 1) // 2,
                "the others": (n + 1) // 2,
            }
            count = min(share.get(word) or acts.number(word), n - 1)
            compared = acts.comparisons(rest)
            # Those that are least so give way.
            order = self._sorted(compared[0], tracks)[::-1] if compared else list(range(n))[::-1]
            if not compared and (such := self._all_such(f"{rest} ones", tracks)):
                order = [i for i in order if i not in such] or order
            places = tuple(sorted(order[:count]))
            kept = tuple(t for i, t in enumerate(tracks) if i not in places)
            return Edit(kept, places, tuple(tracks[i] for i in places), rest)
        if match := acts.EDIT_LESS.match(line):
            what = ONES.sub("", match["what"]) + " ones"
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

    def as_long(
        self, line: str, state: DialogueState, before: DialogueState, new: list[Wish], played: Sequence[str]
    ) -> DialogueState:
        """A list stays one: "make it calmer", "something older", "more", if no single track is asked for."""
        wanted = [w for w in new if not w.refused]
        wished = bool(wanted or state.comparisons or {*state.unknown} & {*NOT_KNOWN})
        nth = acts.LIKE_NTH.search(line) and not acts.WHOLE.search(line)  # "Something like the first".
        pointed = state.like and (nth or not (wished and acts.LIKE_THAT.search(line)))  # "Same, but 90s".
        named = any(w.kind in NAMES for w in wanted) or pointed or state.listening
        other = any(w.kind in ("genre", "occasion") for w in wanted)
        afresh = other and (acts.PLAY.search(line) or acts.BLEND.search(line)) and not acts.WHOLE.search(line)
        utmost = any(not c.tracks for c in state.comparisons)
        one = acts.ONE.search(line) or (acts.A_THING.search(line) and not wished)
        if before.count < 2 or state.count > 1 or named or afresh or utmost or one:
            return state
        refined = state.act in ("recommend", "more") or (state.act == "refuse" and wished)
        if not (new or wished or state.act == "more") or not refined:
            return state
        # Calmer than the calmest of five is hardly anything: what lies in the middle is compared with.
        middle = [
            replace(c, tracks=(played[self._sorted(c.dimension, played)[len(played) // 2]],))
            for c in state.comparisons
            if played and len(self.index.rows_of(played)) == len(played)
        ]
        state = replace(state, order=state.order or before.order)
        return replace(state, count=before.count, comparisons=tuple(middle) or state.comparisons)

    def off_the_list(
        self, state: DialogueState, before: DialogueState, new: list[Wish], played: list[str]
    ) -> DialogueState:
        """After a list, what is refused and stands in it gives its places to others: "no Queen please"."""
        if (
            before.count < 2
            or not new
            or state.comparisons
            or state.like
            or any(not w.refused or w.now for w in new)
        ):
            return state
        state = replace(state, count=before.count)
        rows = self.index.rows_of(played)
        out = np.logical_or.reduce([self.index.meets(w) for w in new])[rows]
        places = tuple(int(i) for i in np.flatnonzero(out))
        if len(rows) != len(played) or len(places) == len(played):
            return state
        kept = tuple(t for i, t in enumerate(played) if i not in places)
        listed = tuple(played)
        return replace(
            state, act="edit", about=kept, places=places, count=len(played), rejected=(), listed=listed
        )
