"""Several wishes made one: any of several times, either of two genres, a refusal and what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.understanding import acts
from segue.understanding.composers import classics, composed
from segue.understanding.index import Index
from segue.understanding.state import EVERYBODY, SOFT, Wish
from segue.understanding.text import key


def sparing(wish: Wish, but: tuple[Wish, ...]) -> Wish:
    """A refusal that leaves something alone: another instrument by its tag, anything else as it is."""
    words = f"{wish.words} other than {' or '.join(w.words for w in but)}"
    off = {v for w in but if w.kind == wish.kind == "instrument" for v in w.values}
    if left := tuple(v for v in wish.values if off and v not in off):
        return replace(wish, words=words, values=left)
    return replace(wish, words=words, but=but)


def any_time(found: list[Wish]) -> list[Wish]:
    """Several times that exclude each other are one wish: "60s, 70s and 80s" is any of them."""
    times = [w for w in found if w.kind == "year" and w.role == "required" and w.years]
    if len(times) < 2:
        return found
    lows, highs = zip(*[w.years for w in times if w.years], strict=True)
    if max(a or -9999 for a in lows) <= min(b or 9999 for b in highs):
        return found
    low = None if None in lows else min(lows)
    high = None if None in highs else max(highs)
    values = tuple(f"{a or ''}-{b or ''}" for a, b in zip(lows, highs, strict=True))
    one = replace(times[0], words=" or ".join(w.words for w in times), values=values, years=(low, high))
    return [one, *(w for w in found if w not in times)]


def either(new: list[Wish], kinds: tuple[str, ...] = ("genre",)) -> list[Wish]:
    """ "A mix of reggae and soul": one wish that either meets, for each of the kinds."""
    for kind in kinds:
        alike = [w for w in new if w.kind == kind and not w.refused]
        if len(alike) > 1:
            values = tuple(dict.fromkeys(v for w in alike for v in w.values))
            one = replace(alike[0], words=" or ".join(w.words for w in alike), values=values)
            new = [one, *(w for w in new if w not in alike)]
    return new


def played_by(index: Index, wanted: list[Wish], line: str) -> bool:
    """Whether one composed what the other plays here: "Bach by Glenn Gould" is both."""
    if not acts.PLAYED_BY.search(line):
        return False
    wrote = classics() | {*composed(index.catalogue)["key"]}
    told = any(key(w.words) in wrote for w in wanted)
    return told and bool(np.logical_and.reduce([index.meets(w) for w in wanted]).any())


def once(found: list[Wish]) -> list[Wish]:
    """The wishes without what is refused in the same breath: "not sad, everything is sad here"."""
    off = {(w.kind, w.words) for w in found if w.refused and w.kind != "year"}
    if any(w.kind == "voice" and w.words.endswith("male vocals") and not w.refused for w in found):
        off.add(("voice", "vocals"))  # "A woman's voice" is one wish.
    return [w for w in found if w.refused or (w.kind, w.words) not in off]


def as_felt(found: list[Wish]) -> list[Wish]:
    """The wishes without what is only felt: who broke up with a girlfriend is not in love.

    Who is sad and wants cheering up wants nothing sad.
    """
    if any(w.words == "a broken heart" for w in found):
        found = [w for w in found if w.words != "being in love"]
    if cheers := next((w for w in found if w.words == "cheering up"), None):
        found = [w for w in found if w.words != "a broken heart" and not _against(w, cheers)]
    return found


def _against(mood: Wish, occasion: Wish) -> bool:
    """Whether a mood is what does not suit an occasion."""
    return mood.kind == "mood" and f"-{mood.words}" in occasion.values


def beside(held: list[Wish], new: list[Wish]) -> tuple[list[Wish], list[Wish]]:
    """What held, and this turn's wishes, where they are said beside it: "80s rock", then "or the 70s"."""
    for wish in [w for w in new if not w.refused]:
        old = next((w for w in held if w.kind == wish.kind and w.role == wish.role), None)
        if old is None:
            continue
        both = any_time([old, wish]) if wish.kind == "year" else either([old, wish], (wish.kind,))
        if len(both) == 1:
            one = replace(both[0], turn=wish.turn)
            held, new = [w for w in held if w != old], [one if w == wish else w for w in new]
    return held, new


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


def settled(wishes: list[Wish]) -> list[Wish]:
    """No wish twice, the later one counts; what is refused does not stand in the values of what is wanted."""
    found: list[Wish] = []
    for wish in wishes:
        found = [w for w in found if not (w.same(wish) or w.words == wish.words == EVERYBODY)]
        found.append(wish)
    off = {v for w in found if w.refused and w.kind in ("genre", "mood", "instrument") for v in w.values}
    result = []
    for wish in found:
        if not wish.refused and wish.kind in ("genre", "mood", "instrument") and off & set(wish.values):
            left = tuple(v for v in wish.values if v not in off)
            wish = replace(wish, values=left) if left else wish
        result.append(wish)
    return result
