"""A list in parts: each part is ranked by itself, in the order in which they were said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from segue.kit.arrays import Bools
from segue.understanding.relax import possible
from segue.understanding.state import DialogueState, Gone

if TYPE_CHECKING:
    from segue.serving.chat import Conversation


def ranked(talk: Conversation, state: DialogueState, pool: Bools) -> tuple[dict[str, float], list[Gone]]:
    """The tracks of all parts, no track twice, with scores; and the wishes that had to go."""
    wished = {w.kind for p in state.parts for w in p.wishes}
    common = tuple(w for w in state.wishes if w.refused or w.kind not in wished)
    found: dict[str, float] = {}
    dropped: list[Gone] = []
    for part in state.parts:
        pool[talk.index.rows_of(found)] = False
        said = " ".join(w.words for w in (*common, *part.wishes) if not w.refused)
        single = replace(state, wishes=(*common, *part.wishes), count=part.n, parts=(), said=said)
        single, gone = possible(talk.index, single, pool)
        dropped += [d for d in gone if d not in dropped]
        found |= talk._ranked(single, pool)
    return found, dropped
