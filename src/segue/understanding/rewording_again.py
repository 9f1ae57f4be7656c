"""What has played and is wanted once more, in all wordings: "run it back", "one more time before bed"."""

from __future__ import annotations

from segue.understanding import acts
from segue.understanding.small_talk import behind_talk
from segue.understanding.text import last_said, said_plainly
from segue.understanding.turns import bare

_BEFORE = frozenset("previous earlier prior former before other previously".split())
_FIRST = frozenset(
    "first start started beginning began begin outset originally original opening opener opened kicked "
    "initial initially top".split()
)
_ALONE = frozenset(("again", "one more time", "once more", "encore"))
"""What may as well be a title, or ask for more of the kind."""
_PLACES = ("second", "third", "fourth", "fifth", "sixth")


def said_again(text: str) -> str:
    """A wish for what has played in plain words, "" where none is said.

    "Play it again", "play the first one again", "the cohen one again".
    """
    line = bare(said_plainly(behind_talk(text)))
    if line in _ALONE:
        return ""
    last = bare(last_said(text))
    if acts.AGAIN_IT.match(line) or (last not in _ALONE and acts.AGAIN_IT.match(last)):
        return "play it again"
    if acts.AGAIN_WHICH.match(line):
        return f"play the {_which(line.split())} again"
    such = acts.AGAIN_SUCH.match(line)
    return f"the {such['what'] or such['which'] or such['one']} one again" if such else ""


def _which(words: list[str]) -> str:
    """Which of what has played is meant."""
    said = {*words}
    if {"before", "last"} <= said and "before last" in " ".join(words).replace(" the ", " "):
        return "one before last"
    if place := next((p for p in _PLACES if p in said), ""):
        return f"{place} one"
    if said & _FIRST:
        return "first one"
    return "one before" if said & _BEFORE else "last one"
