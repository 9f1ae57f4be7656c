"""What frames an utterance and says nothing of music: "um bro, X", "X if you'd be so kind, my dear".

A frame goes wherever anything else is said, unless it is part of a name: "Hey Ya" keeps its "hey".
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from importlib.resources import files

from segue.understanding import small_talk
from segue.understanding.text import said_plainly

_TABLE: dict[str, dict[str, list[str]]] = tomllib.loads(
    (files("segue.understanding") / "framing.toml").read_text("utf-8")
)
_OPENING, _CLOSING = _TABLE["OPENING"], _TABLE["CLOSING"]
_ANY, _PRAISE, _ASKS = ("|".join(_OPENING[name]) for name in ("any", "praise", "asks"))
_WHOM, _POLITE, _THANKS = ("|".join(_CLOSING[name]) for name in ("whom", "polite", "thanks"))
_MARKS = r"[\s,.!?…:;–—-]"
_BEFORE = re.compile(
    rf"{_MARKS}*(?:(?:{_ANY}){_MARKS}+(?=\w)|(?:{_PRAISE}){_MARKS}+(?=(?:{_ASKS})\b))", re.IGNORECASE
)
_AFTER = re.compile(
    rf"(?<=\w)(?P<mark>{_MARKS}*)\s(?:(?P<whom>{_WHOM})|{_POLITE}|(?P<thanks>{_THANKS}))(?={_MARKS}*$)",
    re.IGNORECASE,
)
_ASKED = re.compile(rf"{_MARKS}*(?:{_ASKS}|play|from|something|five|\w+ then$|.* instead$)\b", re.IGNORECASE)
_ALONE = re.compile(rf"{_MARKS}*(?:{_ANY}|{_WHOM}){_MARKS}*", re.IGNORECASE)
_LONGEST = 6
"""Words of a name that are looked at beside a frame."""


def unframed(text: str, named: Callable[[str], bool]) -> str:
    """A text without its frames; the text itself where it is nothing else, or small talk.

    Args:
        text: an utterance.
        named: whether folded words are a name of the catalogue.
    """
    if text.isupper() and " " in text.strip():
        text = text.lower()  # Capitals mark no names where all are large.
    if small_talk.kinds(said_plainly(text)):
        return text
    while shorter := _opened(text, named) or _closed(text, named):
        text = shorter
    return text


def _opened(text: str, named: Callable[[str], bool]) -> str:
    """A text without the frame before it; empty where it has none."""
    match = _BEFORE.match(text)
    if not match or _ALONE.fullmatch(rest := text[match.end() :]):
        return ""
    frame, words = said_plainly(match[0]), said_plainly(rest).split()
    if not words or (named(frame) and (words[0] in _OPENING["not before"] or named(" ".join(words)))):
        return ""
    begun = any(named(" ".join((frame, *words[:n]))) for n in range(1, min(len(words), _LONGEST) + 1))
    return "" if begun else rest


def _closed(text: str, named: Callable[[str], bool]) -> str:
    """A text without the frame behind it; empty where it has none."""
    match = _AFTER.search(text)
    if not match or _ALONE.fullmatch(rest := text[: match.start()]):
        return ""
    frame, words = said_plainly(match[0]), said_plainly(rest).split()
    belongs = _CLOSING["not behind whom" if match["whom"] else "not behind polite"]
    if not words or words[-1] in belongs or (match["thanks"] and not _ASKED.match(rest)):
        return ""
    ended = any(named(" ".join((*words[-n:], frame))) for n in range(1, min(len(words), _LONGEST) + 1))
    return "" if ended else rest + match["mark"].strip(" ,:;–—-")
