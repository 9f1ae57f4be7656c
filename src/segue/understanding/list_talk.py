"""What is said of the list that was shown: an edit, a question, the list again, in one clause or several."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.acts import LOOSE
from segue.understanding.list_edits import Edit
from segue.understanding.list_loose import loosely
from segue.understanding.movements import Movements
from segue.understanding.reading import Reading
from segue.understanding.state import NAMES, DialogueState, Wish
from segue.understanding.text import as_written, linked, said_plainly
from segue.understanding.turns import bare

CLAUSE = re.compile(r"(?<=\w)(?<!\bno)(?<!\bnr)[,.;!?:]+\s+|\s+[-–—]+\s+")
"""What stands between two clauses."""
KEEPS_THOSE = re.compile(
    r"^(?:(?:ok|so|then|now|and|good|please) )*(?:keep|leave|only|just|i want|play)(?: (?:only|just|me))* "
    r"(?:those|them|these)(?: (?:ones|then|please|only))*$"
)
"""After which of the list are of a kind: they alone stay."""
SENTENCE = re.compile(r"[^.!?;]+[.!?;]*")
_POINTS = re.compile(r"\b(?:it|that|this|he|she|they|him|her|them|that one)\b")


class ListTalk(Movements, ABC):
    """Reads what is said after a list."""

    @abstractmethod
    def understood(self, reading: Reading, before: DialogueState, played: Sequence[str]) -> DialogueState:
        """What an utterance that is taken apart makes of a state."""

    def of_list(
        self, text: str, line: str, shown: tuple[str, ...], before: DialogueState, played: Sequence[str]
    ) -> DialogueState | None:
        """The state where the last list or way is taken again, edited, or asked about; None for another."""
        if len(shown) > 1:
            if way := self.way_again(line, shown, before):
                return way
            whole = self.pointed_out(linked(text), shown, before)
            if edit := self.edit(line, shown, before, now=before.count > 1, linked=whole):
                ends = before.ends[::-1] if edit.kept == tuple(reversed(shown)) else before.ends
                put = "play " if edit.rest.startswith("play ") and not edit.places else ""
                edit = edit._replace(rest=put + as_written(text, edit.rest.removeprefix(put)))
                state = replace(self._edited(edit, before), listed=shown, undone=shown, ends=ends)
                put_in = tuple(w for w in state.wishes if w.kind == "artist" and w.turn == state.turn)
                return replace(state, topic=put_in if edit.rest else before.topic)
        if before.asked in ("such", "how many such") and before.about and KEEPS_THOSE.match(line):
            edited = self._edited(Edit(before.about, (), (), ""), before)
            return replace(edited, listed=shown, undone=shown)
        if asked := self.asked_of_list(line, self.those(line, played, shown), before):
            return asked
        clause = bare(linked(text).rsplit(" and ", 1)[-1])
        again = self.listed_again((line, clause), shown, before, played)
        return replace(repeated(again, before), count=len(again)) if again else None

    def asked_beside(self, heard: str) -> str:
        """The question of the list beside what wishes nothing: "I don't know the fourth. When was it?"."""
        clauses = [c for c in SENTENCE.findall(heard) if c.strip(" .!?;")]
        at = next(
            (i for i, c in enumerate(clauses) if "?" in c and LOOSE["ASKED_OF"].search(c.casefold())), -1
        )
        if len(clauses) < 2 or at < 0:
            return ""
        rest = self.take_apart(" ".join(clauses[:at] + clauses[at + 1 :]))
        if _wishes(rest):
            return ""
        line = bare(said_plainly(clauses[at]))
        about = loosely(f"{line} {rest.line}") if _POINTS.search(line) and not loosely(line) else ""
        edits = about.startswith(("drop", "swap", "move", "keep", "play")) or (
            loosely(rest.line) and not about
        )
        return "" if edits else about or line

    def of_list_loosely(
        self, heard: str, shown: tuple[str, ...], before: DialogueState, played: Sequence[str]
    ) -> tuple[str, DialogueState | None]:
        """What is said of the list in other words, or in one clause of several: the words, and the state.

        What stands beside it may be a reason or a story, but no wish: "make that six, I can't get up".
        """
        plain = loosely(bare(said_plainly(heard)))
        if plain and (told := self.of_list(plain, plain, shown, before, played)):
            return plain, told
        if such := self._of_such(heard, shown, before, played):
            return plain, such
        clauses = [c for c in CLAUSE.split(heard) if c.strip()]
        for i, clause in enumerate(clauses if len(clauses) > 1 else ()):
            rest = self.take_apart(" . ".join(clauses[:i] + clauses[i + 1 :]))
            if _wishes(rest):
                continue
            line = self.pointed_out(bare(said_plainly(clause)), shown, before)
            told = self.of_list(clause, line, shown, before, played)
            if told is None and (said := loosely(line)):
                told = self.of_list(said, said, shown, before, played)
            if told and not unchanged(told, shown):
                return plain, told
        return plain, None

    def _of_such(
        self, heard: str, shown: tuple[str, ...], before: DialogueState, played: Sequence[str]
    ) -> DialogueState | None:
        """The state without those of a list that one thing is said of: "the German guests cancelled"."""
        reading = self.take_apart(heard)
        line, wishes = reading.line, self.wishes(reading, 0)
        if (
            len(wishes) != 1
            or reading.unknown
            or not LOOSE["OUT"].search(line)
            or LOOSE["STAYS"].search(line)
        ):
            return None
        such = self.index.meets(replace(wishes[0], role="required"))[self.index.rows_of(shown)]
        kept = tuple(t for t, has in zip(shown, such, strict=True) if not has)
        if len(kept) in (0, len(shown)) or acts.PLAY.search(line) or LOOSE["OTHER"].search(line):
            return None
        edited = self._edited(Edit(kept, (), (), ""), before)
        return replace(edited, listed=shown, undone=shown, ends=before.ends)

    def _edited(self, edit: Edit, before: DialogueState) -> DialogueState:
        """The state of a list that is edited; what else is said is wished of the new tracks alone."""
        old = before.count == 1  # Something else has played since the list.
        held = tuple(w for w in before.wishes if w.refused or not (w.now or (old and w.kind in NAMES)))
        plain = replace(DialogueState(), turn=before.turn + 1, wishes=held)
        plain = replace(plain, like=edit.kept if edit.places else ())
        state = plain = replace(plain, wishes=(*held, *self._of_part(edit, before)))
        if edit.places and edit.rest:
            single = replace(before, count=1)
            state = self.understood(self.take_apart(edit.rest, compare=True), single, edit.replaced)
            if state.unknown and not any(w.turn == state.turn for w in state.wishes) and not edit.replaced:
                # Nothing is put in for what is not here.
                return replace(state, act="question", asked="here", count=before.count, wishes=before.wishes)
            state = state if state.act in ("recommend", "refuse", "more", "take back") else plain
            alone = (replace(w, now=w.now or (w.turn == state.turn and not w.refused)) for w in state.wishes)
            state = replace(state, wishes=tuple(alone))
            free = self.index.allowed(state)
            free[self.index.rows_of((*edit.kept, *edit.replaced))] = False
            if free.sum() < len(edit.places):
                # What is said of the new track counts, and not what the list was made of.
                now = (w for w in state.wishes if w.refused or w.turn == state.turn)
                state = replace(state, wishes=tuple(now))
        elif edit.rest.startswith("play "):  # Who shall be put in is not here.
            state = replace(state, unknown=tuple(self.take_apart(edit.rest).unknown))
        count = len(edit.kept) + len(edit.places)
        return replace(state, act="edit", about=edit.kept, places=edit.places, count=count, rejected=())

    def _of_part(self, edit: Edit, before: DialogueState) -> tuple[Wish, ...]:
        """What the part of a list is wished to be whose track gives its place to another: the nineties."""
        rows = self.index.rows_of(edit.replaced)
        if edit.rest or len(rows) != 1:
            return ()
        fits = (p for p in before.parts if all(self.index.meets(w)[rows[0]] for w in p.wishes))
        told = next((p.wishes for p in fits), ())
        return tuple(replace(w, now=True, turn=before.turn + 1) for w in told)


def unchanged(state: DialogueState, shown: tuple[str, ...]) -> bool:
    """Whether an edit leaves a list as it is."""
    return state.act == "edit" and not state.places and state.about == shown


def _wishes(reading: Reading) -> bool:
    """Whether what stands beside a clause asks for music, and is no mere reason or story."""
    line = reading.line
    told = [f for f in reading.facts if not f.start or reading.said[f.start - 1].word not in _JUDGES]
    facts = any(f.concept.kind not in ("occasion", "length") for f in told)  # "That goes too quick."
    does = acts.PLAY.search(line) or acts.EDIT_VERB.search(line) or acts.COUNT.search(line)
    return bool(reading.names or facts or does or acts.question(line) or _ASKS_FOR & {*line.split()})


_JUDGES = frozenset("too is s was very so really sounds".split())
"""Words behind which a mood is what somebody thinks of a track: "number five is very beautiful"."""
_ASKS_FOR = frozenset(
    "same like similar another else more less other different instead many much forget scrap back again "
    "if which who what when".split()
)
"""Words of what is asked for, or given up, beside a clause."""


def repeated(tracks: tuple[str, ...], before: DialogueState) -> DialogueState:
    """The state in which tracks that have played play again."""
    state = replace(DialogueState(), act="repeat", about=tracks, turn=before.turn + 1)
    return replace(state, wishes=before.wishes)
