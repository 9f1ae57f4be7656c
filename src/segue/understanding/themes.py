"""What songs are to be about, as far as titles tell: "something about trains", "with moon in the title"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from segue.understanding import context, facts
from segue.understanding.not_words import NOT
from segue.understanding.parser import Parser
from segue.understanding.polarity import starts
from segue.understanding.reading import Reading
from segue.understanding.state import Role, Wish
from segue.understanding.text import Token

IN_TITLE = " in the title"
"""Ends the words of a wish for a title with a word in it."""
_SONGS = (
    r"(?:songs?|tracks?|tunes?|numbers?|music|lyrics|something|anything|nothing|sth|smth|smt|stuff|ones?"
    r"|another|more|any|some)"
)
ABOUT = re.compile(
    rf"\b{_SONGS}(?: (?:all|thats|that is|which is|is|that are|sung|singing|talking|written))?"
    r" about (?P<what>.+)"
)
INSIDE = re.compile(
    r"\b(?:with|has|have|having|containing|contains?|where) (?:the )?(?:words? )?(?P<what>\w+(?: \w+){0,2}?)"
    r" (?:is )?in (?:the|its|their|his|her) (?:titles?|names?)\b"
)
_LEADS = frozenset("a an the some my your his her our their being having going getting word".split())
_ENDS = context.AFTER | frozenset(
    "in on with and or but that which who when where to as at if though too tho here there lol".split()
)
_VAGUE = (
    (context.NEVER - {"home", "life", "love", "yesterday", "today", "music"})
    | context.POINTS
    | frozenset(
        "he she they we i what who whatever anything nothing things thing stuff people someone somebody "
        "half as right so all how it time".split()
    )
)
"""Words of no theme: "something about it", "how about now"."""
PLACES = frozenset(
    ("new york, los angeles, london, paris, berlin, chicago, detroit, nashville, tokyo, rome, vienna, "
     "memphis, seattle, california, texas, new orleans, hollywood, brooklyn, harlem, liverpool").split(", ")
)  # fmt: skip
"""Places that songs are of: "no New York songs" is said of titles, and of no country."""


class Themes(Parser):
    """Makes wishes of what songs are to be about."""

    def themes(self, reading: Reading, turn: int) -> list[Wish]:
        """The wish for a word in titles; where none has it, the word is put among the unknown."""
        found = self._of_place(reading) or _theme(reading)
        if not found:
            return []
        start, end = found
        words = [t.word for t in reading.said[start:end]]
        role: Role = "refused" if start in reading.refused else "required"
        ids = self._titled_with(words)
        told = f"{' '.join(words)}{IN_TITLE}"
        if ids or role == "refused":
            return [Wish("words", told, role, ids, turn=turn)] if ids else []
        if len(words) == 1:
            reading.unknown.append(told)
        return []

    def _titled_with(self, words: Sequence[str]) -> tuple[str, ...]:
        """The ids of the tracks that have words, in the singular or the plural, in their titles."""
        titles = self.catalogue.tracks["title"].fill_null("").str.to_lowercase()
        mask = pl.repeat(True, len(titles), eager=True)
        for word in words:
            stem = word.removesuffix("s") if len(word) > 3 else word
            mask &= titles.str.contains(rf"\b{re.escape(stem)}s?\b")
        return tuple(str(self.catalogue.ids[row]) for row in mask.arg_true())

    @staticmethod
    def _of_place(reading: Reading) -> tuple[int, int] | None:
        """Where a place stands that songs are about, or whose songs are refused: it is then no country."""
        for fact in [f for f in reading.facts if f.concept.kind == "country"]:
            words = " ".join(t.word for t in reading.said[fact.start : fact.end])
            ahead = reading.said[fact.end : fact.end + 1]
            refused = fact.start in reading.refused and ahead and ahead[0].word in facts.MUSIC
            about = fact.start > 0 and reading.said[fact.start - 1].word == "about"
            if words in PLACES and (refused or about):
                reading.facts = [f for f in reading.facts if f != fact]
                return fact.start, fact.end
        return None


def _theme(reading: Reading) -> tuple[int, int] | None:
    """Where the words for what songs are about stand; None where none are said, or other words say it."""
    match = INSIDE.search(reading.line) or ABOUT.search(reading.line)
    if not match or reading.foreign:
        return None
    start = reading.line.count(" ", 0, match.start("what"))
    last = start + (match["what"].count(" ") + 1 if match.re is INSIDE else len(reading.said))
    said = reading.said[:last]
    while start < len(said) and said[start].word in _LEADS:
        start += 1
    end = start
    while end < len(said) and not _ended(said, start, end):
        end += 1
    if match.re is INSIDE:
        # "Songs with blue in the title" are not sad.
        reading.facts = [f for f in reading.facts if not start <= f.start < end]
    words = {t.word for t in said[start:end]}
    plain = 1 <= end - start <= 3 and not words & _VAGUE
    return (start, end) if plain and not reading.taken() & set(range(start, end)) else None


def _ended(said: Sequence[Token], start: int, place: int) -> bool:
    """Whether the words of a theme have ended before a place."""
    begins = said[place].begins and place > start
    return begins or said[place].word in _ENDS or bool(starts([t.word for t in said], place, NOT))
