"""The built-in reader: words to dialogue state, offline, without a language model, the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.data.catalogue import Catalogue
from segue.understanding import acts, lengths
from segue.understanding.carry import carried
from segue.understanding.counts import asked_for
from segue.understanding.framing import unframed
from segue.understanding.list_nets import Nets
from segue.understanding.list_talk import repeated, unchanged
from segue.understanding.merged import either
from segue.understanding.reading import Reading
from segue.understanding.references import AGES
from segue.understanding.retrieval import search_text
from segue.understanding.rewording import reworded
from segue.understanding.rewording_again import said_again
from segue.understanding.rewording_ways import ends_quoted, of_songs
from segue.understanding.state import DialogueState, Reader, Wish
from segue.understanding.text import clean, key, said_plainly
from segue.understanding.turns import (
    again_alike,
    bare,
    is_chat,
    last_clause,
    pointing,
    shown_last,
    unguessed,
)
from segue.understanding.uncaught import caught, left_alone
from segue.understanding.untold import NO_LENGTHS, NOT_KNOWN


class Rules(Nets, Reader):
    """Reads utterances over one catalogue. `read` takes a dialogue, `step` one more utterance of it."""

    def step(self, words: str, before: DialogueState, played: Sequence[str]) -> DialogueState:
        """What one more utterance makes of a state (see `Reader`)."""
        text, tongue = self.in_english(
            ends_quoted(reworded(unframed(clean(words), self.is_name)), self.is_title)
        )
        text, before, gone = self.let_go(text, before)
        if gone:
            state = self.step(text, before, played)
            return replace(state, lifted=(*gone, *state.lifted))
        text, before = self.set_right(text, before)
        heard = text
        text = self.the_other(bare(said_plainly(text)), played) or self._said_whole(text, before, played)
        text = self.number_of(bare(said_plainly(text)), before, played) or text
        line = bare(said_plainly(text))
        shown = tuple(played[-before.count :]) if before.count > 1 else before.listed
        if len(shown) > 1:
            line = self.pointed_out(line, shown, before)
        if before.count > 1 and (question := self.asked_beside(heard)):
            text = line = heard = question
        told = self.of_list(text, line, shown, before, played)
        if before.count > 1 and (told is None or unchanged(told, shown)):
            plain, other = self.of_list_loosely(heard, shown, before, played)
            told = other or told
            text, line = (plain, plain) if plain and not told else (text, line)
        if told := told or self._of_played(line, before, played):
            return told
        text = self._by_name(text, line, before, played)
        reading = self.take_apart(text, compare=bool(played), foreign=bool(tongue))
        return self.caught_of_list(reading, self.understood(reading, before, played), before, played)

    def is_name(self, words: str) -> bool:
        """Whether folded words are an artist or a title here."""
        return key(words) in self.names.artist or key(words) in self.names.title

    def is_title(self, words: str) -> bool:
        """Whether words are a title here."""
        return key(words) in self.names.title

    def _said_whole(self, text: str, before: DialogueState, played: Sequence[str]) -> str:
        """A text with what it leaves to what was said and played before: "again", "now electric"."""
        undoes = before.undone and acts.EDIT_UNDO.match(bare(said_plainly(text)))
        text = (said_again(text) if played and not undoes else "") or text
        text = of_songs(text) if before.ends else text
        text = self.meant(text, bare(said_plainly(text)), before, played)
        return self.asked_plainly(text, bare(said_plainly(text))) if before.count > 1 else text

    def _of_played(self, line: str, before: DialogueState, played: Sequence[str]) -> DialogueState | None:
        """The state where what has played, or was asked about, is called back; None for another."""
        track = self.heard_before(line, played) or self.such_before(line, played)
        track = track or self.other_of(line, played)
        if track := track or self.next_listed(line, before, played) or self.utmost_of(line, before, played):
            return repeated((track,), before)
        if told := self.undone(line, before, played) or self.movement(line, before, played):
            return told
        if pointed := self.namesake(line, before, played) or self.between_two(line, before, played):
            return pointed
        if counted := self.of_the_counted(line, before) or self.of_the_works(line, before):
            return counted
        artist, known = self._back_to(line, played)
        again = artist and known and {"again", "back", "one"} & {*line.split()}
        return repeated(known, before) if again else None

    def _back_to(self, line: str, played: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """The artist of those that played to whom a line goes back, and what played of them last."""
        back, to_one = acts.BACK.match(line), {"back", "one"} <= {*line.split()}
        artist = self.of_played(back["who"], played, whole=True, back=to_one) if back else ""
        return artist, self.all_played(artist, played, back=to_one) if artist else ()

    def _by_name(self, text: str, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """A text that names who or what it points at: "play her" is "play Nina Simone"."""
        if artist := self.spoken_artist(line, before, played) or self._back_to(line, played)[0]:
            return f"play {artist}"
        title = self.not_titled(line, before, played)
        return f'not "{title}"' if title else text  # Whatever its words mean.

    def understood(self, reading: Reading, before: DialogueState, played: Sequence[str]) -> DialogueState:
        """What an utterance that is taken apart, whoever did so, makes of a state (see `step`)."""
        reading = unguessed(reading) if played else reading
        # After a list, "the third one" is the list's third.
        played = played[-before.count :] if before.count > 1 else played
        state = replace(DialogueState(), turn=before.turn + 1, said=search_text(reading))
        new = self.wishes(reading, state.turn)
        if acts.LASTING.search(reading.line):
            new = [replace(w, firm=True) for w in new]
        state = replace(state, listening=tuple(r.heard for r in reading.heard if r.like))
        if answered := self.asked(reading, state, before, new, played):
            return answered
        return self._music(reading, state, before, new, list(played))

    def _music(
        self,
        reading: Reading,
        state: DialogueState,
        before: DialogueState,
        new: list[Wish],
        played: list[str],
    ) -> DialogueState:
        line = reading.line
        state = replace(state, unknown=tuple(dict.fromkeys(reading.unknown)))
        if reading.lone and before.act == "question" and before.about and acts.THAT.match(line):
            return self._asked_about(state, before, played)
        if (
            reading.lone
            and played
            and any(acts.REPEAT.search(said) for said in (line, bare(line), last_clause(reading)))
            and not (again_alike(line) or acts.NEVER_AGAIN.search(line))
        ):
            return replace(
                state,
                act="repeat",
                about=self.which(pointing(reading), shown_last(before, played)),
                wishes=before.wishes,
            )
        if reading.lone and not played and any(acts.REPEAT.search(said) for said in (line, bare(line))):
            return replace(state, act="question", asked="who", wishes=before.wishes)
        if before.act == "question" and len(before.about) == 1 and before.about[0] not in played:
            played = [*played, *before.about]  # "That" is what was asked about.
        if parts := self.in_parts(reading, state, before):
            return parts
        if between := self._between(reading, state, before, new, played):
            return between
        state = self.half_way(reading, state)
        if acts.BLEND.search(line):
            new = either(new)
        new = self.of_both(asked_for(reading), new)
        state = self._compared(reading, state, new, played)
        new = [w for w in new if not (w.kind == "year" and state.comparisons and w.words in AGES)]
        new, state = self._references(reading, state, new, played)
        new, state = self.of_the_composer(reading, state, before, new, played)
        names = [u for u in state.unknown if u not in NOT_KNOWN]
        if names and not new and not state.comparisons and acts.HERE.search(line):
            # "Do you have any polka?": no.
            return replace(state, act="question", asked="here", count=before.count, wishes=before.wishes)
        state = self._turned_down(reading, self._how_long(reading, state), new, played)
        if state.act == "more" and not new and any(not c.tracks for c in before.comparisons):
            # After the newest, the newest but one.
            state = replace(state, comparisons=before.comparisons, like=())
        state = self.as_long(line, state, before, new, played)
        joined = self.narrowed_to(carried(state, before, new, line, joined=True), line, played)
        state = self.as_pointed(joined or carried(state, before, new, line), played)
        told = caught(self.off_the_list(state, before, new, played), reading, new)
        return left_alone(told, played[-before.count :] if before.count > 1 else (), line)

    def _how_long(self, reading: Reading, state: DialogueState) -> DialogueState:
        """The state with how many tracks are asked for, or how long they shall last in all."""
        lasting = lengths.whole(reading.line)
        state = replace(state, order=acts.order(reading.line))
        if not lasting:
            return replace(state, count=asked_for(reading))
        if not self.lasts:
            state = replace(state, unknown=tuple(dict.fromkeys((*state.unknown, NO_LENGTHS))))
        typical = float(np.nanmedian(self.index.seconds)) if self.lasts else lengths.TYPICAL
        count = max(1, min(round(lasting / max(typical, 30)), 30))
        return replace(state, count=count, lasting=lasting if self.lasts else 0)

    def _turned_down(
        self, reading: Reading, state: DialogueState, new: list[Wish], played: list[str]
    ) -> DialogueState:
        """The state with its act: something else, more of the same, or a wish; and what is turned down."""
        line, lone, last = reading.line, reading.lone, tuple(played[-1:])
        unlike = lone and bool(played) and acts.UNLIKE.search(line) is not None
        # "No more of them" asks for no more of the same.
        more = lone and acts.MORE.search(line) and not (unlike or acts.NO_ARTIST.search(line))
        turned = lone or any(w.refused for w in new) or state.comparisons
        refuses = any(acts.REFUSE.match(said) for said in (line, bare(line)))
        if unlike or (refuses and played and turned):
            # "No Queen, please" says nothing of a track that is not by Queen.
            others = [w for w in new if w.refused and w.kind == "artist"]
            spoken = not others or any(self.index.meets(w)[self.index.rows_of(last)].any() for w in others)
            state = replace(state, act="refuse", rejected=last if spoken else ())
        elif lone and not state.comparisons and (more or not state.unknown):
            talk = bool(played) and not new and is_chat(reading)
            state = replace(state, act="more" if more or talk or not line else "recommend")
        if more and played and acts.ANAPHORA.search(line) and not state.like:
            state = replace(state, like=self.which(line, played))
        return state


def reader_of(catalogue: Catalogue) -> Rules:
    """The built-in reader over a catalogue, made once for it."""
    kept: dict[str, Rules] = catalogue.__dict__
    if "_rules" not in kept:
        kept["_rules"] = Rules(catalogue)
    return kept["_rules"]
