"""Words that are said without meaning a name, and words of English that are no slip of the finger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files


@cache
def common() -> frozenset[str]:
    """Words that are said without meaning a name."""
    return frozenset((files("segue.understanding") / "common.txt").read_text("utf-8").split())


@cache
def everyday() -> frozenset[str]:
    """Words of English: no slip of the finger, and a name by themselves only where something says so.

    Made of the whole words in two Apache-2.0 vocabularies: the 20,000 most frequent of MiniLM's that are
    in SmolLM2's in small letters, too, so that hardly any first or last name is among them.
    """
    return common() | english() | british()


@cache
def british() -> frozenset[str]:
    """Words of English as they are spelt in Britain: "neighbours", "favourite", "realise"."""
    found = {w.replace("or", "our") for w in english() if _OR.search(w)}
    return frozenset(found | {w.replace("iz", "is") for w in english() if _IZE.search(w)})


_OR = re.compile(r"[bhlmvpi]or(?:s|ed|ing|ite|ites|ful|able|ly)?$")
_IZE = re.compile(r"iz(?:e|es|ed|ing|ation)$")


@cache
def english() -> frozenset[str]:
    """Words of English alone."""
    return frozenset((files("segue.understanding") / "everyday.txt").read_text("utf-8").split())


def _phrases(name: str) -> frozenset[tuple[str, ...]]:
    """The phrases of a file, with commas or the ends of lines between them, as words."""
    text = (files("segue.understanding") / name).read_text("utf-8").replace("\n", ",")
    return frozenset(tuple(phrase.split()) for phrase in text.split(",") if phrase.strip())


@cache
def idioms() -> frozenset[tuple[str, ...]]:
    """Phrases in which a word of music means none: "of course", "that rocks", "in the long run"."""
    return _phrases("idioms.txt")


@cache
def talk() -> frozenset[tuple[str, ...]]:
    """What is said between requests, and that is no title unless it is asked for: "thank you", "can I"."""
    return _phrases("talk.txt")


@cache
def nicknames() -> tuple[tuple[str, str], ...]:
    """What artists and works are called besides, each with the name: ("biggie", "The Notorious B.I.G.")."""
    lines = (files("segue.understanding") / "nicknames.txt").read_text("utf-8").splitlines()
    told = (line.split(": ", 1) for line in lines)
    return tuple((nick.strip(), name) for name, nicks in told for nick in nicks.split(","))


@cache
def famous() -> tuple[str, ...]:
    """Well-known artists, whether a catalogue has them or not."""
    return _listed("famous.txt")


@cache
def famous_titles() -> tuple[str, ...]:
    """Well-known titles of several words."""
    return _listed("famous_titles.txt")


def _listed(name: str) -> tuple[str, ...]:
    text = (files("segue.understanding") / name).read_text("utf-8").replace("\n", ",")
    return tuple(part.strip() for part in text.split(",") if part.strip())


@cache
def given() -> frozenset[str]:
    """First names of people, before which a last name is a part of another name."""
    return frozenset((files("segue.understanding") / "given.txt").read_text("utf-8").split())


@cache
def proper() -> frozenset[str]:
    """Names of people and places that look like a slip of a word of music and are none: bach (beach)."""
    return frozenset((files("segue.understanding") / "proper.txt").read_text("utf-8").split())


def is_everyday(words: Sequence[str]) -> bool:
    """Whether a name, without its "the", is one word of everyday."""
    bare = words[1:] if words[0] == "the" else words
    return len(bare) == 1 and bare[0] in everyday()
