"""Well-known artists who are not here: "Neil Diamond" is no slip of Neil Young."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from segue.understanding import context
from segue.understanding.everyday import everyday, famous, given, talk
from segue.understanding.names import LONGEST, Names
from segue.understanding.text import Token, fold, key, tokens

_OWN = ("'s", "’s")
_ASKS_WHOM = context.ASKS_WHOM | {"many"}
_SONGS = frozenset("song songs track tracks music hits".split())


@cache
def _known() -> Mapping[str, list[tuple[str, ...]]]:
    """The names of the well-known as words, without the "the" of several, by the first of them."""
    found = defaultdict[str, list[tuple[str, ...]]](list)
    for name in famous():
        words = tuple(t.word for t in tokens(name))
        words = words[1:] if words[0] == "the" and len(words) > 2 else words
        found[words[0]].append(words)
    return {first: sorted(names, key=len, reverse=True) for first, names in found.items()}


def strangers(names: Names, said: Sequence[Token]) -> list[tuple[int, int]]:
    """Where well-known artists are named who have nothing in the catalogue.

    A name of everyday words ("girls aloud") is one where only a name stands, or where nothing else is said.
    """
    found: list[tuple[int, int]] = []
    for start in range(len(said)):
        if found and start < found[-1][1]:
            continue
        end = next((e for e in _ends(said, start) if _meant(said, start, e)), 0)
        first = start + (said[start].word == "the")
        if end and not _here(names, said, first, end):
            found.append((first, end))
    return found


def _ends(said: Sequence[Token], start: int) -> list[int]:
    """Where the names end that begin with a token, the longest first."""
    found = []
    for name in _known().get(_own(said[start]), _known().get(said[start].word, [])):
        end = start + len(name)
        here = [t.word for t in said[start : end - 1]] if end <= len(said) else []
        # "T. Rex": the full stop of one letter ends nothing.
        parted = any(
            said[i].begins and len(said[i - 1].word) > 1 for i in range(start + 1, min(end, len(said)))
        )
        if end <= len(said) and not parted and here == [*name[:-1]]:
            found += [end] if name[-1] in (said[end - 1].word, _own(said[end - 1])) else []
    return found


def _own(token: Token) -> str:
    """The word of a token without an s of its own: "Shakira's"."""
    return token.word[:-1] if token.written.casefold().endswith(_OWN) else token.word


def _meant(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether tokens that are a well-known name are said as one."""
    words = [t.word for t in said[start:end]]
    if context.speaks(said, end):
        return False  # "Adele says it is too loud."
    person = len(words) > 1 and words[0] in given()
    if person or (not all(w in everyday() for w in words) and words[0] != "the"):
        return True
    large = [t.written[:1].isupper() for t in said[start:end]]
    mixed = len(words) > 1 and all(large) and any(t.written[:1].islower() for t in said)
    if mixed or context.said_as(said, start + (words[0] == "the"), end) == 2:
        return True
    front = start - (start > 0 and said[start - 1].word == "the")
    asked = front == 0 or context.asked(said, front) or said[front - 1].word in _ASKS_WHOM
    ends = context.ends(said, end) or said[end].word in _SONGS
    return asked and ends and tuple(words) not in talk()


def _here(names: Names, said: Sequence[Token], start: int, end: int) -> bool:
    """Whether tokens, or they with those beside them, are a name of the catalogue."""
    words = [*(t.word for t in said[start : end - 1]), _own(said[end - 1])]
    lone = key(" ".join(words))
    longer = names.index.artists.starting(lone)
    if any(fold(names.artist.get(k, "")).split()[: len(words)] == words for k in longer):
        return True  # "Elvis Costello" is here with The Attractions.
    if lone in names.alias or lone in names.albums:
        return True
    spans = (
        (first, last)
        for first in range(max(0, start - 4), start + 1)
        for last in range(end, min(len(said), end + 4, first + LONGEST) + 1)
    )
    keys = (key(" ".join([*(t.word for t in said[a : b - 1]), _own(said[b - 1])])) for a, b in spans)
    return any(k in names.artist or k in names.title for k in keys)
