"""Times that are said: years, decades and their parts, ranges, in several languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Years = tuple[int | None, int | None]
SPOKEN = {
    1910: "",
    1920: "twenties zwanziger zwanzigern",
    1930: "thirties dreissiger dreissigern",
    1940: "forties fourties fortys vierziger vierzigern quaranta cuarenta quarenta",
    1950: "fifties fiftes fiftys fifthies funfziger funfzigern cinquanta cincuenta cinquenta cinquante vijftig "
    "femtiotalet пятидесятых пятидесятые piecdziesiate piecdziesiatych",
    1960: "sixties sixtys sixtees sechziger sechzigern sessanta sesenta sesentas sessenta sessentas soixante "
    "zestig sextiotalet шестидесятых шестидесятые szescdziesiate szescdziesiatych",
    1970: "seventies seventys seventees siebziger siebzigern settanta setenta setentas soixante_dix zeventig "
    "sjuttiotalet семидесятых семидесятые siedemdziesiate siedemdziesiatych",
    1980: "eighties eightys eightees eightie achtziger achtzigern ottanta ochenta ochentas oitenta quatre_vingt "
    "quatre_vingts tachtig attiotalet восьмидесятых восьмидесятые osiemdziesiate osiemdziesiatych",
    1990: "nineties ninetys ninties ninetees neunziger neunzigern novanta noventa noventas quatre_vingt_dix "
    "negentig nittiotalet девяностых девяностые dziewiecdziesiate dziewiecdziesiatych",
    2000: "y2k noughties naughties aughts oughties oughts naughts two_thousands 2k nuller zweitausender двухтысячных",
    2010: "tens twenty_tens zehner двухтысячных_десятых",
    2020: "twenty_twenties",
}
"""First year of a decade -> words for it; "_" is a blank."""
WORDS = {w.replace("_", " "): first for first, words in SPOKEN.items() for w in words.split()}
_SAID = "|".join(sorted(WORDS, key=len, reverse=True))
DECADE = (
    r"(?:(?:(?:les |the |die |der |den |degli |gli |los |de |di )*(?:annees|anni|anos|ano|jaren|jahre|lat|lata) )?"
    r"(?P<{0}>(?<!\d)(?:1[5-9]|20)?\d0)(?:s\b|er\b|ern\b|ies\b|ties\b|ths\b|sish\b|年代|년대|-х| х годов| х\b| е\b|\bs\b"
    r"| tal(?:et)?\b| ?lu[kv]\w+|ler\b|lar\b)|"
    r"(?:annees|anni|anos|jaren|jahre|los|gli|lata?|decada de) (?:los |de los |der )?(?P<{0}b>\d0)\b|\b(?P<{0}w>"
    + _SAID
    + r")\b)"
)
PARTS = r"early|mid|middle|late|end of|start of|beginning of|fruhe|fruhen|spate|spaten|debut|fin|fine|inizio"
PART = rf"(?:(?:(?P<from>early|mid) (?:to |and |or )?)?(?P<part>{PARTS})(?: of)? (?:the |des |der )?)?"
YEAR = r"(?P<{0}>(?:1[89]|20|21)\d\d)\b(?!s)"
ONE = re.compile(PART + DECADE.format("d"))
SINGLE = re.compile(
    r"\b(?<!born in )(?<!geboren )(?<!nato nel )(?<!nata nel )(?<!naci en )" + YEAR.format("y")
)
SPAN = re.compile(
    r"\b(?:from (?:the )?)?(?P<a>(?:1[89]|20)\d\d|(?:19|20)?\d0s)"
    r" (?:(?:(?P<and>and|und|et|y|e|en|&)|to|until|till|through|thru|bis|a|al|tot) )?(?:the )?(?P<b>(?:1[89]|20)\d\d|(?:19|20)?\d0s)\b"
)
BETWEEN = re.compile(r"\b(?:between|zwischen|entre|tra|tussen|mellan)(?: the)? $")
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
CENTURY = re.compile(
    r"\b(?:(?P<c>\d\d)(?:st|nd|rd|th)|(?P<w>eighteenth|nineteenth|twentieth|twenty first)) century\b"
)
CENTURIES = {"eighteenth": 18, "nineteenth": 19, "twentieth": 20, "twenty first": 21}
SPOKEN_YEAR = re.compile(
    r"\b(?:(?P<c>nineteen|eighteen) (?:(?P<t>twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?: (?P<u>one|two|three|four|five|six|seven|eight|nine))?\b)"
    r"|twenty (?P<y>ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)\b|(?P<k>2k[012]\d)\b)"
)
NUMBERS = {w: n for n, w in enumerate(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split(), 1,
)}  # fmt: skip
NUMBERS |= {
    w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
SHORT_SPAN = re.compile(
    r"\b(?:between |from )(?P<a>[2-9]\d) (?:and|to|till|until|through) (?P<b>[2-9]\d)\b"
    r"(?! (?:min|minutes|seconds|songs|tracks|bpm|years|percent))"
)
SHORT = re.compile(
    r"\b(?:(?:from|in|around|circa|of|year) (?P<y>[3-9]\d)(?= (?:and|or|please)|$)|summer of (?P<s>[3-9]\d))\b"
)
ONWARDS = r"(?: (?:and|or))? (?:newer|later|onwards?|upwards?|beyond|up|more recent|younger|to now|until now|till now|"
ONWARDS += r"to today|until today|till today|to (?:the )?present)\b"
BACKWARDS = r"(?: (?:and|or)) (?:earlier|older|before)\b"
BEYOND = re.compile(DECADE.format("d") + rf"(?:(?P<on>{ONWARDS})|(?P<back>{BACKWARDS}))")
ERAS = {
    r"turn of the (?:millennium|millenium|century)": (1998, 2003), r"turn of the (?:20th|twentieth) century": (1890, 1910),
    r"last century": (1900, 1999), r"this century": (2000, None), r"mid ?century": (1945, 1965),
    r"pre ?war|before the war": (None, 1939), r"post ?war": (1945, 1960), r"inter ?war": (1918, 1939),
    r"war ?time|(?:the )?war years|(?:ww2|wwii|world war (?:2|two|ii)) era|during (?:the )?(?:war|ww2|wwii|second world war|world war (?:2|two|ii))":
        (1939, 1945),
    r"victorian": (1837, 1901), r"(?:the )?(?:nineteen|19) hundreds": (1900, 1999), r"(?:the )?(?:eighteen|18) hundreds": (1800, 1899),
    r"throw ?backs?": (None, 2009),
}  # fmt: skip
"""Times that have a name -> their years."""
NAMED = {re.compile(rf"\b(?:{era})\b"): span for era, span in ERAS.items()}
NEW = re.compile(
    r"\b(?:newest|latest|most recent|brand new|recent|recently (?=released|made|recorded)|modern|contemporary|current|nowadays|these days|(?:last|past) (?:few|couple of|five|ten|\d+) years|(?:last|past) decade|newer(?= (?:music|songs?|stuff|tracks?|tunes?|releases?))"
    r"|today s music|todays (?:music|songs?|hits|artists)|up to date|(?:from|released|out|came out) (?:this|last) year|this years|new(?= releases?)|(?<=relatively )new|neue musik|aktuelle?s?|actuel)\b"
)
OLD = re.compile(
    r"\b(?:oldies?|(?:good |in )?(?:the )?olden? (?:days|times)|good old days|back in the day|bygone (?:era|days|times)|yesteryear|days of yore|vintage|oldschool|older(?= (?:music|songs?|stuff|tracks?|tunes?|classics))|old school(?! hip)|old timey|golden oldies|retro|old(?= (?:song|songs|music|stuff|one|ones|tune|tunes|record|track|tracks|timers?|but|either)| ?$)"
    r"|(?<=something )old|(?<=anything )old|(?<=something really )old|(?<=something very )old|alte musik|viejo|vieja|vieux)\b"
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
    for pattern, read in READERS:
        for match in pattern.finditer(text):
            told = read(match)
            # Of a short year the words before it belong to the sentence.
            start, end = (match.end() - 2, match.end()) if pattern is SHORT else match.span()
            if told and not any(start < t.end and t.start < end for t in found):
                found.append(Time(start, end, *told))
    return _joined(sorted(found))


def _joined(found: list[Time]) -> list[Time]:
    """ "after 2000 but before 2005": two open ends that stand together are one range."""
    if len(found) == 2 and found[0].years[1] is None and found[1].years[0] is None:
        low, high = found[0].years[0], found[1].years[1]
        if low is not None and high is not None and low <= high:
            return [Time(found[0].start, found[1].end, (low, high), f"{low}–{high}")]
    return found


def _decade(match: re.Match[str]) -> tuple[int, int]:
    """The first and last year of what `DECADE` matched; the 1800s are a century."""
    said = match["d"] or match["db"]
    if said and len(said) == 4 and said.endswith("00") and said < "2000":
        return int(said), int(said) + 99
    return _bounds(f"{said}s") if said else (WORDS[match["dw"]], WORDS[match["dw"]] + 9)


def _spoken(match: re.Match[str]) -> int:
    """The year of "nineteen sixty seven", "twenty fifteen", "2k15"."""
    if match["k"]:
        return 2000 + int(match["k"][2:])
    if match["y"]:
        return 2000 + NUMBERS[match["y"]]
    century = 1900 if match["c"] == "nineteen" else 1800
    return century + NUMBERS[match["t"]] + (NUMBERS[match["u"]] if match["u"] else 0)


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


def _part(part: str | None, begun: str | None, low: int, high: int) -> tuple[Years, str]:
    """The years of a decade (or century), or of its early, middle or late part, and how to say it.

    Args:
        part: the word for the part.
        begun: the part before it in "early to mid".
        low: the first year.
        high: the last.
    """
    tenth = (high - low + 1) // 10
    name, bounds = "", (low, high)
    if part in ("early", "start of", "beginning of", "fruhe", "fruhen", "debut", "inizio"):
        name, bounds = "early ", (low, low + (5 if tenth == 1 else 4) * tenth - 1)
    elif part in ("mid", "middle"):
        name, bounds = "mid ", (low if begun == "early" else low + 3 * tenth, low + 7 * tenth)
    elif part in ("late", "end of", "spate", "spaten", "fin", "fine"):
        name, bounds = "late ", (low + 3 * tenth if begun == "mid" else low + 6 * tenth, high)
    return bounds, f"the {begun + ' to ' if begun and name else ''}{name}{low}s"


Told = tuple[Years, str]
"""The years that a match says, and how they are said."""


def _span(match: re.Match[str]) -> Told | None:
    if match["and"] and not BETWEEN.search(match.string[: match.start("a")]):
        return None  # "The 80s and 90s" are two wishes, any of which will do.
    low, high = _bounds(match["a"])[0], _bounds(match["b"])[1]
    return ((low, high), f"{low}–{high}") if low <= high else None


def _short_span(match: re.Match[str]) -> Told | None:
    low, high = _year(match["a"]), _year(match["b"])
    return ((low, high), f"{low}–{high}") if low < high else None


def _beyond(match: re.Match[str]) -> Told:
    low, high = _decade(match)
    return ((low, None), f"{low} or later") if match["on"] else ((None, high), f"no later than {high}")


def _from(match: re.Match[str]) -> Told:
    low = _said(match)[0]
    return (low, None), f"{low} or later"


def _later(match: re.Match[str]) -> Told:
    last = _said(match)[1]
    return (last + 1, None), f"after {last}"


def _earlier(match: re.Match[str]) -> Told:
    first = _said(match)[0]
    return (None, first - 1), f"before {first}"


def _century(match: re.Match[str]) -> Told:
    first = 100 * (CENTURIES[match["w"]] if match["w"] else int(match["c"])) - 100
    return (first, first + 99), f"the {match[0]}"


def _one(year: int) -> Told:
    return (year, year), str(year)


def _said(match: re.Match[str]) -> tuple[int, int]:
    """The first and last year of a year or a decade."""
    return (_year(match["y"]), _year(match["y"])) if match["y"] else _bounds(f"{match['d']}s")


READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Told | None]], ...] = (
    *((era, lambda match, span=span: (span, match[0])) for era, span in NAMED.items()),
    (SPAN, _span),
    (SHORT_SPAN, _short_span),
    (BEYOND, _beyond),
    (NOT_OLDER, _from),
    (ONWARD, _from),
    (SINCE_THEN, lambda match: ((int(match["y"]), None), f"{match['y']} or later")),
    (ROARING, lambda _: ((1920, 1929), "the 1920s")),
    (NOT_NEWER, lambda match: ((None, _year(match["y"])), f"no later than {_year(match['y'])}")),
    (LATER, _later),
    (EARLIER, _earlier),
    (ONE, lambda match: _part(match["part"], match["from"], *_decade(match))),
    (SINGLE, lambda match: _one(int(match["y"]))),
    (CENTURY, _century),
    (SPOKEN_YEAR, lambda match: _one(_spoken(match))),
    (SHORT, lambda match: _one(_year(match["y"] or match["s"]))),
    (NEW, lambda _: ((2010, None), "recent years")),
    (OLD, lambda _: ((None, 1975), "the old days")),
)
"""What is looked for, the surest first: a later pattern takes no words of an earlier one."""
