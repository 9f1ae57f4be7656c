"""Talk to a catalogue: what is said is carried from turn to turn, answered by tracks and a true sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from segue.data.catalogue import Catalogue, Turn
from segue.data.library import Library
from segue.data.request import Play, Request
from segue.kit.arrays import Bools
from segue.models.recommender import Recommender, filter_mask
from segue.serving import questions
from segue.serving.answer import Answer, played
from segue.serving.copies import with_copies
from segue.serving.listener import Listener, unheard
from segue.serving.ranking import of_parts, ranked
from segue.serving.sentences import Composer
from segue.serving.social import social
from segue.serving.wording import missing, nothing_left
from segue.understanding.carry import held_again
from segue.understanding.guide import Guide, Likeness, route
from segue.understanding.relax import possible
from segue.understanding.retrieval import asked_of_retrieval, remembered
from segue.understanding.rules import reader_of
from segue.understanding.state import DialogueState, Gone, Reader, Wish
from segue.understanding.text import clean, fold
from segue.understanding.work_parts import parts_of


class Conversation:
    """One dialogue with a recommender.

    Args:
        library: where the features are, for likeness, ways and blends; without it tags alone tell likeness.
        reader: who reads what is said (`understanding.llm_reader.LLMReader`); the built-in one without.
        listener: who talks; their plays are the history of every request.
    """

    def __init__(
        self,
        recommender: Recommender,
        library: Library | None = None,
        reader: Reader | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.recommender, self.library = recommender, library
        self.catalogue: Catalogue = recommender.catalogue
        self.rules = reader_of(self.catalogue)
        self.reader: Reader = reader or self.rules
        self.index, self.listener = self.rules.index, listener
        self.composer = Composer(self.rules.index, listener)
        self.likeness = Likeness(self.index, library)
        self.history: Sequence[Play] = ()
        """What the listener heard before the conversation, oldest first."""
        self.turns: list[Turn] = []
        self.heard: list[str] = []
        """What retrieval was asked at each utterance: its words without what was refused."""
        self.state = DialogueState()
        self.excluded: set[str] = set()
        self.where: dict[str, Any] = {}
        self.last: Answer | None = None

    def again(self) -> Conversation:
        """A conversation in which nothing was said, with everything that is expensive shared."""
        other = object.__new__(type(self))
        other.__dict__ |= self.__dict__ | {"history": (), "turns": [], "heard": [], "state": DialogueState()}
        other.__dict__ |= {"excluded": set(), "where": {}, "last": None}
        return other

    @property
    def played(self) -> list[str]:
        """Ids of what was played, oldest first."""
        return [t.content for t in self.turns if t.role == "music"]

    @property
    def avoided(self) -> list[str]:
        """Artists that do not play here, in the order in which they were refused."""
        return [v for w in self.state.refused if w.kind == "artist" and not w.now for v in w.values]

    def avoid(self, artist: str) -> str | None:
        """Never play an artist again here; returns the name as the catalogue has it, None if unknown."""
        name = next((m.name for m in self.rules.take_apart(artist).names if m.kind == "artist"), None)
        if name is not None:
            self.refuse_artist(name)
        return name

    def refuse_artist(self, name: str) -> None:
        """Never play an artist of the catalogue again here; what was wished of them before is gone."""
        if name not in self.avoided:
            wish = Wish("artist", name, "refused", (name,), turn=self.state.turn)
            kept = tuple(w for w in self.state.wishes if not w.same(wish))
            self.state = replace(self.state, wishes=(*kept, wish))

    def forget(self, words: str) -> list[Wish]:
        """Take back the wishes that contain these words, all where there are none; returns them."""
        gone = [w for w in self.state.wishes if fold(words.strip()) in fold(str(w))]
        self.state = replace(self.state, wishes=tuple(w for w in self.state.wishes if w not in gone))
        return gone

    def refuse(self) -> None:
        """Mark the last track as not liked."""
        for place in range(len(self.turns) - 1, -1, -1):
            if self.turns[place].role == "music":
                self.turns[place] = Turn("music", self.turns[place].content, liked=False)
                return

    def ask(self, words: str, count: int | None = None) -> Answer:
        """Say something and hear the answer; where nothing plays, what was said before is kept as it was.

        Args:
            count: how many tracks at most, where the words do not decide it.
        """
        return self.reply(words, self.hear(words), count)

    def hear(self, words: str) -> DialogueState:
        """What an utterance makes of the state, with what it says of the listener's plays looked up."""
        state = self.reader.step(words, self.state, self.played)
        return unheard(state) if self.listener is None else self.listener.resolved(state)

    def reply(self, words: str, state: DialogueState, count: int | None = None) -> Answer:
        """The answer to words that were understood like this; see `ask`."""
        if count is not None and state.act != "way":
            state = replace(state, count=count)
        if state.act == "social":
            return self._kept(words, Answer((), social(clean(words)), state))
        if state.act == "question":
            return self._kept(words, Answer((), questions.reply(self.index, state, self.played), state))
        if state.rejected:
            self.refuse()
        answer = self._music(words, state)
        if not answer.tracks:
            self.last = answer
            return answer
        return self._kept(words, answer)

    def resume(self, turns: Sequence[Turn]) -> None:
        """Take over a dialogue that was held elsewhere as if it had been held here."""
        shown: list[str] = []
        for turn in turns:
            shown = [*shown, turn.content] if turn.role == "music" else [] if turn.role == "user" else shown
            if turn.role == "user":
                state = self.hear(turn.content)
                if state.asks_music and state.act not in ("repeat", "way", "edit"):
                    state = possible(self.index, state, self._pool(state))[0]
                self._heard(turn.content, state)
            elif turn.role == "music":
                self.turns.append(replace(turn, liked=turn.liked is not False))
                listed = tuple(shown) if len(shown) > 1 else self.state.listed
                self.state = replace(self.state, count=len(shown), listed=listed)
            else:
                self.turns.append(turn)

    def request(self, words: str | None = None) -> Request:
        """What is asked now: all that was said (and `words`) and played, what must not come back."""
        state = self.state if words is None else self.hear(words)
        barred = frozenset(self.excluded | set(self.played))
        return self.asked(state, None if words is None else asked_of_retrieval(state), barred)

    def left(self) -> int:
        """How many tracks could still be played."""
        return int(self.recommender.allowed(self.request()).sum())

    def filter_by(self, wanted: dict[str, Any]) -> int:
        """Add filters; returns how many tracks are left. Where none is, the filters stay as they were."""
        before, self.where = self.where, self.where | wanted
        left = self.left()
        if left == 0:
            self.where = before
        return left

    def _kept(self, words: str, answer: Answer) -> Answer:
        """Keep what was said, played and answered."""
        state, ids = answer.state, tuple(p.track_id for p in answer.tracks)
        state = replace(state, count=len(ids)) if ids else state
        if any(c.tracks for c in state.comparisons):
            # "Slower" is of one turn: what gave way to it holds again.
            gave = [d for d in answer.dropped if isinstance(d, Wish) and d in self.state.wishes]
            state = replace(state, wishes=(*gave, *state.wishes))
        state = held_again(state, self.state)
        self._heard(words, replace(state, listed=ids) if len(ids) > 1 else state)
        self.turns += [Turn("music", p.track_id, liked=True) for p in answer.tracks]
        self.turns.append(Turn("assistant", answer.sentence))
        self.last = answer
        return answer

    def _heard(self, words: str, state: DialogueState) -> None:
        if state.rejected:
            self.refuse()
        self.turns.append(Turn("user", words))
        self.heard.append(remembered(state) if state.asks_music else "")
        # What rested holds again.
        wishes, listed = (*state.resting, *state.wishes), state.listed or self.state.listed
        state = state.going_on(self.state)
        rested = state.resting if state.asks_music else self.state.rested
        self.state = replace(state, wishes=wishes, resting=(), rested=rested, listed=listed)

    def _pool(self, state: DialogueState) -> Bools:
        """What may play whatever is wished: what has played only where it is asked for by name."""
        free = self._free()
        named = [w for w in state.wishes if w.kind in ("title", "track") and w.role == "required"]
        if not any(w.now or self._to_begin(w, state) for w in named):
            alone = state.like if len(state.like) == 1 else ()
            free[with_copies(self.catalogue, self.index.rows_of((*self.played, *alone)))] = False
        return free

    def _to_begin(self, work: Wish, state: DialogueState) -> bool:
        """Whether a work is asked for of which every beginning has played: it begins again."""
        parts, rows = parts_of(self.catalogue), self.index.allowed(state).nonzero()[0].tolist()
        left = any(parts.opening[r] and self.catalogue.ids[r] not in self.played for r in rows)
        asked = work.turn == state.turn and state.act == "recommend"
        return asked and not left and any(row in parts.group for row in rows)

    def _free(self) -> Bools:
        free = filter_mask(self.catalogue.tracks, self.where)
        free[self.index.rows_of(self.excluded)] = False
        return free

    def _music(self, words: str, state: DialogueState) -> Answer:
        if state.act == "repeat":
            return self._answer(words, state, list(state.about), ())
        if state.act == "way":
            free = self._pool(state) if state.places else self._free()  # Other steps between the same ends.
            return self._answer(words, state, route(self.likeness, self.index, state, free), ())
        if state.act == "edit":
            return self._edited(words, state)
        pool = self._pool(state)
        if state.parts:
            found, lacking = of_parts(self, state, pool)
            return self._answer(words, state, found, lacking)
        state, dropped = possible(self.index, state, pool)
        gone = [d for d in dropped if isinstance(d, Wish) and d.kind in ("artist", "album")]
        if any(w.kind == "album" for w in gone):
            state = replace(state, count=1)  # "The whole album", of which nothing is left.
        if gone and not state.like and not any(not w.refused for w in state.wishes):
            # Where an artist or an album has nothing more, what is like them.
            rows = np.logical_or.reduce([self.index.meets(w) for w in gone]).nonzero()[0]
            state = replace(state, like=tuple(str(i) for i in self.catalogue.ids[rows]))
        ids = ranked(self, state, pool, dropped)
        return self._answer(words, state, ids, dropped)

    def _edited(self, words: str, state: DialogueState) -> Answer:
        """The last list without what was taken out of it, and with other tracks in their places."""
        ids, dropped = list(state.about), list[Gone]()
        if state.places:
            sought, pool = replace(state, act="recommend", count=len(state.places)), self._pool(state)
            sought, dropped = possible(self.index, sought, pool)
            if not (found := list(ranked(self, sought, pool, dropped))):
                return self._answer(words, sought, (), dropped)
            ids = [t for t in ids if t not in found]  # What is in the list already moves.
            for place, track in zip(state.places, found, strict=False):
                ids.insert(place, track)
            state = replace(sought, act="edit", places=tuple(map(ids.index, found)), count=len(ids))
        return self._answer(words, state, ids, dropped)

    def asked(self, state: DialogueState, text: str | None, exclude: frozenset[str]) -> Request:
        """A request with what retrieval is asked in place of what was said."""
        texts = iter(self.heard)
        messages = [Turn("user", next(texts)) if t.role == "user" else t for t in self.turns]
        messages = [t for t in messages if t.content or t.role != "user"]
        messages += [Turn("user", text)] if text is not None else []
        history = self.history or (() if self.listener is None else self.listener.history)
        return Request(tuple(messages), history, exclude, dict(self.where), Guide(state, self.index))

    def _answer(
        self, words: str, state: DialogueState, ids: Iterable[str], dropped: Sequence[Gone]
    ) -> Answer:
        said, scores = clean(words), ids if isinstance(ids, dict) else {}
        tracks = tuple(played(self.index, i, state, dropped, said, scores.get(i)) for i in ids)
        answer = Answer(tracks, "", state, tuple(dropped))
        if not tracks:
            return replace(answer, sentence=" ".join([*map(missing, state.unknown), nothing_left(state)]))
        return replace(answer, sentence=self.composer.say(answer, self.state.rested))
