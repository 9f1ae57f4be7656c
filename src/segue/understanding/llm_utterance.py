"""A language model's answer as an utterance that the built-in reader has taken apart, names linked."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from segue.understanding import lengths
from segue.understanding.facts import Fact
from segue.understanding.llm_answer import Said, SaidWish, UnusableError
from segue.understanding.reading import Reading
from segue.understanding.rules import Rules
from segue.understanding.spelling import Mention
from segue.understanding.state import NAMES, Kind, Wish
from segue.understanding.text import Token, clean, key, tokens
from segue.understanding.vocabulary import Concept, split

WRITTEN = 72.0
"""Likeness, of 100, from which a name counts as one that the listener wrote."""
QUESTIONS = {
    "who": "who is this", "writer": "who wrote it", "title": "whats playing", "year": "what year",
    "album": "what album", "genre": "what genre", "mood": "what mood is this", "tempo": "how fast",
    "instruments": "what instruments", "why": "why this", "language": "what language",
    "voice": "is it instrumental", "how many": "how many", "previous": "what have you played",
}  # fmt: skip
LIFTS = {"everything": "forget everything", "last": "scratch that"}


class Utterance:
    """One answer on its way to a `Reading`: an utterance in words that the built-in reader surely knows."""

    def __init__(self, rules: Rules, said: Said, typed: Sequence[Token]) -> None:
        self.rules, self.answer, self.typed = rules, said, typed
        self.made = Reading([], "")
        self.line: list[str] = []
        self.things = [self._thing(w) for w in said.wishes if w.role != "taken back"]

    def reading(self) -> Reading:
        """The utterance taken apart.

        Raises:
            UnusableError: a value outside the vocabulary, a name that nobody wrote.
        """
        said, made = self.answer, self.made
        self._begin()
        names = [t for t in self.things if t[0].kind in NAMES]
        facts = [t for t in self.things if t[0].kind not in NAMES]
        if said.act in ("way", "blend") and len(self.things) > 1:
            first, second, *facts = [*names, *facts]
            opens, middle = ("from", "to") if said.act == "way" else ("between", "and")
            for word, thing in ((opens, first), (middle, second)):
                self._say(word)
                self._put(*thing)
            self._say(f"in {said.count if said.count > 1 else 5} songs" if said.act == "way" else "")
        else:
            self._say(
                "than" if said.than_named and names else "like" if said.like == "named" and names else ""
            )
            for thing in names:
                self._put(*thing)
        # Years first, as the built-in reader; what is hoped for last: a "maybe" reaches further than a word.
        for thing in sorted(facts, key=lambda t: (t[0].role == "preferred", t[0].kind != "year")):
            self._put(*thing)
        self._say("" if made.said else "music")
        made.line = " ".join(w for w in self.line if w)
        return made

    def _begin(self) -> None:
        """What the utterance does, in words."""
        said, lone = self.answer, not self.things
        self._say("nope" if said.act == "refuse" else "")
        self._say({"adds": "and", "anew": "now"}.get(said.manner, ""))
        if said.act == "question":
            self._say(QUESTIONS.get(said.asked, "who is this"))
            self._say("" if said.track == "last" else said.track)
        elif said.act == "repeat" and lone:
            self._say("play it again" if said.track == "last" else f"play the {said.track} one again")
        elif lone and said.act in ("more", "social", "blend"):
            self._say({"more": "more", "social": "thanks", "blend": "a mix of these"}[said.act])
            self._say("like that" if said.act == "more" and said.like == "played" else "")
        self._say(f"{said.count} songs" if said.count > 1 and said.act != "way" else "")
        self._say(f"{said.artist} artist" if said.artist else "")
        self._say("same year" if said.same_year else "")
        for lift in said.lifts:
            self._say(LIFTS.get(lift, f"any {lift}"))
        for dimension in said.compared:
            self._say(dimension)

    def taken_back(self) -> list[Wish]:
        """The wishes that the listener takes back."""
        found = []
        for wish in self.answer.wishes:
            if wish.role == "taken back":
                _, what, _ = self._thing(wish)
                if isinstance(what, Fact):
                    found.append(Wish(what.concept.kind, "", "required", what.concept.values, what.years))
                elif isinstance(what, Mention):
                    found.append(Wish(what.kind, "", "required", what.values))
        return found

    def wanted_words(self) -> str:
        """What is wanted, in words, for retrieval."""
        return " ".join(text for wish, _, text in self.things if wish.role != "refused")

    # ------------------------------------------------------------------ pieces

    def _say(self, phrase: str) -> None:
        self.made.said += tokens(phrase)
        self.line += phrase.split()

    def _put(self, wish: SaidWish, what: Fact | Mention | None, text: str) -> None:
        """A wish behind what is said already."""
        made = self.made
        if wish.role == "preferred":
            made.said += tokens("maybe")
        start = len(made.said)
        if what is None:
            made.said += tokens(text)
            if wish.role != "refused" and text not in made.unknown:
                made.unknown.append(text)
            return
        made.said.append(Token("_", text, False))
        self.line.append("_")
        if isinstance(what, Fact):
            made.facts.append(what._replace(start=start, end=start + 1))
        else:
            made.names.append(what._replace(start=start, end=start + 1))
        if wish.role == "refused":
            made.refused.add(start)

    def _thing(self, wish: SaidWish) -> tuple[SaidWish, Fact | Mention | None, str]:
        """A wish, what it means for the catalogue (None: a name that is not here), and its words."""
        if wish.kind == "year":
            return _of_years(wish)
        if wish.kind == "length":
            return _of_seconds(wish)
        if not wish.values:
            raise UnusableError("its answer has a wish without a value")
        if wish.kind in ("artist", "title", "album"):
            written = self._written(wish.values[0])
            found = self._link(wish.values[0], wish.kind) or self._link(written, wish.kind)
            return wish, found, found.name if found else written
        meant = [self._concept(value) for value in wish.values]
        concept = meant[0]
        if len(meant) > 1:
            values = tuple(dict.fromkeys(v for c in meant for v in c.values))
            concept = Concept(concept.kind, " or ".join(c.name for c in meant), values)
        return wish.model_copy(update={"kind": concept.kind}), Fact(0, 0, concept), concept.name

    def _concept(self, value: str) -> Concept:
        found = self.rules.phrases.get(tuple(split(value)))
        if found is None:
            raise UnusableError("its answer has a value that is not in the vocabulary")
        return found

    def _written(self, name: str) -> str:
        """The words of the listener that are this name; what nobody wrote is no wish of theirs."""
        said, goal = self.typed, key(clean(name))
        initials = "".join(t.word[0] for t in tokens(name))
        longest = min(len(said), len(tokens(name)) + 2)
        best, place = 0.0, (0, 0)
        for start in range(len(said)):
            for end in range(start + 1, min(len(said), start + longest) + 1):
                k = key(" ".join(t.word for t in said[start:end]))
                score = 100.0 if len(k) > 2 and k == initials else fuzz.ratio(goal, k)
                if score > best:
                    best, place = score, (start, end)
        if not goal or best < WRITTEN:
            raise UnusableError("its answer has a name that you did not write")
        return " ".join(dict.fromkeys(t.written for t in said[slice(*place)]))

    def _link(self, name: str, kind: Kind) -> Mention | None:
        """The catalogue's name that is meant, by the built-in reader's linker."""
        names, k = self.rules.names, key(clean(name))
        for tried in dict.fromkeys((kind, *NAMES)):
            if tried == "title" and k in names.title:
                return Mention(0, 0, tried, names.written("title", k), names.tracks_of(k))
            whole = names.artist.get(k) or names.artist.get(names.alias.get(k, ""))
            if tried != "artist":
                whole = names.written("album", k) if tried == "album" and k in names.albums else None
            if whole:
                return Mention(0, 0, tried, whole, (whole,))
        said = tokens(clean(name))
        near = names.near(said, 0, len(said), (kind,)) if said else None
        return near[1] if near else None


def _of_seconds(wish: SaidWish) -> tuple[SaidWish, Fact, str]:
    """A length as the built-in reader names it."""
    seconds = wish.first, wish.last
    if seconds == (None, None):
        raise UnusableError("its answer has a wish for no length")
    words = lengths.said(seconds)
    return wish, Fact(0, 0, Concept("length", words, ()), seconds), words


def _of_years(wish: SaidWish) -> tuple[SaidWish, Fact, str]:
    """Years as the built-in reader names them; to refuse an open end is to require the other."""
    first, last = wish.first, wish.last
    if first is None and last is None:
        raise UnusableError("its answer has a wish for no year")
    if first is not None and last is not None and first > last:
        raise UnusableError("its answer has years that end before they begin")
    if wish.role == "refused" and (first is None or last is None):
        first, last = (last + 1, None) if last is not None else (None, (first or 1) - 1)
        wish = wish.model_copy(update={"role": "required"})
    if first is None:
        words = f"before {(last or 0) + 1}"
    elif last is None:
        words = f"{first} or later"
    elif first == last:
        words = str(first)
    else:
        words = f"the {first}s" if first % 10 == 0 and last == first + 9 else f"{first}–{last}"
    return wish, Fact(0, 0, Concept("year", words, ()), (first, last)), words
