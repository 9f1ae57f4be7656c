"""Talk to a catalogue: what was said is understood, carried from turn to turn, and answered by tracks and a
sentence that says only what is true."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue, Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.models.recommender import Recommender, filter_mask
from segue.serving import questions
from segue.serving.answer import Answer, played
from segue.serving.listener import MODELS, Listener, unheard
from segue.serving.sentences import Composer
from segue.understanding.guide import LIKENESS, Guide, Likeness
from segue.understanding.rules import reader_of
from segue.understanding.state import NAMES, Comparison, DialogueState, Reader, Wish
from segue.understanding.text import clean, fold

SPREAD = re.compile(r"(-?\d+)\s*(?:-|–|to)\s*(-?\d+)")
DECADE = re.compile(r"(\d{3}0)s")
SAME_ARTIST = 1.5
"""How much less likely the artist that has just played is, where nobody asked for more of them."""
NOTHING = "Nothing is left to play for that."


class Conversation:
    """One dialogue with a recommender.

    Args:
        recommender: what recommends.
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
        other.__dict__ |= self.__dict__ | {
            "turns": [],
            "heard": [],
            "state": DialogueState(),
            "excluded": set(),
        }
        other.__dict__ |= {"where": {}, "last": None}
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
        reading = self.rules.take_apart(artist)
        name = next((m.name for m in reading.names if m.kind == "artist"), None)
        if name is not None and name not in self.avoided:
            wish = Wish("artist", name, "refused", (name,), turn=self.state.turn)
            kept = tuple(w for w in self.state.wishes if not w.same(wish))
            self.state = replace(self.state, wishes=(*kept, wish))
        return name

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

    def ask(self, words: str) -> Answer:
        """Say something and hear the answer; where nothing plays, what was said before is kept as it was."""
        state = self._read(words)
        if state.act == "social":
            return self._kept(words, Answer((), questions.social(clean(words)), state))
        if state.act == "question":
            return self._kept(words, Answer((), questions.reply(self.index, state, self.played), state))
        if state.rejected:
            self.refuse()
        answer = self._music(words, state)
        if not answer.tracks:
            self.last = answer
            return answer
        return self._kept(words, answer)

    def request(self, words: str | None = None) -> Request:
        """What is asked now: all that was said (and `words`) and played, what must not come back."""
        state = self.state if words is None else self._read(words)
        text = None if words is None else self._text(state)
        return self._request(state, text, frozenset(self.excluded | set(self.played)))

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

    def _read(self, words: str) -> DialogueState:
        """What an utterance makes of the state, with what it says of the listener's plays looked up."""
        state = self.reader.step(words, self.state, self.played)
        return unheard(state) if self.listener is None else self.listener.resolved(state)

    # ------------------------------------------------------------------ what plays

    def _kept(self, words: str, answer: Answer) -> Answer:
        """Keep what was said, played and answered."""
        self.turns.append(Turn("user", words))
        self.heard.append(self._text(answer.state) if answer.state.asks_music else "")
        self.turns += [Turn("music", p.track_id, liked=True) for p in answer.tracks]
        self.turns.append(Turn("assistant", answer.sentence))
        self.state, self.last = answer.state, answer
        return answer

    def _music(self, words: str, state: DialogueState) -> Answer:
        if state.act == "repeat":
            return self._answer(words, state, list(state.about), ())
        free = filter_mask(self.catalogue.tracks, self.where)
        free[self.index.rows_of(self.excluded)] = False
        fresh = free.copy()
        fresh[self.index.rows_of(self.played)] = False
        if state.act == "way":
            return self._answer(words, state, self._way(state, free), ())
        asked = any(w.kind in ("title", "track") and w.role == "required" for w in state.wishes)
        # Who names what has played before wants to hear it again.
        pool = free if asked else fresh
        state, dropped = self.index.possible(state, pool)
        ids = self._ranked(state, pool)
        return self._answer(words, state, ids, dropped)

    def _ranked(self, state: DialogueState, pool: Bools) -> list[str]:
        """The best tracks of the pool, as many as are asked for; no artist crowds a list out."""
        guide = Guide(state, self.index, self._evidence(state), pool)
        if not guide.allowed.any():
            return []
        request = replace(self._request(state, self._text(state), frozenset()), wanted=guide)
        one_artist = any(w.kind in NAMES and not w.refused for w in state.wishes)
        k = state.count if one_artist else 4 * state.count
        ids = [str(i) for i in self.recommender.recommend([request], k).ids[0] if i is not None]
        if state.count > 1 and not one_artist:
            artists = self.catalogue.tracks["artist"]
            seen = [artists[self.catalogue.rows[i]] for i in ids]
            order = sorted(range(len(ids)), key=lambda n: (seen[:n].count(seen[n]), n))
            ids = [ids[n] for n in order]
        return ids[: state.count]

    def _evidence(self, state: DialogueState) -> Floats | None:
        """What tracks say beside words: likeness to what was pointed at, unlikeness to what was refused."""
        more = np.zeros(len(self.catalogue), np.float32)
        if self.listener is not None and self.recommender.name not in MODELS:
            more += self.listener.evidence(self._request(state, None, frozenset()), state)
        like = self.index.rows_of(state.like)
        wanted = [w for w in state.wishes if not w.refused]
        if state.act == "blend" and len(state.ends) == 2:
            more += LIKENESS * self.likeness.both([self.index.rows_of(e) for e in state.ends])
            more[[r for e in state.ends for r in self.index.rows_of(e)]] -= 2 * LIKENESS
            for end in state.ends:
                more[self._same_artist(self.index.rows_of(end))] -= 2 * LIKENESS
            return more
        if not like and not wanted and self.played and state.act != "recommend":
            liked = [t.content for t in self.turns if t.role == "music" and t.liked is not False]
            like = self.index.rows_of(liked[-1:])
        if not like and not wanted and state.comparisons:
            like = self.index.rows_of(state.comparisons[0].tracks)
        if like:
            likeness = self.likeness.to(like)
            more += LIKENESS * likeness / (float(likeness.std()) or 1.0) / 2
        if state.rejected:
            more -= self.likeness.to(self.index.rows_of(state.rejected))
        if self.played and not any(w.kind in NAMES for w in wanted):
            more[self._same_artist(self.index.rows_of(self.played[-2:]))] -= SAME_ARTIST
        return more

    def _same_artist(self, rows: Sequence[int]) -> list[int]:
        """The rows of the artists of some rows."""
        artists = self.catalogue.tracks["artist"]
        names = tuple({artists[r] for r in rows if artists[r]})
        return np.flatnonzero(self.index.meets(Wish("artist", "", values=names))).tolist() if names else []

    def _way(self, state: DialogueState, free: Bools) -> list[str]:
        """The tracks of a way between two ends; of several at an end the best known."""
        free = free & self.index.allowed(state)
        ends = [[r for r in self.index.rows_of(e) if free[r]] or self.index.rows_of(e) for e in state.ends]
        start, goal = (max(rows, key=lambda r: (self.index.known[r], -r)) for rows in ends)
        artists = self.catalogue.tracks["artist"].to_list()
        rows = self.likeness.way(start, goal, state.count, free, artists)
        return [str(self.catalogue.ids[r]) for r in rows]

    def _text(self, state: DialogueState) -> str:
        """What retrieval is asked: the words where they name something new, else the wishes that hold."""
        wishes = [w for w in state.wishes if not w.refused]
        new = any(w.turn == state.turn for w in wishes) or not wishes
        if new and state.act in ("recommend", "blend") and not (state.like or state.comparisons):
            return state.said
        return " ".join(dict.fromkeys(w.words for w in wishes))

    def _request(self, state: DialogueState, text: str | None, exclude: frozenset[str]) -> Request:
        """A request with what retrieval is asked in place of what was said."""
        texts = iter(self.heard)
        messages = [Turn("user", next(texts)) if t.role == "user" else t for t in self.turns]
        messages = [t for t in messages if t.content or t.role != "user"]
        messages += [Turn("user", text)] if text is not None else []
        history = () if self.listener is None else self.listener.history
        return Request(tuple(messages), history, exclude, dict(self.where), Guide(state, self.index))

    def _answer(
        self, words: str, state: DialogueState, ids: Sequence[str], dropped: Sequence[Wish | Comparison]
    ) -> Answer:
        said = clean(words)
        tracks = tuple(played(self.index, i, state, dropped, said) for i in ids)
        answer = Answer(tracks, "", state, tuple(dropped))
        if not tracks:
            missing = f"No {', '.join(state.unknown)} here. " if state.unknown else ""
            return replace(answer, sentence=missing + self._nothing(state))
        return replace(answer, sentence=self.composer.say(answer))

    def _nothing(self, state: DialogueState) -> str:
        refused = [str(w) for w in state.refused]
        return f"{NOTHING} What stands in the way: {', '.join(refused)}." if refused else NOTHING


def parse_filter(column: str, value: str, catalogue: Catalogue) -> dict[str, Any]:
    """One filter from what was typed: `1980-1989` and `1980s` are ranges, anything else a value.

    Raises:
        SegueError: the tracks have no such column, or it cannot hold the value.
    """
    if column not in catalogue.tracks.columns:
        names = ", ".join(catalogue.tracks.columns)
        raise SegueError(f"no track column {column!r}", cure=f"columns: {names}")
    if not value:
        raise SegueError(f"no value to filter {column} by", cure=f"write `/where {column} VALUE`")
    kind = catalogue.tracks.schema[column]
    if kind.is_numeric():
        return {column: _number(column, value)}
    if kind == pl.Boolean:
        return {column: value.casefold() in ("true", "yes", "1")}
    if kind not in (pl.String, pl.List(pl.String)):
        raise SegueError(f"cannot filter by {column}, it holds {kind}", cure="choose another column")
    return {column: value}


def _number(column: str, value: str) -> Any:
    """A number, or a range of numbers."""
    if spread := SPREAD.fullmatch(value):
        return {"min": int(spread[1]), "max": int(spread[2])}
    if decade := DECADE.fullmatch(value):
        return {"min": int(decade[1]), "max": int(decade[1]) + 9}
    try:
        return float(value)
    except ValueError:
        cure = "write a number or a range, as 1980-1989"
        raise SegueError(f"{column} is a number, {value!r} is not", cure=cure) from None
