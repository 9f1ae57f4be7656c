"""Parts of the work that plays, and works of who was asked for: "the next movement", "his fifth symphony"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.composers import composer_of
from segue.understanding.questions import Questions
from segue.understanding.reading import Reading
from segue.understanding.state import DialogueState, Wish
from segue.understanding.text import fold
from segue.understanding.work_parts import parts_of
from segue.understanding.works_said import FORM, NTH


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
        new = [self._meant_by_him(w, reading, before, played) for w in new]
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

    def _meant_by_him(self, wish: Wish, reading: Reading, before: DialogueState, played: list[str]) -> Wish:
        """A wish for who plays as one for the composer, if "the same composer" is said or held: "by him"."""
        artist = self._artists(played[-1:])[:1]
        named = any(m.kind == "artist" for m in reading.names)
        if not artist or wish.kind != "artist" or wish.values != artist or named:
            return wish
        row = self.index.rows_of(played[-1:])
        held = [w for w in before.wishes if w.kind == "artist" and w.role == "required"]
        him = [w.values for w in held if len(w.values) == 1 and self.index.meets(w)[row].all()]
        work = any(w.kind == "track" and not (w.now or w.refused) for w in before.wishes) and not him
        wrote = self.makers(played[-1:])[:1] if work or "compos" in reading.line else next(iter(him), artist)
        return replace(wish, words=wrote[0], values=wrote)

    def number_of(self, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """What "and 21?", "number 23" ask for after "Mozart's piano concertos"; "" for anything else."""
        match = acts.NUMBER_OF.match(line)
        told = before.topic if before.act == "question" else before.wishes
        kinds = [w for w in told if match and w.kind in ("track", "title") and w.role == "required"]
        words = re.findall(r"\w+", fold(kinds[-1].words)) if kinds else []
        at = next((i for i, word in enumerate(words) if word in FORM), None)
        if not match or at is None:
            return ""
        who = [w.words for w in told if w.kind == "artist" and w.role == "required"]
        who = who or [*self.makers(played[-1:])]
        kind = [*(w for w in words[:at] if w not in NTH), FORM[words[at]]]
        return " ".join([*kind, "no", match["n"], *(f"by {name}" for name in who[:1])])

    def makers(self, tracks: Sequence[str]) -> tuple[str, ...]:
        """Who composed tracks, where that is told, else their artists."""
        told = ((composer_of(self.catalogue, r), r) for r in self.index.rows_of(tracks))
        artists = self.catalogue.tracks["artist"]
        return tuple(str(name) for wrote, row in told if (name := wrote or artists[row]))
