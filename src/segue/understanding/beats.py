"""How fast a track shall be, as it is said in beats a minute: "around 120 bpm", "170+ bpm"."""

from __future__ import annotations

import re
from typing import NamedTuple

Beats = tuple[int | None, int | None]
"""The fewest and the most beats a minute; None leaves an end open."""
NEAR = 0.06
"""Share by which a tempo may differ from one that is named."""
SLOW, FAST = 95, 125
"""Where tracks are told slow and fast by tags alone, these are taken as their bounds."""
_NUMBER = r"[4-9]\d|1\d\d|2[0-4]\d"
_N = rf"(?P<n>{_NUMBER})"
_UNIT = r"(?:bpms?|beats (?:per|a|each|pro) minute|schlage pro minute|battements par minute)"
_LEAST = r"(?:over|above|more than|at least|faster than|from|uber|mehr als|mindestens|plus de|mas de|piu di)"
_MOST = r"(?:under|below|less than|at most|slower than|up to|unter|hochstens|moins de|menos de|meno di)"
_OR_MORE = r"(?:plus|minimum|(?:or|and) (?:more|faster|higher|over|up|above))"
_OR_LESS = r"(?:max(?:imum)?|tops|or (?:less|slower|lower|under))"
PATTERNS = [
    (re.compile(rf"\b(?:between )?{_N}(?: {_UNIT})?(?: to| and)? (?P<m>\d{{2,3}}) {_UNIT}\b"), "span"),
    (re.compile(rf"\b{_LEAST} {_N} ?{_UNIT}\b"), "least"),
    (re.compile(rf"\b{_N} (?:{_OR_MORE} ?{_UNIT}|{_UNIT} {_OR_MORE})\b"), "least"),
    (re.compile(rf"\b{_MOST} {_N} ?{_UNIT}\b"), "most"),
    (re.compile(rf"\b{_N} ?{_UNIT} {_OR_LESS}\b"), "most"),
    (re.compile(rf"\b{_N} ?{_UNIT}\b"), "about"),
    (re.compile(rf"\b(?:bpm|tempo)(?: of| is| around| about)* {_N}\b"), "about"),
]


class Tempo(NamedTuple):
    """Characters [start, end) of the folded text, the beats a minute they say, and how they are said."""

    start: int
    end: int
    beats: Beats
    words: str


def find(text: str) -> list[Tempo]:
    """The tempi in a folded text, none over another; text is words with one blank between."""
    found: list[Tempo] = []
    for pattern, how in PATTERNS if "bpm" in text or "minut" in text or "tempo" in text else ():
        for match in pattern.finditer(text):
            if not any(match.start() < f.end and f.start < match.end() for f in found):
                n = int(match["n"])
                found.append(Tempo(*match.span(), *_range(how, n, int(match.groupdict().get("m") or n))))
    return found


def tags(beats: Beats) -> tuple[str, ...]:
    """The tags of tempo that come nearest, where no beats were counted."""
    low, high = beats
    middle = ((low or high or 0) + (high or low or 0)) / 2
    if middle >= FAST:
        return ("very fast tempo", "fast tempo", "fast")
    return ("slow tempo", "slow") if middle <= SLOW else ("medium tempo", "moderate tempo")


def _range(how: str, n: int, m: int) -> tuple[Beats, str]:
    return {
        "span": ((min(n, m), max(n, m)), f"{min(n, m)} to {max(n, m)} beats a minute"),
        "least": ((n, None), f"{n} beats a minute or more"),
        "most": ((None, n), f"no more than {n} beats a minute"),
        "about": ((round(n * (1 - NEAR)), round(n * (1 + NEAR))), f"about {n} beats a minute"),
    }[how]
