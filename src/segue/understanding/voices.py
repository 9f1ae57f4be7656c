"""Who sings: what a wish for a voice, or for none, lets through where tags leave the singer out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segue.kit.arrays import Bools
from segue.understanding.scales import NO_SONGS, SONGS, WORDLESS
from segue.understanding.state import DialogueState, Wish

if TYPE_CHECKING:
    from segue.understanding.index import Index

MARKED = 0.25
"""Share of tracks that are known to be sung, from which a song that is not marked so is one all the same."""


def voiced(index: Index, wish: Wish) -> Bools:
    """Shape (n_tracks,): which tracks have a voice, or none; a song has one where none is wished."""
    if wish.words not in ("vocals", "instrumental"):
        return index.having(wish.values)
    songs = index.having(SONGS) & ~index.having((*WORDLESS, *NO_SONGS))
    songs &= index.sung.mean() > MARKED  # Else the catalogue leaves out who sings.
    if "instrumental" in wish.values:
        return ~(index.sung | songs) & index.told
    return index.sung | songs if wish.refused else index.sung


def let_through(index: Index, wish: Wish, state: DialogueState) -> Bools:
    """Shape (n_tracks,): what a wish for a voice, or for none, lets through beside the others."""
    fits = index.meets(wish) ^ wish.refused
    whose = (w for w in state.required if w.kind in ("genre", "artist", "album", "title", "track"))
    of_kind = np.logical_and.reduce([np.ones_like(fits), *(index.meets(w) for w in whose)])
    none = "instrumental" in wish.values or (wish.refused and wish.words == "vocals")
    # "Metal without vocals": nothing is known to be, but not all of it is known to be sung.
    return fits if not none or (fits & of_kind).any() else ~index.sung & index.told
