"""Well-known artists and titles that are not here: "Neil Diamond" is no slip of Neil Young."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from segue.understanding import context
from segue.understanding.everyday import everyday, famous, famous_titles, given, talk
from segue.understanding.names import LONGEST, Names
from segue.understanding.text import Token, fold, key, tokens

_OWN = ("'s", "’s")
_ASKS_WHOM = context.ASKS_WHOM | {"many"}
_SONGS = frozenset("song songs track tracks music hits".split())
_LEADS = context.ASKS | context.OPENERS | {"the", "that"}
"""Words between the beginning of a clause and a title."""


@cache
def _artists() -> Mapping[str, list[tuple[str, ...]]]:
    """The names of well-known artists as words, without the "the" of several, by the first of them."""
    names = (tuple(t.word for t in tokens(name)) for name in famous())
    return _by_first(words[1:] if words[0] == "the" and len(words) > 2 else words for words in names)


@cache
def _titles() -> Mapping[str, list[tuple[str, ...]]]:
    """Well-known titles as words, with "-ing" for "-in'", too, by the first of them."""
    spelt = (title for name in famous_titles() for title in {name, name.replace("in'", "ing")})
    return _by_first(tuple(t.word for t in tokens(title)) for title in spelt)


def _by_first(names: Iterable[tuple[str, ...]]) -> Mapping[str, list[tuple[str, ...]]]:
    found = defaultdict[str, list[tuple[str, ...]]](list)
    for words in sorted(names, key=len, reverse=True):
        found[words[0]].append(words)
    return found


class Stranger(NamedTuple):
    """Tokens [start, end) that name an artist, or a title, who or which is not here."""

    start: int
    end: int


def strangers(
    names: Names, said: Sequence[Token], vocabulary: Collection[tuple[str, ...]] = ()
) -> list[Stranger]:
    """Where well-known artists and titles are named of which nothing is in the catalogue.

    A name of everyday words ("girls aloud") is one where only a name stands, or where nothing else is said.
    A name of one word that stands in a phrase of the vocabulary is none: "psy trance".
    """
    found: list[Stranger] = []
    for start in range(len(said)):
        if found and start < found[-1].end:
            continue
        behind = bool(found) and start == found[-1].end  # "Hozier - Take Me to Church".
        ends = _ends(_titles(), said, start)
        titled = next((e for e in ends if _whole(said, start, e) or (behind and context.ends(said, e))), 0)
        if titled and not _titled_here(names, said, start, titled):
            found.append(Stranger(start, titled))
            continue
        end = next((e for e in _ends(_artists(), said, start) if _meant(said, start, e)), 0)
        first = start + (said[start].word == "the")
        if end - first == 1 and _in_longer([t.word for t in said], first, vocabulary):
            continue
        if end and not titled and not _here(names, said, first, end):
            found.append(Stranger(first, end))
    return found


def _in_longer(words: Sequence[str], place: int, vocabulary: Collection[tuple[str, ...]]) -> bool:
    """Whether a word stands in a phrase of two words."""
    pairs = ((words[i - 1], words[i]) for i in (place, place + 1) if 0 < i < len(words))
    return any(pair in vocabulary for pair in pairs)


def _ends(known: Mapping[str, list[tuple[str, ...]]], said: Sequence[Token], start: int) -> list[int]:
    """Where the names end that begin with a token, the longest first."""
    found = []
    for name in known.get(_own(said[start]), known.get(said[start].word, [])):
        end = start + len(name)
        here = [t.word for t in said[start : end - 1]] if end <= len(said) else []
        # "T. Rex": the full stop of one letter ends nothing.
        inside = range(start + 1, min(end, len(said)))
        parted = any(said[i].begins and len(said[i - 1].word) > 1 for i in inside)
        if end <= len(said) and not parted and here == [*name[:-1]]:
            found += [end] if name[-1] in (said[end - 1].word, _own(said[end - 1])) else []
    return found


def _own(token: Token) -> str:
    """The word of a token without an s of its own: "Shakira's"."""
    return token.word[:-1] if token.written.casefold().endswith(_OWN) else token.word


def _whole(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether tokens that are a well-known title are asked for, or written as one is."""
    first = start
    while first and not said[first].begins and said[first - 1].word in _LEADS:
        first -= 1
    led = first == 0 or said[first].begins or context.asked(said, start)
    return context.named_large(said, start, end) or (led and context.ends(said, end))


def _meant(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether tokens that are a well-known name are said as one."""
    words = [t.word for t in said[start:end]]
    if context.speaks(said, end):
        return False  # "Adele says it is too loud."
    if len(words) == 1 and start and said[start - 1].word in ("a", "an", "my", "your"):
        return False  # "A muse for my writing."
    person = len(words) > 1 and words[0] in given()
    if person or not all(w in everyday() | {"the"} for w in words):
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
    return any(k in names.artist or k in names.title for k in _around(said, start, end))


def _titled_here(names: Names, said: Sequence[Token], start: int, end: int) -> bool:
    """Whether a title is one of the catalogue, in full or in part, or some other name is there."""
    words = [t.word for t in said[start:end]]
    whole = names.title_key(words)
    if whole in names.title or whole in names.albums or names.with_part(key(" ".join(words))):
        return True
    return any(k in names.artist or k in names.title for k in _around(said, start, end))


def _around(said: Sequence[Token], start: int, end: int) -> list[str]:
    """The keys of tokens, and of them with those beside them."""
    return [
        key(" ".join([*(t.word for t in said[first : last - 1]), _own(said[last - 1])]))
        for first in range(max(0, start - 4), start + 1)
        for last in range(end, min(len(said), end + 4, first + LONGEST) + 1)
    ]
