"""Parts of the work that plays, and works of who was asked for: "the next movement", "his fifth symphony"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.questions import Questions
from segue.understanding.reading import Reading
from segue.understanding.state import DialogueState, Wish
from segue.understanding.text import key
from segue.understanding.work_parts import parts_of


class Movements(Questions):
    """Reads what is said of works and of their parts."""

    def movement(self, line: str, before: DialogueState, played: Sequence[str]) -> DialogueState | None:
        """The state of "the slow movement", "just the adagietto", "the whole symphony"; None for another."""
        row = next(iter(self.index.rows_of(played[-1:])), None)
        parts = parts_of(self.catalogue)
        rows = parts.group.get(row, ()) if row is not None else ()
        if not rows or row is None:
            return None
        if whole := acts.WHOLE_WORK.match(line):
            rest = rows[rows.index(row) + 1 :] if whole["rest"] else rows
            return self._parts(rest, before) if rest else None
        match = acts.MOVEMENT.match(line)
        if not match:
            return None
        which = match["nth"] or match["n"] or match["part"]
        step = {"next": 1, "following": 1, "previous": -1}.get(which, 0)
        at = rows.index(row) + step
        chosen = [rows[at]] if step and 0 <= at < len(rows) else [] if step else parts.chosen(which, rows)
        return self._part(chosen[0], before) if chosen else None

    def _part(self, row: int, before: DialogueState) -> DialogueState:
        """The state in which one track plays, whether it has played or not."""
        title, turn = str(self.catalogue.tracks["title"][row]), before.turn + 1
        wish = Wish("track", title, "required", (str(self.catalogue.ids[row]),), turn=turn, now=True)
        held = (w for w in before.wishes if w.refused or self.index.meets(w)[row])
        return replace(DialogueState(), said=title, turn=turn, wishes=(*held, wish))

    def _parts(self, rows: Sequence[int], before: DialogueState) -> DialogueState:
        """The state in which some tracks play in order, whether they have played or not."""
        ids = tuple(str(self.catalogue.ids[row]) for row in rows)
        state = replace(DialogueState(), act="repeat", about=ids, turn=before.turn + 1, count=len(ids))
        return replace(state, wishes=before.wishes)

    def of_the_composer(
        self,
        reading: Reading,
        state: DialogueState,
        before: DialogueState,
        new: list[Wish],
        played: list[str],
    ) -> tuple[list[Wish], DialogueState]:
        """Works of who was asked for, or plays: "something by Beethoven", then "his fifth symphony"."""
        works = [w for w in new if w.kind == "track" and not w.refused]
        if not works or any(w.kind == "artist" for w in new):
            return new, state
        his = acts.HIS_WORK.search(" ".join(t.word for t in reading.said))
        held = [w for w in before.wishes if w.kind == "artist" and w.role == "required"]
        who = [*held, *(Wish("artist", a, values=(a,)) for a in (self.makers(played[-1:]) if his else ()))]
        free = self.index.meets(works[0])
        free[self.index.rows_of(played)] = False
        theirs = [w for w in who if (self.index.meets(w) & free).any()]
        if theirs:
            return [*new, replace(theirs[0], turn=state.turn)], state
        if his and who:
            unknown = (*state.unknown, f"{works[0].words} by {who[0].words}")
            return [replace(who[0], turn=state.turn)], replace(state, unknown=unknown)
        return new, state

    def makers(self, tracks: Sequence[str]) -> tuple[str, ...]:
        """Who composed tracks, where that is told, else their artists."""
        told = (self.names.composer_of(t) for t in tracks)
        return tuple(w or a for w, a in zip(told, self._artists(tracks), strict=False) if key(w or a))
