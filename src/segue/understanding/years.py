"""Times that are said: years, decades and their parts, ranges, in several languages."""

from __future__ import annotations

import re
from typing import NamedTuple

Years = tuple[int | None, int | None]
DECADES = {
    20: "twenties", 30: "thirties", 40: "forties", 50: "fifties fiftes", 60: "sixties sixtys", 70: "seventies seventys",
    80: "eighties eightys eightees", 90: "nineties ninetys",
}  # fmt: skip
WORDS = {word: 1900 + d for d, words in DECADES.items() for word in words.split()}
WORDS |= {
    "y2k": 2000,
    "noughties": 2000,
    "aughts": 2000,
    "naughties": 2000,
    "tens": 2010,
    "fifthies": 1950,
    "sixtees": 1960,
}
WORDS |= {"funfziger": 1950, "sechziger": 1960, "siebziger": 1970, "achtziger": 1980, "neunziger": 1990}
WORDS |= {"cinquanta": 1950, "sessanta": 1960, "settanta": 1970, "ottanta": 1980, "novanta": 1990}
WORDS |= {"cincuenta": 1950, "sesenta": 1960, "setenta": 1970, "ochenta": 1980, "noventa": 1990}
WORDS |= {
    "cinquante": 1950,
    "soixante": 1960,
    "vijftig": 1950,
    "zestig": 1960,
    "zeventig": 1970,
    "tachtig": 1980,
}
WORDS |= {"funfzigern": 1950, "sechzigern": 1960, "siebzigern": 1970, "achtzigern": 1980, "neunzigern": 1990}
WORDS |= {
    "шестидесятых": 1960,
    "семидесятых": 1970,
    "восьмидесятых": 1980,
    "девяностых": 1990,
    "пятидесятых": 1950,
}
WORDS |= {
    "szescdziesiatych": 1960,
    "siedemdziesiatych": 1970,
    "osiemdziesiatych": 1980,
    "dziewiecdziesiatych": 1990,
}
WORDS |= {
    "sessentas": 1960,
    "sessenta": 1960,
    "setentas": 1970,
    "oitenta": 1980,
    "noventa": 1990,
    "ochentas": 1980,
}
WORDS |= {"noventas": 1990, "sesentas": 1960, "negentig": 1990, "sechzigern": 1960}
DECADE = (
    r"(?:(?:(?:les |the |die |der |den |degli |gli |los |de |di )*(?:annees|anni|anos|ano|jaren|jahre|lat|lata) )?"
    r"(?P<{0}>(?<!\d)(?:1[5-9]|20)?\d0)(?:s\b|er\b|ern\b|ies\b|年代|년대|-х| х годов| х\b|\bs\b)|"
    r"(?:annees|anni|anos|jaren|jahre|los|gli) (?:los |de los |der )?(?P<{0}b>\d0)\b|\b(?P<{0}w>"
    + "|".join(WORDS)
    + r")\b)"
)
PART = r"(?:(?P<part>early|mid|middle|late|end of|start of|beginning of|fruhe|fruhen|spate|spaten|debut|fin|fine|inizio)"
PART += r"(?: of)? (?:the |des |der )?)?"
YEAR = r"(?P<{0}>(?:1[89]|20|21)\d\d)\b(?!s)"
ONE = re.compile(PART + DECADE.format("d"))
SINGLE = re.compile(r"\b" + YEAR.format("y"))
SPAN = re.compile(
    r"\b(?P<a>(?:1[89]|20)\d\d|(?:19|20)?\d0s)"
    r" (?:(?:and|to|until|till|through|und|bis|et|a|y|e|al|en|tot) )?(?:the )?(?P<b>(?:1[89]|20)\d\d|(?:19|20)?\d0s)\b"
)
NEAR = r"(?P<y>(?:1[89]|20|21)\d\d|[3-9]\d)\b(?!s)(?! (?:min|minutes|seconds|songs|tracks|bpm|years|percent))"
"""A year after "before" or "after", where "95" will do."""
BEFORE = r"\b(?:before|older than|prior to|earlier than|pre|until|up to|vor|avant|antes de|prima del|voor|до|not after)"
AFTER = r"\b(?:after|newer than|later than|post|nach|apres|despues de|dopo il|na|после|more recent than)"
SINCE = r"\b(?:since|from|seit|depuis|desde|dal|с)"
NOT_OLDER = re.compile(
    r"\b(?:nothing|not|no|anything not)(?: \w+)? (?:older than|before|from before|pre) (?:the )?" + NEAR
)
NOT_NEWER = re.compile(
    r"\b(?:nothing|not|no)(?: \w+)? (?:newer than|after|from after|later than) (?:the )?" + NEAR
)
LATER = re.compile(AFTER + r" (?:the )?(?:year )?(?:" + NEAR + r"|(?P<d>(?:19|20)?\d0)s\b)")
EARLIER = re.compile(BEFORE + r" (?:the )?(?:year )?(?:" + NEAR + r"|(?P<d>(?:19|20)?\d0)s\b)")
SINCE_THEN = re.compile(
    r"\b(?:since|seit|depuis|desde) (?:the )?" + YEAR.format("y") + r"(?! (?:to|until|a|bis|hasta)\b)"
)
ROARING = re.compile(r"\broaring (?:20s|twenties)\b")
ONWARD = re.compile(
    SINCE
    + r" (?:the )?(?:"
    + YEAR.format("y")
    + r"|(?P<d>(?:19|20)?\d0)s) (?:on|onwards?|(?:or|and) (?:later|newer|more recent|after)|up)\b"
)
CENTURY = re.compile(r"\b(?P<c>\d\d)(?:st|nd|rd|th) century\b")
NEW = re.compile(
    r"\b(?:newest|latest|most recent|brand new|recent|recently (?=released|made|recorded)|modern|contemporary|current|nowadays|these days|(?:last|past) (?:few|couple of|five|ten|\d+) years|(?:last|past) decade|newer(?= (?:music|songs?|stuff|tracks?|tunes?|releases?))"
    r"|today s music|new(?= releases?)|(?<=relatively )new|neue musik|aktuelle?s?|actuel)\b"
)
OLD = re.compile(
    r"\b(?:oldies?|vintage|oldschool|older(?= (?:music|songs?|stuff|tracks?|tunes?|classics))|old school(?! hip)|old timey|golden oldies|retro|old(?= (?:song|songs|music|stuff|one|ones|tune|tunes|record|track|tracks|timers?|but|either)| ?$)"
    r"|alte musik|viejo|vieja|vieux)\b"
)


class Time(NamedTuple):
    """Characters [start, end) of the folded text, the years they say, and how they are said."""

    start: int
    end: int
    years: Years
    words: str


def find(text: str) -> list[Time]:
    """The times in a folded text, none over another; text is words with one blank between."""
    found: list[Time] = []

    def add(start: int, end: int, years: Years, words: str) -> None:
        if not any(start < t.end and t.start < end for t in found):
            found.append(Time(start, end, years, words))

    for match in SPAN.finditer(text):
        low, high = _bounds(match["a"])[0], _bounds(match["b"])[1]
        if low <= high:
            add(*match.span(), (low, high), f"{low}–{high}")
    for pattern in (NOT_OLDER, ONWARD):
        for match in pattern.finditer(text):
            low = _year(match["y"]) if match["y"] else _bounds(f"{match['d']}s")[0]
            add(*match.span(), (low, None), f"{low} or later")
    for match in SINCE_THEN.finditer(text):
        add(*match.span(), (int(match["y"]), None), f"{match['y']} or later")
    for match in ROARING.finditer(text):
        add(*match.span(), (1920, 1929), "the 1920s")
    for match in NOT_NEWER.finditer(text):
        add(*match.span(), (None, _year(match["y"])), f"no later than {_year(match['y'])}")
    for match in LATER.finditer(text):
        last = _year(match["y"]) if match["y"] else _bounds(f"{match['d']}s")[1]
        add(*match.span(), (last + 1, None), f"after {last}")
    for match in EARLIER.finditer(text):
        first = _year(match["y"]) if match["y"] else _bounds(f"{match['d']}s")[0]
        add(*match.span(), (None, first - 1), f"before {first}")
    for match in ONE.finditer(text):
        said = match["d"] or match["db"]
        low, high = _bounds(f"{said}s") if said else (WORDS[match["dw"]], WORDS[match["dw"]] + 9)
        add(*match.span(), *_part(match["part"], low, high))
    for match in SINGLE.finditer(text):
        add(*match.span(), (int(match["y"]), int(match["y"])), match["y"])
    for match in CENTURY.finditer(text):
        first = 100 * (int(match["c"]) - 1)
        add(*match.span(), (first, first + 99), f"the {match[0]}")
    for match in NEW.finditer(text):
        add(*match.span(), (2010, None), "recent years")
    for match in OLD.finditer(text):
        add(*match.span(), (None, 1975), "the old days")
    return _joined(sorted(found))


def _joined(found: list[Time]) -> list[Time]:
    """ "after 2000 but before 2005": two open ends that stand together are one range."""
    if len(found) == 2 and found[0].years[1] is None and found[1].years[0] is None:
        low, high = found[0].years[0], found[1].years[1]
        if low is not None and high is not None and low <= high:
            return [Time(found[0].start, found[1].end, (low, high), f"{low}–{high}")]
    return found


def _year(said: str) -> int:
    """The year of "1967", "67"."""
    return int(said) if len(said) > 2 else 1900 + int(said)


def _bounds(said: str) -> tuple[int, int]:
    """The first and last year of "1967", "60s", "1960s"."""
    number = int(said.rstrip("s"))
    if not said.endswith("s"):
        return number, number
    first = number if number >= 100 else 1900 + number if number >= 30 else 2000 + number
    return first, first + 9


def _part(part: str | None, low: int, high: int) -> tuple[Years, str]:
    """The years of a decade, or of its early, middle or late part, and how to say it."""
    if part in ("early", "start of", "beginning of", "fruhe", "fruhen", "debut", "inizio"):
        return (low, low + 4), f"the early {low}s"
    if part in ("mid", "middle"):
        return (low + 3, low + 7), f"the mid {low}s"
    if part in ("late", "end of", "spate", "spaten", "fin", "fine"):
        return (low + 6, high), f"the late {low}s"
    return (low, high), f"the {low}s"
