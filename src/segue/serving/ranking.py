"""The best tracks for a state: of one wish, or of a list's parts one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from segue.kit.arrays import Bools
from segue.serving.copies import once
from segue.serving.evidence import evidence
from segue.understanding.guide import Guide
from segue.understanding.index import Index
from segue.understanding.relax import in_order, possible
from segue.understanding.retrieval import asked_of_retrieval
from segue.understanding.state import NAMES, DialogueState, Gone, Wish

if TYPE_CHECKING:
    from segue.serving.chat import Conversation


def ranked(
    talk: Conversation, state: DialogueState, pool: Bools, gone: Sequence[Gone] = ()
) -> dict[str, float]:
    """The best tracks of the pool, with scores, as many as asked for; no artist crowds a list out."""
    guide = Guide(state, talk.index, evidence(talk, state, gone), pool)
    guide = replace(guide, only=once(talk.catalogue, guide.allowed))
    if not guide.allowed.any():
        return {}
    # Where no tag says Christmas, a title may.
    themes = [d.words for d in gone if isinstance(d, Wish) and d.kind == "occasion"]
    text = " ".join([asked_of_retrieval(state), *themes]).strip()
    request = replace(talk.asked(state, text, frozenset()), wanted=guide)
    if talk.listener is not None and talk.listener.ranks_beside(talk.recommender):
        request = replace(request, history=())
    named = [w for w in state.wishes if w.kind in NAMES and not w.refused]
    one_artist = any(w.kind != "artist" or len(w.values) < 2 for w in named)
    found = talk.recommender.recommend([request], state.count if one_artist else max(40, 4 * state.count))
    pairs = zip(found.ids[0], found.scores[0], strict=True)
    scores = {str(i): float(s) for i, s in pairs if i is not None}
    ids = list(scores)
    if state.count > 1 and not one_artist:
        artists = talk.catalogue.tracks["artist"]
        seen = [artists[talk.catalogue.rows[i]] for i in ids]
        order = sorted(range(len(ids)), key=lambda n: (seen[:n].count(seen[n]), n))
        ids = [ids[n] for n in order]
    ids = _lasting(talk.index, ids, state.lasting) if state.lasting else ids[: state.count]
    return {i: scores[i] for i in in_order(talk.index, state, ids)}


def _lasting(index: Index, ids: list[str], seconds: int) -> list[str]:
    """The first of some tracks that together last so long, none known to be too long for it."""
    found, total = list[str](), 0.0
    for track in ids:
        lasts = float(index.seconds[index.catalogue.rows[track]])
        if lasts == lasts and total + lasts <= seconds * 1.05:
            found, total = [*found, track], total + lasts
        if total >= seconds * 0.95:
            break
    return found or ids[:1]


def of_parts(talk: Conversation, state: DialogueState, pool: Bools) -> tuple[dict[str, float], list[Gone]]:
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
        found |= ranked(talk, single, pool)
    return found, dropped
