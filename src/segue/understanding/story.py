"""Occasions that are only told of beside a wish: "rough day with the kids. got something calm?"."""

from __future__ import annotations

from itertools import accumulate

from segue.understanding.reading import Reading

_TELLS = frozenset(
    "i im ive we weve were he hes she shes they theyre it its my our is are was been day week night evening "
    "just having had finally dropped left put today".split()
)
"""Words of a clause that tells, and is no list of words for what is wanted."""
_WANTS = frozenset(
    "play song songs something anything music hear want some need tune track find for one ones give".split()
)


def told(reading: Reading) -> set[int]:
    """The starts of the occasions that a clause of its own only tells of, where another says what is wanted.

    "I'm cooking. Some jazz?" is jazz, and rather such as suits cooking; "jazz for cooking" is for cooking.
    """
    clause = list(accumulate(int(t.begins) for t in reading.said))
    sounds = [f for f in reading.facts if f.concept.kind not in ("occasion", "length")]
    wanted = {clause[f.start] for f in sounds} | {clause[m.start] for m in reading.names}
    telling = {c for c, t in zip(clause, reading.said, strict=True) if t.word in _TELLS}
    telling -= wanted | {c for c, t in zip(clause, reading.said, strict=True) if t.word in _WANTS}
    facts = [f for f in reading.facts if clause[f.start] in telling]
    return {f.start for f in facts if wanted or f.start in reading.refused}
