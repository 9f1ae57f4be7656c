"""Shades of one thing: "sad but not depressing" is sad, "not too fast, not too slow" is of a medium tempo."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segue.understanding.facts import Fact
from segue.understanding.reading import Reading
from segue.understanding.state import SOFT, Wish

_VERY = r"(?: (?:too|so|very|that|really))?"
_MIDDLING = re.compile(
    rf"\b(?:not|neither|nor|nothing){_VERY} (?:slow|fast|quick)(?:,? (?:and|or|but|nor|yet)|,)"
    rf"(?: (?:not|nor|neither))?{_VERY} (?:fast|slow|quick)(?: either)?\b",
    re.IGNORECASE,
)


_NOTHING_NOT = re.compile(
    r"\b(?:nothing|no (?:songs?|music|tracks?)|(?:don['’]?t|do not|never) (?:play|give|want|like)(?: me)?"
    r" anything) (?:that|which)(?: ?['’]?s| is| are)? ?(?:n['’]?t|not) ",
    re.IGNORECASE,
)
_IF_NOT = re.compile(
    r"\bif (?:it|they|that)(?:['’]?s| is| are)? ?(?:n['’]?t|not) ([\w'’& -]{2,30}?),?"
    r" (?:then )?(?:i (?:don['’]?t|do not)"
    r" (?:want|need|care|like)|forget|skip|i['’]?m not|don['’]?t|spare me|leave)\b.*$",
    re.IGNORECASE,
)
_NOT_SUNG_IN = re.compile(
    r"\b(no|not|without|nothing|none)((?: more| any| sung)?) (?:singing|singers?|vocals|voices|lyrics|words"
    r"|sung) in (?=[a-z]+)",
    re.IGNORECASE,
)


def middling(text: str) -> str:
    """A text in which what is neither slow nor fast is of a medium tempo, and what is not not jazz is jazz.

    "No singing in English" is no English, whoever sings.
    """
    text = _IF_NOT.sub(r"only \1", _NOTHING_NOT.sub("only ", text))
    return _NOT_SUNG_IN.sub(r"\1\2 songs in ", _MIDDLING.sub("medium tempo", text))


def shades(reading: Reading) -> list[Fact]:
    """The facts that are refused of what is wanted in another word: "sad but not depressing"."""
    said = reading.said
    found = list[Fact]()
    for fact in (f for f in reading.facts if f.start in reading.refused and f.concept.kind in SOFT):
        wanted = (f for f in reading.facts if f.start < fact.start and f.start not in reading.refused)
        found += [
            fact for f in wanted if f.concept == fact.concept and said[f.start].word != said[fact.start].word
        ]
    return found


def shaded(new: Sequence[Wish], held: Sequence[Wish], line: str, turn: int) -> list[Wish]:
    """This turn's wishes without the refusal of a shade: "something calm", then "not sleepy though"."""
    latest = {(w.kind, w.values) for w in held if not w.refused and w.kind in SOFT and w.turn == turn - 1}
    said = {*line.split()}
    return [
        w
        for w in new
        if not (w.refused and (w.kind, w.values) in latest and w.words not in said and said & _BUT)
    ]


_BUT = frozenset("though but just only tho although".split())
