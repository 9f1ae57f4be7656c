"""Adjectives of a genre that stand alone before music ask for it: "jazzy songs", "electric r&b"."""

from __future__ import annotations

from collections.abc import Sequence

from segue.understanding.facts import Fact, Phrases
from segue.understanding.text import Token
from segue.understanding.vocabulary import BANDS

_GENRES = {"jazzy": "jazz", "bluesy": "blues", "folky": "folk", "punky": "punk", "poppy": "pop"}
_BESIDE = frozenset("and or but too more less very bit little slightly kinda not".split())


def leaning(said: Sequence[Token], facts: Sequence[Fact], phrases: Phrases) -> list[Fact]:
    """The facts with a genre for its adjective where no other mood or genre stands beside it.

    "Slow bluesy songs" are slow and bluesy, "jazzy hip hop" is hip hop: there it says how they sound.
    """
    place = {i: f for f in facts for i in range(f.start, f.end)}
    found = []
    for fact in facts:
        genre = phrases.get((_GENRES.get(said[fact.start].word, ""),)) if fact.end - fact.start == 1 else None
        before = said[fact.start - 1].word if fact.start and not said[fact.start].begins else ""
        ahead = said[fact.end].word if fact.end < len(said) and not said[fact.end].begins else ""
        beside = {f.concept.kind for i in (fact.start - 1, fact.end) if (f := place.get(i))}
        alone = ahead in BANDS and before not in _BESIDE and not beside & {"mood", "tempo", "genre"}
        found.append(fact._replace(concept=genre) if genre and alone else fact)
    electronic = phrases[("electronic",)]
    found += [Fact(i, i + 1, electronic) for i, t in enumerate(said) if _electric(said, i, place)]
    return found


def _electric(said: Sequence[Token], start: int, place: dict[int, Fact]) -> bool:
    """Whether a word is "electric" before a genre, or before a word for music and how it sounds."""
    if said[start].word != "electric" or start in place:
        return False
    for i in range(start + 1, min(start + 3, len(said))):
        kind = place[i].concept.kind if i in place else ""
        if said[i].begins or kind == "genre" or said[i].word in BANDS:
            return not said[i].begins
        if kind not in ("mood", "tempo"):
            return False
    return False
