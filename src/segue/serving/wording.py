"""Parts of sentences: what is not here, wishes and lists of words as they are said."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from segue.serving.answer import in_words
from segue.understanding.state import Comparison, Wish
from segue.understanding.vocabulary import concepts
from segue.understanding.wishes import NO_LENGTHS


def missing(name: str) -> str:
    """That a name is not here; of a word for music, that nothing is marked as that."""
    if name == NO_LENGTHS:
        return "How long tracks last is not known here."
    said = quiet(short(name))
    if name.removesuffix(" music") in _music():
        return f"Nothing here is marked as {said.removesuffix(' music')}."
    return f"No {said} here."


@cache
def _music() -> frozenset[str]:
    """The words for genres, moods, instruments and tempi, as they are said."""
    kinds = ("genre", "mood", "instrument", "tempo")
    return frozenset(c.name for c in concepts().values() if c.kind in kinds)


def capital(text: str) -> str:
    """A sentence that begins with a capital letter."""
    return text[:1].upper() + text[1:] if text[:1] not in "“" else text


def short(name: str) -> str:
    """A name that is not here, at most its first 60 characters."""
    return name if len(name) <= 60 else name[:60] + "…"


def quiet(name: str) -> str:
    """A name in one line."""
    return " ".join(name.split())


def tempo(tag: str) -> str:
    """A tag of tempo before a noun: "slow", "medium-tempo"."""
    word = tag.casefold().removesuffix(" tempo")
    return f"{word}-tempo" if word in ("medium", "moderate", "mid") else word


def shared(wish: Wish) -> str:
    """A wish that all tracks of a list meet, as it can be said of them."""
    if wish.kind == "artist":
        return f"by {wish.words}" if len(wish.values) == 1 else f"by {' or '.join(wish.values)}"
    if wish.kind == "year":
        return wish.words if wish.words.startswith(("before", "after", "no ")) else f"from {wish.words}"
    if wish.kind in ("mood", "genre", "instrument") and len(wish.values) > 1:
        return f"{wish.words} or close to it"
    return wish.words if wish.kind != "language" else f"in {wish.words}"


def let_go(dropped: Wish | Comparison) -> str:
    """A wish that had to go, in quotes."""
    return f"“{in_words(dropped)}”"


def listed(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
