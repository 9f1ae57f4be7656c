"""Times that a life tells: "when my mum was a teenager, she was born in 1970", "older than me, I'm 60"."""

from __future__ import annotations

import re
from datetime import date

from segue.understanding.years import Time, Years

_WHO = r"(?:i|he|she|we|they|(?:my|our|his|her) \w+(?: \w+)?)"
_WHOSE = r"(?:my|our|his|her|their|mums?|moms?|dads?)"
_KIN = r"(?:mum|mom|dad|nan|gran|grand\w+|son|daughter|brother|sister|wife|husband)"
_ME = r"(?:me|him|her|us|them|i am|myself|my \w+)"
_WAS = r"(?: ?was| ?were| ?am| ?m| ?is| ?s)"
_TENS = {"twenties": 20, "20s": 20, "thirties": 30, "30s": 30, "forties": 40, "40s": 40}
_DECADE = "|".join(_TENS)
_SCHOOL = r"(?:high ?school|secondary school|primary school|school|college|uni|university)"
BORN = re.compile(
    r"\b(?:born|i ?m from(?= (?:19|20)\d\d)|bday|birth year|birthday|year of birth)"
    r"(?: (?:in|is|was|back in|on|around|year|the year))* (?P<y>(?:19|20)\d\d|\d\d)\b"
)
AGED = re.compile(
    rf"\b(?:i ?m|i am|(?:he|she|who)(?: ?s| is)|{_KIN} (?:is|s)|(?:turned|turning|turns|aged?))"
    r" (?:now |only |almost |nearly |about )?(?P<age>[1-9]\d)\b(?!s)(?! (?:songs|tracks|minutes|bpm))"
    r"|\b(?P<old>[1-9]\d) (?:years? old|yrs? old|yo)\b"
    rf"|\b(?:my|our|his|her) (?:{_KIN}s?|friends?|boss|aunts?|uncles?)(?: s)?"
    r" (?P<th>[3-9]\d)(?:st|nd|rd|th)\b"
)
PHASE = re.compile(
    rf"\b(?:(?:in |from |of |during )?{_WHOSE} (?P<of>{_DECADE}|teens|teen(?:age)? years|childhood|youth"
    rf"|{_SCHOOL} ?(?:days|years)|student (?:days|years)|young(?:er)? (?:days|years)|adolescence)"
    rf"|(?:when|back when|while) {_WHO}(?: was| were)? (?:still )?(?:a |an |in |at )?(?P<was>teen\w*|child"
    rf"|kid|young|little|small|boy|girl|{_SCHOOL}|student|growing up|grew up"
    rf"|(?:(?:my|his|her|their) )?(?:early |late |mid )?(?:{_DECADE})"
    r"|(?P<at>[1-9]\d?)(?! songs))(?: years old)?)\b"
)
PHASES: tuple[tuple[str, tuple[int, int]], ...] = (
    (r"teen.*|adolescen.*|(?:high ?|secondary )school.*", (13, 19)),
    (r"child.*|kid|little|small|boy|girl|primary school.*", (4, 12)),
    (r"school.*|growing up|grew up", (6, 18)),
    (r"college.*|uni.*|student.*", (18, 24)),
)
BIRTH = re.compile(rf"\b(?:(?:the )?year (?:that |when |in which )?{_WHO}{_WAS} born|my birth ?year)\b")
OLDER = re.compile(
    rf"\b(?:older than {_ME}|(?:from )?(?:(?:the )?(?P<decade>decade|ten years) )?before {_WHO}{_WAS}"
    r" (?:even )?born)\b"
)
YOUNGER = re.compile(rf"\b(?:(?:younger|newer) than {_ME}|(?:since|after) {_WHO}{_WAS} born)\b")


def find(text: str) -> list[Time]:
    """The times that a folded text tells by somebody's life; what only tells the life has no words."""
    told = [m for p in (BORN, AGED) for m in p.finditer(text)]
    spoken = [(p, m) for p in (PHASE, BIRTH, OLDER, YOUNGER) for m in p.finditer(text)]
    if not told or not spoken:
        # "My twenties were wild" says no decade of music.
        decades = [m for p, m in spoken if p is PHASE and m["of"] in _TENS]
        return [Time(m.start("of"), m.end("of"), (None, None), "") for m in decades]
    born, (pattern, phase) = _born(told[0]), spoken[0]
    low, high = _span(pattern, phase)
    span: Years = (None if low is None else born + low, None if high is None else born + high)
    words = f"after {born}" if high is None else f"before {born}" if low is None else f"{span[0]}–{span[1]}"
    words = str(born) if span[0] == span[1] else words
    lives = [Time(m.start(), m.end(), (None, None), "") for m in told]
    return [Time(phase.start(), phase.end(), span, words), *lives]


def _born(match: re.Match[str]) -> int:
    """The year of birth that is told."""
    said = match.groupdict()
    if year := said.get("y"):
        return int(year) if len(year) == 4 else 1900 + int(year) if int(year) > 25 else 2000 + int(year)
    return date.today().year - int(said.get("age") or said.get("old") or said.get("th") or 0)


def _span(pattern: re.Pattern[str], phase: re.Match[str]) -> tuple[int | None, int | None]:
    """The first and last year of a life that a phase of it is; None where it is open."""
    if pattern is not PHASE:
        before = (-10 if pattern is OLDER and phase["decade"] else None, -1)
        return (0, 0) if pattern is BIRTH else before if pattern is OLDER else (1, None)
    if phase["at"]:
        return int(phase["at"]) - 1, int(phase["at"]) + 1
    said = phase["of"] or phase["was"]
    if tens := next((n for word, n in _TENS.items() if said.endswith(word)), 0):
        return tens, tens + 9
    return next((span for words, span in PHASES if re.fullmatch(words, said)), (14, 26))
