"""A way from one track to another: how it is asked for, and once more with the same ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.counts import how_many
from segue.understanding.list_edits import KEEP, edit_plainly
from segue.understanding.list_orders import said
from segue.understanding.list_through import STEPS
from segue.understanding.merged import either
from segue.understanding.reading import Reading
from segue.understanding.state import NAMES, DialogueState, Wish
from segue.understanding.turns import refusals
from segue.understanding.way_ends import ALONG, Stops, steps_of, with_in

LONGEST = 30
_FROM_TO = re.compile(r"\bfrom \S.*? (?P<to>to|into) \S")
_TWO_ENDS = re.compile(r"\b(?:end|finish|close|land|arriv|wind|wound|then)\w*\b")
"""Where a start is said, what says that the end is another, too."""


_ROUTE = re.compile(r"\b(?:path|route|bridge|journey|transition)\b")
"""What a way is called that is asked for: "blend a path from X to Y" is no blend."""
_IT_ENDS = re.compile(
    r"^(?:(?:haha|lol|now|and|ok|but|then|so) )*it (?:now )?(start|begin|open|end|finish|close)(?:e?s)\b"
    r"|,? (?:and )?not (?:in|with|at|on) \w+$"
)
"""A way that begins or ends elsewhere now: "now it finishes in punk, not in metal"."""
_MIX_OF = re.compile(r"\b(?:mix|mixture|selection|bunch) of\b")


class Ways(Stops):
    """Reads ways and blends."""

    def way_again(self, line: str, shown: Sequence[str], before: DialogueState) -> DialogueState | None:
        """The state of the last way once more: in more steps, by others, over somebody; else None."""
        ends, line = before.ends, _IT_ENDS.sub(lambda m: m[1] or "", line)
        if len(ends) == 2 and () in ends:
            return self._other_half(line, shown, before)
        # Of more steps between those that were there, each was a stop.
        ends = (ends[0], ends[-1]) if len(ends) == len(shown) > 3 else ends
        kept = len(ends) > 1 and shown[0] in ends[0] and shown[-1] in ends[-1]
        kept = kept and {*before.undone} <= {*shown}  # It may have been turned round.
        if not kept and before.act != "way":
            return None
        n = len(shown)
        way = replace(before, act="way", asked="", about=(), places=(), turn=before.turn + 1)
        way = replace(way, lifted=(), unknown=(), count=n, ends=ends)
        if acts.EDIT_BETWEEN.match(line) or acts.WAY_OTHER.match(line):
            first, last = (shown[0],), (shown[-1],)
            return replace(way, ends=(first, *ends[1:-1], last), places=tuple(range(1, n - 1)))
        if more := acts.WAY_MORE.match(line):
            # More steps between those that are there.
            count = min(n + _many(more["k1"] or more["k2"]), LONGEST)
            return replace(way, ends=tuple((t,) for t in shown), count=count)
        if other := self._other_ends(line, way):
            return other
        if over := acts.WAY_OVER.match(line):
            reading = self.take_apart(over["who"] or over["via"])
            named = reading.names or any(f.concept.kind == "genre" for f in reading.facts)
            wishes = [w for w in self.wishes(reading, 0) if not w.refused] if named else []
            if len(wishes) == 1 and (stop := self._tracks_of(wishes[0])):
                return replace(way, ends=(*ends[:-1], stop, ends[-1]), count=max(n, 3))
        steps = _steps_again(line, n)
        return replace(way, count=max(2, min(steps, LONGEST))) if steps else None

    def _other_half(self, line: str, shown: Sequence[str], before: DialogueState) -> DialogueState | None:
        """The way to somebody else where who was named is not here: "to Metallica then"."""
        half = replace(before, act="way", asked="", about=(), places=(), turn=before.turn + 1, wishes=())
        half = replace(half, unknown=(), lifted=(), count=len(shown))
        way = self._other_ends(line, half)
        return replace(way, wishes=refusals(before)) if way and () not in way.ends else None

    def _other_ends(self, line: str, way: DialogueState) -> DialogueState | None:
        """The same way from or to somebody else: "start with TLC instead", "and end at Blondie"."""
        for pattern, last in ((acts.WAY_FROM, False), (acts.WAY_TO, True)):
            match = pattern.match(line)
            told = (
                said(match, *(g for g in ("who", "who2", "who3") if g in match.groupdict())) if match else ""
            )
            if not told or acts.WAY_TO.match(told) or _TWO_ENDS.search(told):
                continue
            reading = self.take_apart(told)
            wishes = [w for w in self.wishes(reading, 0) if not w.refused]
            if wishes and not reading.unknown and len(reading.names) < 2 and (end := self._all_of(wishes)):
                ends = (*way.ends[:-1], end) if last else (end, *way.ends[1:])
                return replace(way, ends=ends)
        return None

    def _between(
        self,
        reading: Reading,
        state: DialogueState,
        before: DialogueState,
        new: list[Wish],
        played: list[str],
    ) -> DialogueState | None:
        """The state of a way or a blend; None where the words ask for neither."""
        line = reading.line
        steps, inside = steps_of(reading)
        of_two = acts.WAY_OF_TWO.search(line)
        drawn = inside or of_two or (reading.names and _ROUTE.search(line))
        blend = None if drawn else acts.BLEND.search(line) or with_in(reading)
        if blend and reading.names and how_many(line) > 1 and _MIX_OF.search(line):
            blend = None  # "A mix of Aretha Franklin and James Brown, six songs" has both.
        again = acts.SAME_WAY.search(line)
        if before.ends and () not in before.ends and again and new and all(w.kind not in NAMES for w in new):
            # "Same idea, but only from the 60s."
            held = (*refusals(before), *either(new))
            return replace(before, act="way", turn=state.turn, wishes=held, lifted=(), unknown=(), about=())
        if before.act == "way" and () not in before.ends and _limits(line, new):
            held = (*(w for w in before.wishes if not any(w.same(n) for n in new)), *new)
            held = tuple(w for w in held if w.kind != "occasion")
            return replace(before, turn=state.turn, wishes=held, lifted=(), unknown=(), about=(), places=())
        ends = self._of_two(reading, before, played) if of_two else self._ends(reading, played)
        if len(ends) == 2 and acts.THEN.search(line) and not of_two:
            return replace(state, act="way", ends=ends, count=2, wishes=refusals(before))
        if len(ends) > 1 and (acts.WAY.search(line) or of_two) and not blend:
            n = max(len(ends), min(steps or STEPS, LONGEST))
            along = self._along(reading, state.turn)
            state = replace(state, unknown=tuple(dict.fromkeys(reading.unknown)))
            held = (*refusals(before), *(w for w in new if w.refused), *along)
            return replace(state, act="way", ends=ends, count=n, wishes=held)
        if len(ends) == 2 and blend:
            keep = either([w for w in new if w.kind not in ("artist", "title")])
            state = replace(state, act="blend", ends=ends, count=how_many(line))
            return replace(state, wishes=(*refusals(before), *keep))
        if blend and len(played) > 1 and reading.lone and acts.LAST_TWO.search(line):
            return replace(state, act="blend", ends=((played[-2],), (played[-1],)), wishes=refusals(before))
        return None

    def half_way(self, reading: Reading, state: DialogueState) -> DialogueState:
        """The state of a way of whose ends one is not here: the other is kept for the next turn."""
        match = _FROM_TO.search(reading.line) if len(reading.unknown) == len(reading.names) == 1 else None
        if not match:
            return state
        name = reading.names[0]
        end = self._tracks_of(Wish(name.kind, name.name, "required", name.values))
        first = name.start < 1 + reading.line.count(" ", 0, match.start("to"))
        return replace(state, ends=(end, ()) if first else ((), end))

    def _of_two(
        self, reading: Reading, before: DialogueState, played: Sequence[str]
    ) -> tuple[tuple[str, ...], ...]:
        """The ends of "a way between those two": whom the words before named, or the last two that played."""
        if reading.names:
            return ()
        named = self.take_apart(before.said).names if before.said else []
        wishes = [Wish(m.kind, m.name, "required", m.values) for m in named]
        if len(wishes) == 2:
            return tuple(self._tracks_of(w) for w in wishes)
        two = tuple(dict.fromkeys(played[-2:]))
        return tuple((t,) for t in two) if len(two) == 2 else ()


def _limits(line: str, new: Sequence[Wish]) -> bool:
    """Whether wishes are what the tracks of a way must not be, or must all be: "nothing after 1990"."""
    only = ALONG.search(line)
    new = [w for w in new if w.kind != "occasion"]
    refused = all(w.refused or (w.kind == "year" and "no" in w.words.split()) for w in new)
    return bool(new) and (refused or (bool(only) and all(w.kind not in NAMES for w in new)))


def _steps_again(line: str, n: int) -> int:
    """How many tracks a way of n shall have that is asked for once more; 0 where nothing asks for it."""
    if match := next(filter(None, (p.search(edit_plainly(line)) for p in KEEP)), None):
        return acts.number(match["n"])
    if acts.EDIT_HALF.match(line) or acts.EDIT_DOUBLE.match(line):
        return (n + 1) // 2 if acts.EDIT_HALF.match(line) else 2 * n
    again = acts.WAY_AGAIN.match(line)
    told = {k.rstrip("123456"): v for k, v in again.groupdict().items() if v is not None} if again else {}
    if "n" in told:
        return acts.number(told["n"])
    if "mid" in told:
        return 2 + _many(told["mid"])
    if "by" in told:
        return n + _many(told["by"]) * (1 if "up" in told else -1)
    if "k" in told:
        return n + _many(told["k"]) * (1 if "more" in told else -1)
    return n + 2 * ("long" in told) - 2 * ("short" in told) if again else 0


def _many(words: str) -> int:
    """The number that words say: "a couple", "another", "two more", "no"."""
    first = words.removeprefix("a ").split()[0]
    one, none = first in ("a", "an", "another", "single"), first in ("no", "none", "nothing")
    return 1 if one else 0 if none else 2 if first == "some" else acts.number(first)
