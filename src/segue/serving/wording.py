"""Parts of sentences: what is not here, wishes and lists of words as they are said."""

import re
from collections.abc import Sequence
from functools import cache

from segue.serving.answer import in_words
from segue.understanding.state import DialogueState, Gone, Wish
from segue.understanding.themes import IN_TITLE
from segue.understanding.untold import (
    NO_BEATS,
    NO_KEYS,
    NO_LABELS,
    NO_LANGUAGES,
    NO_LENGTHS,
    NO_SWEARING,
    NO_YEAR_OF_IT,
    NO_YEARS,
)
from segue.understanding.vocabulary import concepts

_STOPS = re.compile(r"(?<!\.)\.\.(?=\s|$)")

_UNTOLD = {
    NO_LENGTHS: "How long tracks last",
    NO_YEARS: "When music is from",
    NO_YEAR_OF_IT: "The year of that one",
    NO_LANGUAGES: "In what language songs are",
    NO_BEATS: "How many beats a minute tracks have",
    NO_SWEARING: "Which tracks swear",
    NO_LABELS: "On what label music came out",
    NO_KEYS: "In what key music is,",
}
"""What the catalogue does not tell, as it is said."""
_INSTEAD = {NO_SWEARING: ": gangsta rap and the like stay out, but listen first"}


def missing(name: str) -> str:
    """That a name is not here; of a word for music, that nothing is marked as that."""
    if name in _UNTOLD:
        return f"{_UNTOLD[name]} is not known here{_INSTEAD.get(name, '')}."
    if name.endswith(IN_TITLE):
        return f"Nothing here has “{name.removesuffix(IN_TITLE)}”{IN_TITLE}."
    words = name.islower() and name.count(" ") > 2 and not name.startswith("music ")
    if name.startswith("“") or words:
        name = f"“{name.strip('“”')}”"
        return f"I find nothing called {name} here."
    said = quiet(short(name))
    several = said.endswith("s") or said.islower()  # "No firebird here."
    said = said[4:] if said[:4].casefold() == "the " and several else said
    if of_music(name):
        return f"Nothing here is marked as {said.removesuffix(' music')}."
    return f"No {said} here."


def all_missing(names: Sequence[str]) -> list[str]:
    """That names are not here, two mere ones in one sentence: "No Sun Ra and no Miles Davis here."."""
    said = [missing(name) for name in names]
    bare = [s[3:-6] for s in said if s.startswith("No ") and s.endswith(" here.")]
    marks = [s.removeprefix(_MARKED)[:-1] for s in said if s.startswith(_MARKED)]
    if len(bare) < 2 and len(marks) < 2:
        return said
    joint = [f"{_MARKED}{' or '.join(marks)}."] if marks else []
    joint += [f"No {' and no '.join(bare)} here."] if bare else []
    return [*joint, *(s for s in said if not s.startswith(("No ", _MARKED)))]


_MARKED = "Nothing here is marked as "


def of_music(name: str) -> bool:
    """Whether what is not here is a word for music, and no name."""
    return name.removesuffix(" music") in _music()


@cache
def _music() -> frozenset[str]:
    """The words for genres, moods, instruments and tempi, as they are said."""
    kinds = ("genre", "mood", "instrument", "tempo")
    return frozenset(c.name for c in concepts().values() if c.kind in kinds)


def capital(text: str) -> str:
    """A sentence that begins with a capital letter."""
    return text[:1].upper() + text[1:] if text[:1] not in "“" else text


def one_stop(text: str) -> str:
    """Sentences without a second full stop: a name that ends with one ends the sentence, too."""
    return _STOPS.sub(".", text)


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


def shared(wish: Wish, *, plainly: bool = False) -> str:
    """A wish that all tracks of a list meet, as it is said; plainly where all have its very tag."""
    if wish.kind == "artist":
        return f"by {wish.words}" if len(wish.values) == 1 else f"by {' or '.join(wish.values)}"
    if wish.kind == "year":
        return wish.words if wish.words.startswith(("before", "after", "no ")) else f"from {wish.words}"
    if wish.kind == "instrument" and plainly:
        return f"with {wish.words}"
    if wish.kind in ("mood", "genre", "instrument") and len(wish.values) > 1 and not plainly:
        return f"{wish.words} or close to it"
    if wish.kind == "voice" and wish.words != "instrumental":
        return f"with {wish.words}"
    return wish.words if wish.kind != "language" else f"in {wish.words}"


def let_go(dropped: Gone) -> str:
    """A wish that had to go, in quotes."""
    return f"“{in_words(dropped)}”"


def nothing_left(state: DialogueState) -> str:
    """That nothing is left to play, and which refusals are in the way."""
    refused = ", ".join(str(w) for w in state.refused)
    return f"{NOTHING} What stands in the way: {refused}." if refused else NOTHING


NOTHING = "Nothing is left to play for that."


def ordinal(n: int) -> str:
    """ "first", "second" ..., "21st"."""
    if n <= len(_ORDINALS):
        return _ORDINALS[n - 1]
    return f"{n}{'th' if n % 100 in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth",
)  # fmt: skip


def stands(refusals: Sequence[Wish]) -> str:
    """Which refusals are in the way of a wish, and how the first is taken back; "" where none is."""
    if not refusals:
        return ""
    names, stand = listed([let_go(w) for w in refusals]), "stands" if len(refusals) == 1 else "stand"
    first = refusals[0].words
    fine = "are fine" if first.endswith("s") else "is fine"
    return f": {names} {stand} against it, until you say “{first} {fine}”"


def listed(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
