"""Years that are said in words: "nineteen sixty seven", "twenty fifteen"."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (files("segue.understanding") / "years.toml").read_text("utf-8")
)
"""years.toml: the words of times."""
NUMBERS = {w: n for n, w in enumerate(TABLE["NUMBERS"]["words"].split(), 1)}
NUMBERS |= {w: 10 * n for n, w in enumerate(TABLE["NUMBERS"]["tens"].split(), 2)}
_TEENS = "|".join(w for w, n in NUMBERS.items() if 9 < n < 20)
_UNITS = "|".join(w for w, n in NUMBERS.items() if n < 10)
SPOKEN_YEAR = re.compile(
    rf"\b(?:(?P<c>nineteen|eighteen) (?:(?P<t>{TABLE['NUMBERS']['tens'].replace(' ', '|')})(?: (?P<u>{_UNITS}))?\b)"
    rf"|(?:twenty|two thousand(?: and)?) (?P<y>{_TEENS}|twenty)\b|two thousand(?: and)? (?P<z>{_UNITS})\b|(?P<k>2k[012]\d)\b)"
)

AGO = re.compile(
    rf"\b(?:(?:not|no|nothing) older than|less than(?= \w+ years old)|(?:from|in|within|of) the (?:last|past)) (?P<n>\d\d?|{'|'.join(NUMBERS)}) years?\b(?: old)?"
)
BACK = re.compile(
    r"(?:^(?:what was (?:big|popular|hot) )?|\b(?:from|of|made|recorded|released|music|songs|hits|tracks|sounds?) )"
    rf"(?:about |around |roughly |exactly |some )?(?P<n>[1-9]\d|{'|'.join(w for w, n in NUMBERS.items() if n > 9)})"
    r" (?:years? (?:ago|back)\b)"
)
"""So many years ago, where music is spoken of."""
_EVENTS = [(re.compile(rf"\b(?:{said})\b", re.IGNORECASE), year) for said, year in TABLE["EVENTS"].items()]
_SINCE = (
    r"\b(before|after|since|until|till|pre|post|(?:in |from |of )?the year(?: of| that| when)?)"
    r"(?:[ -]the)?(?:[ -](?:first|whole|big))?[ -]"
)
_DATED = re.compile(
    rf"{_SINCE}(?P<event>{'|'.join(TABLE['EVENTS'])})\b(?! (?:era|days|years|songs|music|record))",
    re.IGNORECASE,
)


def dated(text: str) -> str:
    """A text with the year of what happened where something is before or after that: "the moon landing"."""
    return _DATED.sub(_in_year, text)


def _in_year(match: re.Match[str]) -> str:
    year = next(y for p, y in _EVENTS if p.fullmatch(match["event"]))
    return f"{'from the year' if 'year' in match[1].casefold() else match[1]} {year}"


def back(match: re.Match[str]) -> tuple[tuple[int, int], str]:
    """The years around so many years ago, and how to say them."""
    year = date.today().year - (int(match["n"]) if match["n"].isdigit() else NUMBERS[match["n"]])
    return (year - 2, year + 2), f"around {year}"


def ago(match: re.Match[str]) -> tuple[tuple[int, None], str]:
    """The years that "not older than twenty years" means, and how to say them."""
    first = date.today().year - (int(match["n"]) if match["n"].isdigit() else NUMBERS[match["n"]])
    return (first, None), f"{first} or later"


def spoken(match: re.Match[str]) -> int:
    """The year of "nineteen sixty seven", "twenty fifteen", "2k15"."""
    if match["k"]:
        return 2000 + int(match["k"][2:])
    if said := match["y"] or match["z"]:
        return 2000 + NUMBERS[said]
    century = 1900 if match["c"] == "nineteen" else 1800
    return century + NUMBERS[match["t"]] + (NUMBERS[match["u"]] if match["u"] else 0)
