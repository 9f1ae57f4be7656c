"""Times that are said: years, decades and their parts, ranges, in several languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from segue.understanding.years_spoken import AGO, BACK, SPOKEN_YEAR, TABLE, ago, back, spoken

Years = tuple[int | None, int | None]
WORDS = {w.replace("_", " "): int(first) for first, said in TABLE["DECADES"].items() for w in said.split()}
_SAID = "|".join(sorted(WORDS, key=len, reverse=True))
_YEARS_OF, _TO_NOW = TABLE["BESIDE"]["years of"], TABLE["BESIDE"]["to now"]
DECADE = (
    rf"(?:(?:(?:les |the |die |der |den |degli |gli |los |de |di )*(?:{_YEARS_OF}) )?"
    r"(?P<{0}>(?<!\d)(?:1[5-9]|20)?\d0)(?:s\b|er\b|ern\b|ies\b|ties\b|ths\b|sish\b|年代|년대|-х| х годов| х\b| е\b|\bs\b"
    r"| tal(?:et)?\b| ?lu[kv]\w+|ler\b|lar\b)|"
    rf"(?:{_YEARS_OF}|los|gli|decada de) (?:los |de los |der )?(?P<{{0}}b>\d0|(?<!\bano )(?:19|20)\d0)\b|\b(?P<{{0}}w>{_SAID})\b)"
)
PARTS = {w.split("(")[0]: part for part, said in TABLE["PARTS"].items() for w in said.split("|")}
_PART = "|".join(TABLE["PARTS"].values())
PART = (
    rf"(?:\b(?:(?P<from>early|mid) (?:to |and |or )?)?(?P<part>{_PART})(?: of)?"
    r" (?:the |des |der |de los |de |dos |degli |van de |av )?)?"
)
YEAR = r"(?P<{0}>(?:1[89]|20|21)\d\d)(?:ish)?\b(?!s)"
ONE = re.compile(PART + DECADE.format("d"))
SINGLE = re.compile(
    r"\b(?<!born in )(?<!geboren )(?<!nato nel )(?<!nata nel )(?<!naci en )" + YEAR.format("y")
)
SPAN = re.compile(
    rf"\b(?:from (?:the )?)?(?P<a>(?:1[89]|20)\d\d|(?:19|20)?\d0s|(?:{_SAID}))"
    r" (?:(?:(?P<and>and|und|et|y|e|en|&)|(?:(?:all the way|right|straight|up|on|through|forwards?|back|down|over) )*to|into|until|till|through|thru|bis|a|al|tot) )?(?:the )?"
    rf"(?P<b>(?:1[89]|20)\d\d|(?:19|20)?\d0s|(?:{_SAID}))\b"
)
ELLIPTIC = re.compile(
    r"\b(?P<d>[3-9]0)(?= (?P<and>(?:and|or|to|und|oder|et|y|&) )?(?:the |early )?(?:19)?(?P<then>[3-9]0|(?:20)?00)(?:s|er|ern)\b)"
)
"""The first of "60/70s"."""
TWENTIES = re.compile(
    r"\b20s(?= (?:and |or |to |& )?30s\b| (?:jazz|swing|blues|ragtime|dixieland|charleston)\b)"
)
"""Those of a hundred years ago."""
BETWEEN = re.compile(r"\b(?:between|zwischen|entre|tra|tussen|mellan)(?: the)? $")
NEAR = r"(?P<y>(?:1[89]|20|21)\d\d|(?:[5-9]\d|[34]\d(?= (?:and|or|please)|$)))\b(?!s)"
NEAR += r"(?! (?:min|minutes|seconds|songs|tracks|bpm|years|percent))"
"""A year after "before" or "after", where "95" will do."""
BEFORE, AFTER, SINCE = (rf"\b(?:{TABLE['BESIDE'][w]})" for w in ("before", "after", "since"))
TENTH = rf"(?:(?P<d>(?:19|20)?\d0)(?:s|er|ern)|(?P<dw>{_SAID}))\b"
"""A decade after them, in digits or in words."""
AT_THE = r"\b(?:from )?(?:the )?(?:" + YEAR.format("y") + rf"|{TENTH}) at (?:the )?(?:very )?"
LATEST, EARLIEST = re.compile(AT_THE + r"latest\b"), re.compile(AT_THE + r"earliest\b")
"""The bounds of "from 1985 at the latest", "the 90s at the earliest"."""
NOT_OLDER = re.compile(
    r"\b(?:nothing|not|none|no|anything not)(?: \w+)?"
    + BEFORE.removeprefix(r"\b").join((" ", " (?:the )?"))
    + f"(?:{NEAR}|{TENTH})"
)
NOT_NEWER = re.compile(
    r"\b(?:(?:nothing|nothin|nowt|not|none|no)(?: \w+)?"
    + AFTER.removeprefix(r"\b").join((" ", "|(?:no|not) more than) (?:the )?"))
    + f"(?:{NEAR}|{TENTH})"
)
LATER = re.compile(AFTER + r" (?:the )?(?:year )?(?:" + NEAR + f"|{TENTH})")
_DO = r"(?!^do \d{4} ?$|do \d{4} (?:instead|then|please|now)\b)"
"""Not in Polish: "do 1977 instead"."""
EARLIER = re.compile(_DO + BEFORE + r" (?:the )?(?:year )?(?:" + NEAR + f"|{TENTH})")
SINCE_THEN = re.compile(
    SINCE.replace("from|", "")
    + r" (?:the )?(?:" + YEAR.format("y") + rf"|{TENTH})(?! (?:to|until|a|bis|hasta)\b)"
)  # fmt: skip
ONWARD = re.compile(
    rf"{SINCE} (?:the )?(?:{YEAR.format('y')}|{TENTH})"
    rf" (?:on(?! (?:the (?:way|road|list|route|path|drive|disk|server)|this|that|my|your|our|here))|onwards?|(?:or|and) (?:later|newer|more recent|after|up)|up|{_TO_NOW})\b"
)
PLUS = re.compile(
    r"\b(?:(?P<y>(?:19|20)\d\d)|(?P<d>(?:19|20)?\d0)s)"
    r"(?:\+| (?:or|and) (?:later|newer|up|after|onwards?|beyond|more recent)\b"
    rf"| (?:onwards?|upwards?|present|{_TO_NOW})(?! (?:the|on|in|my)\b)\b)"
)
CENTURIES = {w.replace("_", " "): n for n, w in enumerate(TABLE["NUMBERS"]["centuries"].split(), 14)}
CENTURY = re.compile(PART + rf"\b(?:(?P<c>\d\d)(?:st|nd|rd|th)|(?P<w>{'|'.join(CENTURIES)})) century\b")
SHORT_SPAN = re.compile(
    r"\b(?:between |from )(?P<a>[2-9]\d) (?:and|to|till|until|through) (?P<b>[2-9]\d)\b"
    r"(?! (?:min|minutes|seconds|songs|tracks|bpm|years|percent))"
)
SHORT = re.compile(
    r"\b(?:(?:from|in|around|circa|of|year) (?P<y>[3-9]\d)(?= (?:and|or|please)|$)|summer of (?P<s>[3-9]\d))\b"
)
PAIR = re.compile(
    r"\b(?:from|in|around|circa|of|year) (?P<a>[3-9]\d) or (?P<b>[3-9]\d)\b(?! (?:min|minutes|songs|tracks|bpm|years))"
)
BEYOND = re.compile(
    DECADE.format("d")
    + r"(?:(?P<on>(?: (?:and|or))? (?:newer|later|onwards?|upwards?|beyond|up|more recent|younger|"
    + _TO_NOW
    + r")\b)|(?P<back> (?:and|or) (?:earlier|older|before)\b))"
)
_THE_YEARS = "years "
"""What stands before a time, and is none: "songs from the years 2000"."""
RECENT, OLDEN = "recent years", "the old days"
VAGUE = {
    words: re.compile(rf"\b(?:{'|'.join(TABLE['VAGUE'][n])})(?!\w)")
    for words, n in ((RECENT, "new"), (OLDEN, "old"))
}
LAST = 2035
"""Year up to which a number of four digits is a year wherever it stands."""
_IN = {"from", "in", "of", "year", "since", "before", "after", "until"}
NEITHER = re.compile(rf"\b{TABLE['VAGUE']['neither'][0]}\b")


def _eras() -> Iterator[tuple[re.Pattern[str], Years]]:
    """Expressions for times that have a name, and their years."""
    for span, said in TABLE["ERAS"].items():
        low, _, high = span.partition("-")
        edge = r"\b" if said[0].isascii() else ""
        yield (
            re.compile(f"{edge}(?:{'|'.join(said)}){edge}"),
            (int(low) if low else None, int(high) if high else None),
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
            start += len(_THE_YEARS) if pattern is ONE and match[0].startswith(_THE_YEARS) else 0
            if told and not any(start < t.end and t.start < end for t in found):
                found.append(Time(start, end, *told))
    if any(t.words not in (RECENT, OLDEN, "") for t in found):
        # "90s retro style", "old 80s songs": the year says how old.
        found = [t for t in found if t.words != OLDEN]
    begun = {t.start - 1 for t in found if t.words not in (RECENT, OLDEN, "")}
    # "Modern 1950s songs" are not of recent years, "modern songs and 80s ones" are.
    found = [t for t in found if not (t.words == RECENT and t.end in begun)]
    return _joined(sorted(t for t in found if t.words))


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


def _year(said: str) -> int:
    """The year of "1967", "67"."""
    return int(said) if len(said) > 2 else 1900 + int(said)


def _bounds(said: str) -> tuple[int, int]:
    """The first and last year of "1967", "60s", "1960s", "sixties"."""
    if said in WORDS:
        return WORDS[said], WORDS[said] + 9
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
    tenth, part = (high - low + 1) // 10, PARTS.get(part or "", "")
    first, last = low, high
    if part == "early":
        last = low + (5 if tenth == 1 else 4) * tenth - 1
    elif part == "mid":
        first, last = (low if begun == "early" else low + 3 * tenth), low + 7 * tenth
    elif part == "late":
        first = low + (3 if begun == "mid" else 6) * tenth
    elif part == "first half":
        last = low + 5 * tenth - 1
    elif part == "second half":
        first = low + 5 * tenth
    of = " of the" if part.endswith("half") else ""
    return (first, last), f"the {begun + ' to ' if begun and part else ''}{part}{of} {low}s".replace(
        "the  ", "the "
    )


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


def _until(match: re.Match[str]) -> Told:
    last = _said(match)[1]
    return (None, last), f"no later than {last}"


def _later(match: re.Match[str]) -> Told:
    last = _said(match)[1]
    return (last + 1, None), f"after {last}"


def _earlier(match: re.Match[str]) -> Told:
    first = _said(match)[0]
    return (None, first - 1), f"before {first}"


def _elliptic(match: re.Match[str]) -> Told | None:
    first, then = int(match["d"]), int(match["then"][-2:]) or 100
    # "Fifty 80s songs" are fifty.
    return (_bounds(f"{first}s"), f"the 19{first}s") if match["and"] or then == first + 10 else None


def _century(match: re.Match[str]) -> Told:
    first = 100 * (CENTURIES[match["w"]] if match["w"] else int(match["c"])) - 100
    years, _ = _part(match["part"], match["from"], first, first + 99)
    return years, f"the {match[0]}"


def _single(match: re.Match[str]) -> Told | None:
    before = match.string[: match.start()].split()[-2:]
    # "The 1975" plays, "from the 1975" is a time, and "Blade Runner 2049" is a film.
    band = before[-1:] == ["the"] and not _IN & {*before} and match.end() == len(match.string)
    if band or (int(match["y"]) > LAST and not _IN & {*before}):
        return None
    return _one(int(match["y"]))


def _one(year: int) -> Told:
    return (year, year), str(year)


def _said(match: re.Match[str]) -> tuple[int, int]:
    """The first and last year of a year or a decade."""
    told = match.groupdict()
    if match["y"]:
        return _year(match["y"]), _year(match["y"])
    return _bounds(f"{match['d']}s") if match["d"] else (WORDS[told["dw"]], WORDS[told["dw"]] + 9)


READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Told | None]], ...] = (
    *((era, lambda match, span=span: (span, match[0])) for era, span in _eras()),
    (AGO, ago),
    (BACK, back),
    (PLUS, _from),
    (SPAN, _span),
    (SHORT_SPAN, _short_span),
    (PAIR, _short_span),
    (BEYOND, _beyond),
    (NOT_OLDER, _from),
    (ONWARD, _from),
    (SINCE_THEN, _from),
    (NOT_NEWER, _until),
    (LATEST, _until),
    (EARLIEST, _from),
    (LATER, _later),
    (EARLIER, _earlier),
    (ELLIPTIC, _elliptic),
    (TWENTIES, lambda _: ((1920, 1929), "the 1920s")),
    (ONE, lambda match: _part(match["part"], match["from"], *_decade(match))),
    (SINGLE, _single),
    (CENTURY, _century),
    (SPOKEN_YEAR, lambda match: _one(spoken(match))),
    (SHORT, lambda match: _one(_year(match["y"] or match["s"]))),
    (NEITHER, lambda _: ((None, None), "")),
    (VAGUE[RECENT], lambda _: ((2010, None), RECENT)),
    (VAGUE[OLDEN], lambda _: ((None, 1975), OLDEN)),
)
"""What is looked for, the surest first: a later pattern takes no words of an earlier one."""
