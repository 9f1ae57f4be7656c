"""What gives way where nothing meets all that is wished: what rests for a turn, and what is let go."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from segue.kit.arrays import Bools, Floats
from segue.understanding.index import Index
from segue.understanding.scales import FEASTS, MOST_OF, SIGN
from segue.understanding.state import (
    IMPORTANCE,
    NAMES,
    SOFT,
    Comparison,
    DialogueState,
    Dimension,
    Gone,
    Wish,
)
from segue.understanding.vocabulary import VOICES, kind_of
from segue.understanding.years import OLDEN, RECENT

MOST = 0.6
"""Share of a genre's tracks that must have another genre for it to be what that is part of."""


def possible(index: Index, state: DialogueState, free: Bools) -> tuple[DialogueState, list[Gone]]:
    """The state without its least important wishes, until a free track meets it, and what was dropped.

    A refusal is never dropped. One of a sound (`SOFT`) that was said before what is wished now rests for
    this turn (`DialogueState.resting`); of any other that is in the way the state tells (`against`).
    """
    utmost = tuple(c for c in state.comparisons if not c.tracks)
    state = replace(state, comparisons=tuple(c for c in state.comparisons if c.tracks))
    state = _resting(index, _narrowed(index, _named(index, state), free), free)
    # What no track at all has is let go first, whatever else is wished.
    dropped: list[Gone] = [w for w in state.required if not index.meets(w).any()]
    for nowhere in dropped:
        state = _wider(index, state.without(nowhere), nowhere, free) if isinstance(nowhere, Wish) else state
    whole = state
    named = _names_only(state)
    some = _left(index, replace(named, comparisons=()), free)
    if state.comparisons and some and not _left(index, named, free):
        # Nothing at all is calmer: then no other wish goes for it.
        dropped += state.comparisons
        state = replace(state, comparisons=())
    while state.wishes and not _left(index, state, free):
        least = _least(index, state, free)
        if least is None:
            break
        dropped.append(least)
        state = _wider(index, state.without(least), least, free)
    for gone in [d for d in dropped if isinstance(d, Wish) and d in whole.wishes][::-1]:
        # What went before what stood in the way comes back.
        if _left(index, again := replace(state, wishes=(gone, *state.wishes)), free):
            state = again
            dropped.remove(gone)
    state = _cut_short(index, state, free, dropped)
    if state.comparisons and not _left(index, state, free):
        dropped += state.comparisons
        state = replace(state, comparisons=())
    state = replace(state, comparisons=(*state.comparisons, *utmost))
    state = replace(state, against=_against(index, whole, free) if dropped else ())
    return _utmost(index, state, free), dropped


def _utmost(index: Index, state: DialogueState, free: Bools) -> DialogueState:
    """The state with the tracks that "the oldest" means: of those that have not played yet."""
    for comparison in (c for c in state.comparisons if not c.tracks):
        if untold(index.scale(comparison)):
            continue  # Where nothing is known of any track, none is the best known.
        others = replace(state, comparisons=tuple(c for c in state.comparisons if c.tracks))
        rows = index.utmost(comparison, index.allowed(others) & free, state.count).nonzero()[0]
        if len(rows):
            words = MOST_OF[comparison.dimension]
            ids = tuple(str(i) for i in index.catalogue.ids[rows])
            wish = Wish("track", words, "required", ids, turn=state.turn, now=True)
            state = replace(state, wishes=(*state.wishes, wish))
    return state


def untold(values: Floats) -> bool:
    """Whether all tracks are level in a dimension, or nothing is known of any."""
    return bool(np.isnan(values).all() or np.nanmin(values) == np.nanmax(values))


def _names_only(state: DialogueState) -> DialogueState:
    """The state with its refusals, this turn's names and comparisons alone."""
    firm = (w for w in state.wishes if w.refused or (w.kind in NAMES and w.turn == state.turn))
    return replace(state, wishes=tuple(firm))


def _left(index: Index, state: DialogueState, free: Bools) -> bool:
    return bool((index.allowed(state) & free).any())


def _named(index: Index, state: DialogueState) -> DialogueState:
    """Who asks for a track or an artist by name wants them, whatever was refused before."""
    mask = np.zeros(len(index.catalogue), bool)
    for wish in state.required:
        if wish.kind in NAMES and wish.turn == state.turn:
            mask |= index.meets(wish)
    for wish in state.refused if mask.any() else ():
        if wish.turn < state.turn and index.meets(wish)[mask].all():
            # "No fast songs", then "play Nirvana": fast this once.
            rests, state = wish.kind in SOFT, state.without(wish)
            if rests:
                state = replace(state, resting=(*state.resting, wish))
            else:
                state = replace(state, lifted=(*state.lifted, wish))
    return state


def _narrowed(index: Index, state: DialogueState, free: Bools) -> DialogueState:
    """The state with refusals of only what was said, and not of what is near to it: no trumpet, but brass."""
    near = [w for w in state.refused if w.kind in ("genre", *SOFT) and w.words in w.values[:1]]
    if not near or _left(index, state, free):
        return state
    wishes = tuple(replace(w, values=w.values[:1]) if w in near else w for w in state.wishes)
    other = replace(state, wishes=wishes)
    return other if _left(index, other, free) else state


def _resting(index: Index, state: DialogueState, free: Bools) -> DialogueState:
    """The state without the refusals of sounds that stand against what was asked for after them."""
    if _left(index, state, free):
        return state
    latest = max((w.turn for w in state.required), default=0)
    old = [w for w in state.refused if w.kind in SOFT and w.turn < latest]
    alone = next((w for w in old if _left(index, state.without(w), free)), None)
    rest = old if alone is None else [alone]
    other = replace(state, wishes=tuple(w for w in state.wishes if w not in rest))
    other = replace(other, resting=(*state.resting, *rest))
    return other if rest and _left(index, other, free) else state


def _least(index: Index, state: DialogueState, free: Bools) -> Wish | None:
    """The wish that is let go first, None where none may go."""
    order = sorted(
        (w for w in state.wishes if w.role == "required"), key=lambda w: _weight(w, state.turn, index)
    )
    if not order:
        return None
    # A wish that makes the difference by itself goes before one that does not.
    least = next((w for w in order if _left(index, state.without(w), free)), order[0])
    if _weight(least, state.turn, index)[0] > 4 >= _weight(order[0], state.turn, index)[0]:
        least = order[0]  # "Bluegrass with banjo", then "something with a sitar": the sitar stays.
    # A comparison is of this turn: a mood or a time of before gives way to it, what kind of music does not.
    named = any(w.kind in NAMES and w.turn == state.turn for w in (order[0], least))
    firm = named or least.kind in ("genre", "country", "language")
    return None if firm and _left(index, replace(state, comparisons=()), free) else least


def _weight(wish: Wish, turn: int, index: Index) -> tuple[int, int, int]:
    """By what wishes are let go, the smallest first.

    How it should sound, of turns ago, goes first; then what is said of mood and occasion now, then a time,
    then what kind of music, of turns ago; what is said now of instruments, of when and of what kind stays
    longest but for names. A name of an earlier turn is the first to go, one of this turn the last.
    """
    now = wish.turn == turn
    kind = "genre" if any(kind_of(v) == "genre" for v in wish.values[:1]) else wish.kind
    if wish.words in FEASTS:
        kind = "genre"  # "A christmas song", after metal: carols.
    if wish.kind == "country" and not index.country:
        kind = "occasion"  # A few tags tell where some music is from.
    named = wish.kind in NAMES
    if now:
        vague = {"occasion": 3, "mood": 3, "words": 3, "tempo": 4}
        late = 7 if named else 6 if kind in _KINDS else vague.get(kind, 5)
    else:
        late = 0 if named else 4 if kind in _KINDS and kind != "year" else 3 if kind == "year" else 1
    return late, IMPORTANCE.index(kind if kind == "occasion" else wish.kind), wish.turn


_KINDS = ("genre", "year", "language", "country")
"""Kinds of wish that say what music it is, of when and from where."""


def _wider(index: Index, state: DialogueState, gone: Wish, free: Bools) -> DialogueState:
    """The state with what a wish that was let go is part of: hip-hop for jazz rap, a voice for a woman's."""
    if gone.kind == "year" and gone.words in (OLDEN, RECENT) and not state.comparisons:
        return replace(state, comparisons=(Comparison("older" if gone.words == OLDEN else "newer", ()),))
    if gone.kind == "voice" and gone.words not in ("vocals", "instrumental"):
        whole = replace(state, wishes=(*state.wishes, Wish("voice", "vocals", values=VOICES, turn=gone.turn)))
        return whole if _left(index, whole, free) else state
    if gone.kind != "genre" or any(w.kind == "genre" for w in state.required):
        return state
    rows = index.meets(gone)
    shares = {t: rows[at].sum() / max(1, rows.sum()) for t, at in index.tags.items() if len(at) > rows.sum()}
    for tag in sorted(shares, key=lambda t: -shares[t]):
        wish = Wish("genre", index.spoken[tag], "required", (index.spoken[tag],), turn=gone.turn)
        whole = replace(state, wishes=(*state.wishes, wish))
        if shares[tag] >= MOST and kind_of(index.spoken[tag]) == "genre" and _left(index, whole, free):
            return whole
    return state


def _cut_short(index: Index, state: DialogueState, free: Bools, dropped: list[Gone]) -> DialogueState:
    """The state without the wishes of turns ago that would cut a list short, the least important first."""
    while state.count > 1 and int((index.allowed(state) & free).sum()) < state.count:
        asked = [w for w in state.wishes if w.role == "required"]
        old = [w for w in asked if w.turn < state.turn and any(w.turn == state.turn for w in state.wishes)]
        # What an occasion is like, is told by a few moods: no list is short for that.
        old = old or [w for w in asked if w.kind == "occasion" and len(asked) + len(state.refused) > 1]
        if not old:
            break
        least = min(old, key=lambda w: (IMPORTANCE.index(w.kind), w.turn))
        dropped.append(least)
        state = state.without(least)
    return state


def _against(index: Index, state: DialogueState, free: Bools) -> tuple[Wish, ...]:
    """The refusals of earlier turns without which something would have met all that is wished."""
    if _left(index, state, free):
        return ()  # What went has nothing here at all.
    old = [w for w in state.refused if w.turn < state.turn and not w.now]
    return tuple(w for w in old if _left(index, state.without(w), free))


def in_order(index: Index, state: DialogueState, ids: list[str]) -> list[str]:
    """Tracks with what is most of it first, where "the oldest", "newest first" was asked for."""
    known = {words: dimension for dimension, words in MOST_OF.items()}
    asked = next(
        (known[w.words] for w in state.wishes if w.kind == "track" and w.words in known), state.order
    )
    if not asked or len(ids) < 2:
        return ids
    dimension = cast(Dimension, asked)
    values = SIGN[dimension] * index.scale(Comparison(dimension, ()))[index.rows_of(ids)]
    return [ids[i] for i in np.argsort(-values, kind="stable")]
