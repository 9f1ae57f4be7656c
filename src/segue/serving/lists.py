"""Sentences about several tracks: a list, a way, a list that was edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segue.dialogues.facts import Dice
from segue.serving.answer import Answer, Played
from segue.serving.phrases import SAID
from segue.serving.wording import capital, listed, ordinal, quiet, shared
from segue.understanding.state import Wish

if TYPE_CHECKING:
    from segue.serving.sentences import Composer


def edited(composer: Composer, answer: Answer, dice: Dice) -> str:
    """What has changed in a list."""
    state, n = answer.state, len(answer.tracks)
    long = f"{n} tracks" if n > 1 else "1 track"
    if not state.places:
        return _rearranged(composer, answer, dice, long)
    added = n > len(state.listed)
    told = []
    for place in state.places:
        played = answer.tracks[place]
        phrase, _ = composer.phrase(composer.claims(played, state.turn), dice)
        name = composer.naming(played.row, dice).replace(": “", " with “", 1)
        what = f"added as the {ordinal(place + 1)}:" if added else f"the {ordinal(place + 1)} is now"
        told.append(f"{what} {name}, {phrase}")
    rest = len(told) - 1
    some = told if rest < 3 else [told[0], f"{rest} more are new"]
    return f"{capital('; '.join(some))}. The list has {long}."


def _rearranged(composer: Composer, answer: Answer, dice: Dice, long: str) -> str:
    """What has gone from a list, or how it goes now; that nothing has changed where nothing has."""
    state = answer.state
    if state.about == state.listed:
        off = [
            w.words
            for w in state.refused
            if w.turn == state.turn and w.kind in ("artist", "genre", "instrument")
        ]
        none = (
            f"There is no {' or '.join(off)} in it: the list stays"
            if off
            else "I did not catch that, so the list stays"
            if state.vague
            else "Nothing is to be changed: the list stays"
        )
        return f"{none} as it is, with {long}."
    gone = [t for t in state.listed if t not in state.about]
    titles = composer.index.catalogue.tracks["title"]
    names = [f"“{quiet(str(titles[r]))}”" for r in composer.index.rows_of(gone) if titles[r]]
    if gone and len(names) == len(gone) < 4:
        out = dice.pick(("out", "gone", "off the list"))
        return f"{listed(names)} {'is' if len(names) == 1 else 'are'} {out}: {long} left."
    if gone or len(state.about) < 3:
        return f"{dice.pick(('Done', 'All right', 'So it is'))}: the list has {long}."
    first, last = (f"“{quiet(str(answer.tracks[i].row['title']))}”" for i in (0, -1))
    order = dice.pick(
        (
            "Now it goes from {a} to {b}",
            "In the new order it begins with {a} and ends with {b}",
            "{a} comes first now, {b} last",
        )
    )
    return f"{order.format(a=first, b=last)}: {long}."


def _all_have(composer: Composer, wish: Wish, tracks: Sequence[Played]) -> bool:
    """Whether all tracks have the very tag that was wished, and not only one near to it."""
    rows = composer.index.rows_of(p.track_id for p in tracks)
    return bool(composer.index.having((wish.words,))[rows].all())


UNTOLD = ("occasion", "country", "words", "listening", "track", "title")
"""Kinds of wishes that say nothing of all tracks of a list."""


def several(composer: Composer, answer: Answer, dice: Dice) -> str:
    """A list or a way: how many, from where to where."""
    state, n = answer.state, len(answer.tracks)
    names = [str(p.row["title"] or p.track_id) for p in answer.tracks]
    if state.act == "way" and n == 2:
        first, then = (composer.naming(p.row, dice).replace(": “", " with “", 1) for p in answer.tracks)
        text = f"First {first}, then {then}."
    elif state.act == "way":
        text = f"From “{names[0]}” to “{names[-1]}” in {n} tracks, step by step."
    else:
        common = [w for w in state.wishes if all(w in p.met for p in answer.tracks) and w.role == "required"]
        told = [w for w in common if w.kind not in UNTOLD][:4]
        of = ", ".join(shared(w, plainly=_all_have(composer, w, answer.tracks)) for w in told)
        text = dice.pick(SAID["lists"]).format(k=n, n=composer.naming(answer.tracks[0].row, dice))
        text += f" All of them: {of}." if of else ""
        said = {composer.heard(p, state).rstrip(".") for p in answer.tracks}
        if len(said) == 1 and " It is not among" in next(iter(said)):
            text += next(iter(said)).replace(" It is not", " None of them is") + "."
    if n >= state.count or state.lasting:
        return text
    return text + (" Of a part there are fewer." if state.parts else f" There are no more than {n}.")
