"""Sentences about several tracks: a list, a way, a list that was edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segue.dialogues.facts import Dice
from segue.serving.answer import Answer, Played
from segue.serving.phrases import SAID
from segue.serving.wording import capital, ordinal, shared
from segue.understanding.state import Wish

if TYPE_CHECKING:
    from segue.serving.sentences import Composer


def edited(composer: Composer, answer: Answer, dice: Dice) -> str:
    """What has changed in a list."""
    state, n = answer.state, len(answer.tracks)
    long = f"{n} tracks" if n > 1 else "1 track"
    if not state.places and state.about == state.listed:
        return f"Nothing is to be changed: the list has {long}."
    if not state.places:
        return f"{dice.pick(('Done', 'All right', 'So it is'))}: the list has {long}."
    told = []
    for place in state.places:
        played = answer.tracks[place]
        phrase, _ = composer.phrase(composer.claims(played, state.turn), dice)
        told.append(f"the {ordinal(place + 1)} is now {composer.naming(played.row, dice)}, {phrase}")
    rest = len(told) - 3
    some = told[:3] + (["one more is new"] if rest == 1 else [f"{rest} more are new"] if rest > 1 else [])
    return f"{capital('; '.join(some))}. The list has {long}."


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
