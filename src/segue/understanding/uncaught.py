"""What asks for anything, and what nobody can make a wish of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.everyday import common
from segue.understanding.reading import Reading
from segue.understanding.state import DialogueState, Wish
from segue.understanding.turns import ASKING, is_chat

_NUMBERS = frozenset(acts.COUNT_WORDS)
_FILL = frozenset(
    "shall dj idk smth sth tbh btw hmm uh er eh umm idc dunno smh folder library collection artists "
    "properly bored boring rn".split()
)
"""Words that tell nothing of what is wished."""
_REQUESTS = ASKING | frozenset(
    (
        "a an the to on of in at me us you your i im id we it is s can could would will do does please "
        "pls anything any one ones more just now then ok okay yes yeah well so and but or good great nice "
        "best cool lovely beautiful decent fine random new different put give gimme show make pick choose "
        "get songs tracks tunes stuff thing things let lets go start begin up out try recommend suggest "
        "shall should what dont whatever first dj turn idk smth bored boring rn m"
    ).split()
)
"""Words of which "play something nice" is made."""


_DRAWN = re.compile(r"(.)\1\1")
"""A word that is drawn out: "heyyy"."""


def telling(line: str) -> list[str]:
    """The words of a line that would tell what is wished, if they were understood."""
    idle = common() | ASKING | _NUMBERS | _FILL
    return [w for w in line.split() if w not in idle and len(w) > 1 and not _DRAWN.search(w)]


def caught(state: DialogueState, reading: Reading, new: list[Wish]) -> DialogueState:
    """The state, marked where an utterance names nothing, or nothing that was understood.

    What names nothing asks for anything, and no title is sought by its words; of what was not understood
    that is told, and what suits the talk so far plays.
    """
    plain = state.act in ("recommend", "more", "refuse") and not (
        state.comparisons or state.like or state.listening
    )
    told = state.unknown or state.parts or state.lasting or state.lifted
    told = told or any(w.turn == state.turn for w in state.wishes)
    if not plain or not reading.lone or new or told or acts.MORE.search(reading.line):
        return state
    if acts.SONG_ABOUT.search(reading.line):
        return state
    if state.act == "refuse" or acts.REFUSE.match(reading.line):
        return replace(state, vague="anything")  # "I'm bored", before anything has played.
    lifts = any(p.search(reading.line) for p in acts.LIFT.values())
    if lifts and state.act == "more":
        return replace(state, act="recommend", vague="anything")  # "Surprise me" is no more of the same.
    if {*reading.line.split()} <= _REQUESTS or lifts:
        return replace(state, vague="anything")
    if not telling(reading.line):
        return state
    return replace(state, vague="lost" if is_chat(reading) else "unread")


_OF_A_LIST = frozenset(
    "it its it's them they those these list order item items track tracks song songs one ones number place "
    "trim sort arrange drop swap move shift remain remains left end start middle opener closer same way path "
    "route trip steps stops stages".split()
)
"""Words of what may be said of a list."""


def left_alone(state: DialogueState, shown: Sequence[str], line: str) -> DialogueState:
    """The list as it is, where what is said of it was not understood: nothing else plays."""
    words = {*line.split()}
    spoken = bool(words & (_OF_A_LIST | _NUMBERS)) or any(w.isdigit() for w in words)
    if (
        len(shown) < 2
        or state.count not in (1, len(shown))
        or not (state.vague == "lost" or (state.vague == "unread" and spoken))
    ):
        return state
    kept = tuple(shown)
    return replace(state, act="edit", about=kept, places=(), count=len(kept), listed=kept, rejected=())
