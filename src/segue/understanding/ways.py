"""A way from one track to another: how it is asked for, and once more with the same ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.counts import how_many
from segue.understanding.edits import KEEP
from segue.understanding.merged import either
from segue.understanding.reading import Reading
from segue.understanding.state import NAMES, DialogueState, Wish
from segue.understanding.stops import Stops, steps_of
from segue.understanding.through import STEPS
from segue.understanding.turns import refusals

LONGEST = 30


class Ways(Stops):
    """Reads ways and blends."""

    def way_again(self, line: str, shown: Sequence[str], before: DialogueState) -> DialogueState | None:
        """The state of the last way once more: in more steps, by others, over somebody; else None."""
        ends = before.ends
        kept = len(ends) > 1 and shown[0] in ends[0] and shown[-1] in ends[-1]
        kept = kept and {*before.undone} <= {*shown}  # It may have been turned round.
        if not kept and before.act != "way":
            return None
        n = len(shown)
        way = replace(before, act="way", asked="", about=(), places=(), turn=before.turn + 1)
        way = replace(way, lifted=(), unknown=(), count=n)
        if acts.EDIT_BETWEEN.match(line) or acts.WAY_OTHER.match(line):
            first, last = (shown[0],), (shown[-1],)
            return replace(way, ends=(first, *ends[1:-1], last), places=tuple(range(1, n - 1)))
        if over := acts.WAY_OVER.match(line):
            reading = self.take_apart(over["who"] or over["via"])
            named = reading.names or any(f.concept.kind == "genre" for f in reading.facts)
            wishes = [w for w in self.wishes(reading, 0) if not w.refused] if named else []
            if len(wishes) == 1 and (stop := self._tracks_of(wishes[0])):
                return replace(way, ends=(*ends[:-1], stop, ends[-1]), count=max(n, 3))
        steps = _steps_again(line, n)
        return replace(way, count=max(2, min(steps, LONGEST))) if steps else None

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
        blend = None if inside else acts.BLEND.search(line)
        again = acts.SAME_WAY.search(line)
        if before.ends and again and new and all(w.kind not in NAMES for w in new):
            # "Same idea, but only from the 60s."
            held = (*refusals(before), *new)
            return replace(before, act="way", turn=state.turn, wishes=held, lifted=(), unknown=(), about=())
        ends = self._ends(reading, played)
        if len(ends) == 2 and acts.THEN.search(line):
            return replace(state, act="way", ends=ends, count=2, wishes=refusals(before))
        if len(ends) > 1 and acts.WAY.search(line) and not blend:
            n = max(len(ends), min(steps or STEPS, LONGEST))
            along = self._along(reading, state.turn)
            held = (*refusals(before), *(w for w in new if w.refused), *along)
            return replace(state, act="way", ends=ends, count=n, wishes=held)
        if len(ends) == 2 and blend:
            keep = either([w for w in new if w.kind not in ("artist", "title")])
            state = replace(state, act="blend", ends=ends, count=how_many(line))
            return replace(state, wishes=(*refusals(before), *keep))
        if blend and len(played) > 1 and reading.lone and acts.LAST_TWO.search(line):
            return replace(state, act="blend", ends=((played[-2],), (played[-1],)), wishes=refusals(before))
        return None


def _steps_again(line: str, n: int) -> int:
    """How many tracks a way of n shall have that is asked for once more; 0 where nothing asks for it."""
    if match := next(filter(None, (p.search(line) for p in KEEP)), None):
        return acts.number(match["n"])
    if acts.EDIT_HALF.match(line) or acts.EDIT_DOUBLE.match(line):
        return (n + 1) // 2 if acts.EDIT_HALF.match(line) else 2 * n
    again = acts.WAY_AGAIN.match(line)
    told = {k.rstrip("123"): v for k, v in again.groupdict().items() if v} if again else {}
    if "n" in told:
        return acts.number(told["n"])
    return n + 2 * ("long" in told) - 2 * ("short" in told) if again else 0
