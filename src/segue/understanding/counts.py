"""How many tracks are asked for: "five songs", "two by Queen and three by ABBA", "chansons please, 4"."""

from __future__ import annotations

import re
from itertools import pairwise

from segue.understanding import acts, context
from segue.understanding.reading import Reading

_BEFORE_NUMBERS = context.ASKED | frozenset(
    "a me us another gimme give want need mir moi dame dammi put on".split()
)
ALL = 30
"""Tracks that are played where all are asked for."""
LISTED = 10
"""Tracks of a list for which no number is said."""
_ALL_OF = frozenset("all every everything each whatever".split())
_VERSIONS = re.compile(
    r"\b(?:both|all|every|each|two|three)(?: of)?(?: the| your)? (?:versions?|recordings?|takes?|covers?)\b"
)
"""Of a title several tracks have: "both versions of Hound Dog"."""
_OPENS = re.compile(
    r"^(?:(?:please|pls|gimme|give me|i want|i need|need|play|hi|hello|hey|ok|okay|right|so|now|and|then) )*"
    rf"(?P<n>[2-9]|[12]\d|{'|'.join(acts.COUNT_WORDS)}) (?:with|without|from|by|off) "
)
_ABOUT = frozenset(
    "a like say maybe about around just only please pls or so max tops total make it songs tracks "
    "i give you gimme me us get want need lets have then now but".split()
)
"""What stands beside a number that is said by itself."""
_THEN = frozenset(("then", "followed", "finally", "lastly"))
_CLOSING = {
    (a, b) for a in ("finish", "finishing", "end", "ending", "close", "closing") for b in ("with", "on")
}
_AT_LAST = re.compile(
    r"\bto (?:finish|close|end|round (?:it|things) off|top it off)(?: (?:with|on|it|things))*$"
)
_OPENING = frozenset("first start starting begin beginning open opening".split())
"""Words beside which one track is said without a number."""


def counted(reading: Reading) -> int:
    """The number that stands right before a kind of music: "five blues", "dos sambas"; 0 where none does."""
    starts = {f.start for f in reading.facts if f.concept.kind in ("genre", "mood", "tempo", "language")}
    starts |= {m.start for m in reading.names if m.kind == "track"}
    for place, token in enumerate(reading.said[:-1]):
        asked = place == 0 or reading.said[place - 1].word in _BEFORE_NUMBERS
        number = acts.COUNT_WORDS.get(token.word, int(token.word) if token.word.isdigit() else 0)
        if place + 1 in starts and asked and place not in reading.taken() and 2 <= number <= 30:
            return number
    return 0


def how_many(line: str) -> int:
    """How many tracks are asked for: the sum of "two by Queen and three by ABBA"."""
    if len(each := acts.EACH.findall(line)) > 1:
        numbers = [acts.number(n) for n in each]
        if numbers[0] > 2 and numbers[0] >= sum(numbers[1:]) and not acts.LINKED.search(line):
            return min(numbers[0], 30)  # "Six by Queen, three of them from the eighties".
        return max(1, min(sum(map(acts.number, each)), 30))
    if each and acts.number(each[0]) > 1 and each[0] in line.split()[:3] and " of " not in f" {line} ":
        return min(acts.number(each[0]), 30)  # "Two by Queen".
    counts = list(acts.COUNT.finditer(line))
    if len(counts) > 1 and re.search(r"\b(?:and|plus|then)\b", line):
        # "Two sad songs and two happy ones".
        return max(1, min(sum(acts.number(next(g for g in c.groups() if g)) for c in counts), 30))
    found = acts.COUNT.search(line) or acts.SAY.search(line)
    if not found:
        return (
            ALL
            if acts.EVERY.match(line) or acts.REST.match(line)
            else LISTED
            if acts.LIST.search(line)
            else 1
        )
    word = next(g for g in found.groups() if g)
    return max(1, min(acts.number(word), 30))


def by_itself(reading: Reading) -> int:
    """The number of which a clause behind or before another is made: "chansons please, 4"; 0 for none."""
    said = reading.said
    starts = [i for i, t in enumerate(said) if t.begins or i == 0]
    for start, end in zip(starts, [*starts[1:], len(said)], strict=True):
        words = [t.word for t in said[start:end] if t.word not in _ABOUT]
        whole = end - start == len(said)
        if whole or len(words) != 1 or reading.taken() & set(range(start, end)):
            continue
        number = acts.COUNT_WORDS.get(words[0], int(words[0]) if words[0].isdigit() else 0)
        if 2 <= number <= 30:
            return number
    return 0


def _bare(line: str) -> int:
    """The number that an utterance opens with, and no noun behind it: "six with no words"."""
    match = _OPENS.match(line)
    number = acts.number(match["n"]) if match else 0
    return number if 2 <= number <= 30 else 0


def _clauses(reading: Reading) -> list[str]:
    """The clauses behind the first one: "My grandson put it here. Give me all the Spanish ones"."""
    starts = [i for i, t in enumerate(reading.said) if i and t.begins]
    return [" ".join(t.word for t in reading.said[a:b]) for a, b in pairwise([*starts, len(reading.said)])]


def asked_for(reading: Reading) -> int:
    """How many tracks are asked for; "play All Night Long" is one."""
    number = by_itself(reading) or max(counted(reading), how_many(reading.line), _bare(reading.line))
    number = ALL if number == 1 and any(acts.EVERY.match(c) for c in _clauses(reading)) else number
    if number == 1 and _VERSIONS.search(reading.line) and any(m.kind == "title" for m in reading.names):
        return ALL
    titles = {reading.said[m.start].word for m in reading.names if m.kind == "title"}
    return 1 if number == ALL and titles & _ALL_OF else number


def unnumbered(reading: Reading, at: list[int], starts: list[int]) -> list[int]:
    """Where one track is said without a number, beside those at `at`: "four by X, then Y to finish"."""
    words, way = [t.word for t in reading.said], acts.WAY.search(reading.line)
    if not at or "rest" in words:
        return []  # "Five: X first, then Y, the rest is up to you."
    told = [i for i in range(at[0], len(words)) if words[i] in _THEN]
    told += [i for i in range(at[0], len(words) - 1) if not way and tuple(words[i : i + 2]) in _CLOSING]
    if not way and _AT_LAST.search(reading.line) and "and" in words[at[0] :]:
        told.append(len(words) - 1 - words[::-1].index("and"))
    if {*words[: at[0]]} & _OPENING and {*words} & _THEN:
        told.append(next(i for i, w in enumerate(words) if w in _OPENING))
    # Where a number follows, that counts.
    ends = {i: min((a for a in (*at, len(words)) if a > i), default=len(words)) for i in told}
    return [i for i in dict.fromkeys(told) if any(i < start < ends[i] for start in starts)]
