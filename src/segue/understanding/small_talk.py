"""Small talk: greetings, thanks, praise and goodbyes, which ask a player for nothing."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

from segue.understanding.text import clauses, said_plainly

LONGEST = 14
"""Words at most of a line that is looked at."""


def _table() -> dict[str, dict[str, str | list[str]]]:
    """small_talk.toml with its classes of words in their places."""
    text = (files("segue.understanding") / "small_talk.toml").read_text("utf-8")
    for name, words in reversed(tomllib.loads(text)["CLASSES"].items()):
        text = text.replace(f"@{name}@", words)
    return tomllib.loads(text)


_TABLE = _table()
_FILL = _TABLE["CLASSES"]["FILL"]
KINDS = {kind: rf"(?:{'|'.join(parts)})" for kind, parts in _TABLE["KINDS"].items()}
"""The patterns of each kind: "greet", "thank", "praise", "leave", "wait"."""
_ALL = re.compile(rf"(?:(?:{'|'.join(KINDS.values())}|{_FILL})(?: |$))+")
_SAID = {kind: re.compile(rf"(?:^| ){pattern}(?: |$)") for kind, pattern in KINDS.items()}


def kinds(line: str) -> set[str]:
    """The kinds of small talk of which folded words are made; none where anything else is said."""
    if len(line.split()) > LONGEST or not _ALL.fullmatch(line):
        return set()
    return {kind for kind, pattern in _SAID.items() if pattern.search(line)}


def is_small(line: str, *, praised: bool) -> bool:
    """Whether folded words are nothing but small talk.

    Args:
        line: the words.
        praised: whether praise alone is it: where nothing was said before it, "beautiful song" is a wish.
    """
    found = kinds(line)
    return bool(found) and (praised or found != {"praise"})


def behind_talk(text: str) -> str:
    """A text without the clauses of small talk with which it begins: "grand. restart it please"."""
    said = clauses(text)
    while len(said) > 1 and kinds(said_plainly(said[0])):
        said.pop(0)
    return ", ".join(said)
