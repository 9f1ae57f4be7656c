"""What tracks say beside the words: likeness to what was pointed at, unlikeness to what was refused."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from segue.kit.arrays import Floats
from segue.understanding.guide import LIKENESS
from segue.understanding.index import Index
from segue.understanding.scales import SIGN
from segue.understanding.state import NAMES, Comparison, DialogueState, Gone, Wish
from segue.understanding.work_parts import parts_of

if TYPE_CHECKING:
    from segue.serving.chat import Conversation

UNSAID = 2.0
"""How much more likeness weighs where nothing else is said."""
DECADE = 10
"""Years by which a track may be off before it is as unlikely as one that is unlike what is wanted."""
NEAREST = 2.0
"""How much likelier a track is that has just the mood that was said than one of the moods near to it."""
SAME_ARTIST = 1.5
"""How much less likely the artist that has just played is, where nobody asked for more of them."""


def evidence(talk: Conversation, state: DialogueState, gone: Sequence[Gone] = ()) -> Floats | None:
    """What tracks say beside words: likeness to what was pointed at, unlikeness to what was refused.

    Args:
        talk: the conversation.
        state: what is wished.
        gone: what was let go, as nothing meets them all: what is near to them is still better.
    """
    more = np.zeros(len(talk.catalogue), np.float32)
    if talk.listener is not None:
        request = talk.asked(state, None, frozenset())
        more += talk.listener.evidence(talk.recommender, request, state)
    like = talk.index.rows_of(state.like)
    wanted = [w for w in state.wishes if not w.refused]
    if state.act == "blend" and len(state.ends) == 2:
        more += LIKENESS * talk.likeness.both([talk.index.rows_of(e) for e in state.ends])
        more[[r for e in state.ends for r in talk.index.rows_of(e)]] -= 2 * LIKENESS
        for end in state.ends:
            more[_same_artist(talk.index, talk.index.rows_of(end))] -= 2 * LIKENESS
        return more
    guessed = state.act != "recommend" or state.vague in ("lost", "unread")
    if not like and not wanted and talk.played and guessed:
        liked = [t.content for t in talk.turns if t.role == "music" and t.liked is not False]
        like = talk.index.rows_of(liked[-1:])
    if not like and not wanted and state.comparisons:
        like = talk.index.rows_of(state.comparisons[0].tracks)
    if like:
        # Without a word to go by, likeness is all there is.
        alone = UNSAID if state.like and not wanted and not state.comparisons else 1.0
        more += alone * talk.likeness.evidence(like, _known(talk.index, like))
    if state.vague in ("anything", "lost") and not (like or wanted):
        more += _anything(talk, state)
    if state.rejected:
        more -= talk.likeness.to(talk.index.rows_of(state.rejected))
    if alike := [talk.index.meets(w) for w in state.refused if w.alike]:
        more -= talk.likeness.evidence(np.logical_or.reduce(alike).nonzero()[0].tolist())
    for mood in (w for w in wanted if w.kind == "mood"):
        more += NEAREST * _closeness(talk.index, mood)
    for comparison in (c for c in state.comparisons if c.tracks):
        more += 2 * NEAREST * talk.index.wholly(comparison)
    for wish in gone:
        more += _near(talk, wish) if isinstance(wish, Wish) else _towards(talk.index, wish)
    if any(w.kind == "album" or (w.kind in ("track", "title") and len(w.values) > 1) for w in wanted):
        more += 3 * LIKENESS * parts_of(talk.catalogue).opening  # A symphony begins with its first movement.
    if talk.played and not any(w.kind in NAMES for w in wanted):
        more[_same_artist(talk.index, talk.index.rows_of(talk.played[-2:]))] -= SAME_ARTIST
    return more


def _anything(talk: Conversation, state: DialogueState) -> Floats:
    """Where anything will do: what is known, (n_tracks,), and other tracks for other words."""
    seed = zlib.crc32(f"{state.said} {state.turn} {talk.played[-1:]}".encode())
    known = talk.index.known / max(1.0, float(talk.index.known.max(initial=0)))
    drawn = np.random.default_rng(seed).gumbel(size=len(known))
    return np.asarray(LIKENESS * (np.sqrt(known) + drawn / 2), np.float32)


def _closeness(index: Index, wish: Wish) -> Floats:
    """From 1 for tracks with the first of a wish's tags down to 0 for those with none, (n_tracks,)."""
    found = np.zeros(len(index.catalogue), np.float32)
    for place, value in reversed(list(enumerate(wish.values))):
        found[index.having([value])] = 1 - place / len(wish.values)
    return found


def _near(talk: Conversation, wish: Wish) -> Floats:
    """How near (n_tracks,) tracks are to a wish: in years, else in likeness to the tracks that meet it."""
    if wish.kind == "year" and wish.years is not None:
        low, high = wish.years
        away = np.fmax(0, (low or -np.inf) - talk.index.era) + np.fmax(0, talk.index.era - (high or np.inf))
        return np.asarray(np.nan_to_num(-LIKENESS * away / DECADE, nan=-LIKENESS), np.float32)
    rows = np.flatnonzero(talk.index.meets(wish)).tolist()
    if not rows:
        return np.zeros(len(talk.catalogue), np.float32)
    if wish.kind in ("mood", "tempo", "occasion"):
        scales = (talk.index.energy, talk.index.joy, talk.index.speed)
        return np.asarray(-2 * sum(_off(scale, rows) for scale in scales), np.float32)
    return talk.likeness.evidence(rows)


def _towards(index: Index, comparison: Comparison) -> Floats:
    """How far (n_tracks,) tracks go the way that a comparison asks for, where none goes beyond."""
    values = SIGN[comparison.dimension] * index.scale(comparison)
    spread = (
        (values - np.nanmean(values)) / (np.nanstd(values) or 1.0) if np.isfinite(values).any() else values
    )
    return np.asarray(LIKENESS * np.nan_to_num(spread), np.float32)


def _off(scale: Floats, rows: Sequence[int]) -> Floats:
    """How far (n_tracks,) values are from the mean of some rows, in units of the spread; 0 where unknown."""
    known = scale[list(rows)][np.isfinite(scale[list(rows)])]
    if not len(known):
        return np.zeros(len(scale), np.float32)
    return np.asarray(np.nan_to_num(np.abs(scale - known.mean()) / (np.nanstd(scale) or 1.0)), np.float32)


def _known(index: Index, rows: Sequence[int]) -> Floats | None:
    """How much each of an artist's tracks says of what the artist is: the better known, the more."""
    artists = {index.catalogue.tracks["artist"][r] for r in rows}
    return (1 + index.known[list(rows)]) ** 2 if len(artists) == 1 and len(rows) > 1 else None


def _same_artist(index: Index, rows: Sequence[int]) -> list[int]:
    """The rows of the artists of some rows."""
    artists = index.catalogue.tracks["artist"]
    names = tuple({artists[r] for r in rows if artists[r]})
    return np.flatnonzero(index.meets(Wish("artist", "", values=names))).tolist() if names else []
