"""How long a track shall last, as it is said: "under 3 minutes", "a long one", "not longer than 4:30"."""

from __future__ import annotations

import re
from typing import NamedTuple

Seconds = tuple[int | None, int | None]
"""The fewest and the most seconds; None leaves an end open."""
SHORT, LONG, LONGEST = 180, 300, 900
"""A "short" track lasts less than three minutes, a "long" one five or more; the last is long for one."""
NUMBERS = {"one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
NUMBERS |= {"nine": 9, "ten": 10, "fifteen": 15, "twenty": 20, "zwei": 2, "drei": 3, "vier": 4, "funf": 5}
NUMBERS |= {"deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5}
_N = rf"(?:\d{{1,3}}|{'|'.join(NUMBERS)})"
_UNIT = r"(?:minutes?|mins?|minuten?|minutos?|minuti|seconds?|secs?|sekunden|secondes|segundos|secondi)"
_TIME = rf"(?P<t>(?P<m>\d{{1,2}}) (?P<s>[0-5]\d)\b(?: {_UNIT}\b)?"
_TIME += rf"|(?P<n>{_N})(?P<half> and a half)? (?P<u>{_UNIT})\b)"
_IS = r"(?:(?:something|songs?|tracks?|that is|thats|which is|lasting|that lasts?) )*"
_UNDER = (
    r"(?:under|below|less than|shorter than|unter|kurzer als|weniger als|moins de|plus courte? que|menos de"
    r"|mas corta que|meno di|korter dan)"
)
_OVER = (
    r"(?:over|above|more than|longer than|uber|langer als|mehr als|plus de|plus longue? que|mas de"
    r"|mas larga que|piu di|langer dan)"
)
_MOST = (
    r"(?:at most|no more than|not more than|up to|max(?:imum)?|hochstens|maximal|maximum|au plus|como maximo)"
)
_LEAST = r"(?:at least|no less than|not less than|min(?:imum)?|mindestens|au moins|al menos|almeno)"
_NOT = rf"\b(?:nothing|not|no|none|anything not|nicht|rien|nada) {_IS}(?:much )?"
_ALONE = r"(?:one|song|track|piece|tune|number|version|jam|recording)s?\b"
PATTERNS = [
    (re.compile(_NOT + _OVER + " " + _TIME), "most"),
    (re.compile(_NOT + _UNDER + " " + _TIME), "least"),
    (re.compile(r"\b(?<!for )" + _UNDER + " " + _TIME), "under"),
    (re.compile(r"\b(?<!for )" + _OVER + " " + _TIME), "over"),
    (re.compile(r"\b" + _MOST + " " + _TIME), "most"),
    (re.compile(r"\b" + _LEAST + " " + _TIME), "least"),
    (re.compile(r"\b" + _TIME + r" (?:or (?:less|shorter|under)|max(?:imum)?|at most|tops)\b"), "most"),
    (re.compile(r"\b" + _TIME + r" (?:or (?:more|longer|over)|min(?:imum)?|at least)\b"), "least"),
    (
        re.compile(
            r"\b(?:about|around|roughly) "
            + _TIME
            + r"(?! (?:ago|left|away|late|early|from|to|until|till|before"
            r"|of|walk|drive|ride|run|into|in)\b)"
        ),
        "about",
    ),
    (
        re.compile(r"\b(?!\d+ \d\d (?:song|track|tune|piece)s\b)" + _TIME + r"(?: long)? (?=" + _ALONE + ")"),
        "about",
    ),
]
WORDS = re.compile(
    rf"\b(?:(?:very|really|quite|pretty|nice) )*(?P<w>long|short|lengthy)(?= {_ALONE})"
    r"|\b(?:something|anything|make it|make them|keep it|it should be|nice and|but|and|rather|very|really)"
    r" (?P<v>long|short|lengthy)(?= (?:and|but|please|pls|plz)\b|$)"
    r"|^(?:a )?(?P<x>long|short|lengthy)(?: please)?$"
)
SPAN = re.compile(rf"\bbetween (?P<a>{_N})(?: minutes?)? and (?P<b>{_N}) (?:minutes?|mins?)\b")
WHOLE = re.compile(r"\b(?:playlist|mix|set|hours?|workout|in all|in total|altogether)\b")
"""Where all of it shall last so long, and not each track."""


_HOURS = r"(?:hours?|hrs?|stunden?|heures?|horas?|ore|uur)"
TOTAL = re.compile(
    rf"\b(?:(?P<half>half an hour|half hour|eine halbe stunde|une demi heure|media hora|mezz ora)"
    rf"|(?P<n>{_N}|an|eine|une|una|uma|thirty|forty|ninety) (?P<u>{_UNIT}|min|{_HOURS}))"
    r" (?:(?:worth )?of|de|di|von|mit|long|langes?|mix|set|play ?list|mixtape)\b(?! (?:each|every|or))"
    rf"|\b(?:playlist|mix|set|mixtape|list) (?:of|that lasts|lasting|for) (?:about )?"
    rf"(?P<m>{_N}) (?P<v>{_UNIT}|{_HOURS})\b"
)
TYPICAL = 240
"""Seconds that a track lasts where nothing tells."""


def whole(text: str) -> int:
    """The seconds that all of a list shall last, as a folded text says it; 0 where it says none."""
    match = TOTAL.search(text)
    if not match:
        return 0
    if match["half"]:
        return 1800
    number, unit = match["n"] or match["m"], match["u"] or match["v"]
    each = 3600 if re.fullmatch(_HOURS, unit) else 1 if unit.startswith(("sec", "sek", "seg")) else 60
    tens = {"thirty": 30, "forty": 40, "ninety": 90, "an": 1, "eine": 1, "une": 1, "una": 1, "uma": 1}
    return min((tens.get(number) or _number(number)) * each, 7200)


class Length(NamedTuple):
    """Characters [start, end) of the folded text, the seconds they say, and how they are said."""

    start: int
    end: int
    seconds: Seconds
    words: str


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: "4:30"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def find(text: str) -> list[Length]:
    """The lengths in a folded text, none over another; text is words with one blank between."""
    found: list[Length] = []
    if WHOLE.search(text):
        return found
    for match in SPAN.finditer(text):
        low, high = (60 * _number(match[g]) for g in "ab")
        found.append(Length(*match.span(), (low, high), f"{_said(low)} to {_said(high)}"))
    for pattern, how in PATTERNS:
        for match in pattern.finditer(text):
            over = any(match.start() < f.end and f.start < match.end() for f in found)
            if not over and not (how == "about" and _seconds(match) > LONGEST):
                found.append(Length(*match.span(), *_range(how, _seconds(match))))
    for match in WORDS.finditer(text):
        if not any(match.start() < f.end and f.start < match.end() for f in found):
            short = (match["w"] or match["v"] or match["x"]) == "short"
            start = match.start("w") if match["w"] else match.start("v") if match["v"] else match.start("x")
            found.append(
                Length(start, match.end(), *_range(*(("under", SHORT) if short else ("long", LONG))))
            )
    return found


def opposite(seconds: Seconds) -> tuple[Seconds, str] | None:
    """What is left where a length is refused, and how it is said; None where that is two ranges."""
    low, high = seconds
    if low is None and high is not None:
        return _range("least", high + 1 if high % 60 == 59 else high)
    return _range("under", low) if low is not None and high is None else None


def said(seconds: Seconds) -> str:
    """How a range of seconds is said."""
    low, high = seconds
    if low is None and high is not None:
        return _range("under", high + 1)[1] if high % 60 == 59 else _range("most", high)[1]
    if high is None and low is not None:
        return _range("least", low)[1]
    return f"{_said(low or 0)} to {_said(high or 0)}"


def _range(how: str, seconds: int) -> tuple[Seconds, str]:
    """The seconds of a bound, and how it is said."""
    said = _said(seconds)
    return {
        "under": ((None, seconds - 1), f"under {said}"),
        "over": ((seconds + 1, None), f"over {said}"),
        "most": ((None, seconds), f"no longer than {said}"),
        "least": ((seconds, None), f"no shorter than {said}"),
        "long": ((seconds, None), f"{said} or longer"),
        "about": ((round(seconds * 0.85), round(seconds * 1.15)), f"about {said}"),
    }[how]


def _seconds(match: re.Match[str]) -> int:
    if match["m"]:
        return 60 * int(match["m"]) + int(match["s"])
    unit = 1 if match["u"].startswith(("sec", "sek", "seg")) else 60
    return _number(match["n"]) * unit + (unit // 2 if match["half"] else 0)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word]


def _said(seconds: int) -> str:
    """ "3 minutes", "4:30", "50 seconds"."""
    if seconds < 60:
        return f"{seconds} seconds"
    return clock(seconds) if seconds % 60 else f"{seconds // 60} minute" + ("s" if seconds > 60 else "")
