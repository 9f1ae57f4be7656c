"""The evidence that the hybrid adds up: what each part, and a request itself, say of every track."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from segue.data.catalogue import Catalogue
from segue.data.request import Request
from segue.data.store import Feature
from segue.kit.arrays import Floats
from segue.models.recommender import Recommender
from segue.models.retrieval.bm25 import BM25, decayed
from segue.models.retrieval.dense import Dense
from segue.models.retrieval.mentions import Mentions, artist_keys, fact_keys, lead_keys
from segue.models.retrieval.named import NAMED, OFFERED, named_in
from segue.models.retrieval.neighbours import Neighbours, Space

Component = Callable[[Sequence[Request]], Floats]
TRAINED = ("talkplay", "talkplay_gated")
"""Parts that are kept where they were trained, not in the hybrid's own folder."""


def components(parts: dict[str, Recommender]) -> dict[str, Component]:
    """The scores to fuse by name, each a function of requests to float32 (n_requests, n_tracks).

    `_now` looks at the current utterance alone, `_before` at the earlier ones.
    """
    bm25, dense, neighbours = parts["bm25"], parts["dense"], parts["neighbours"]
    assert isinstance(bm25, BM25)
    assert isinstance(dense, Dense)
    assert isinstance(neighbours, Neighbours)
    catalogue, taste, prior = bm25.catalogue, neighbours.taste, neighbours.prior
    artists = Mentions([artist_keys(name) for name in catalogue.tracks["artist"]], bm25.rarity)
    leads = Mentions([lead_keys(name) for name in catalogue.tracks["artist"]], bm25.rarity)
    named = named_in(catalogue)
    told = catalogue.tracks.select("tags", "year").iter_rows()
    facts = Mentions([fact_keys(tags, year) for tags, year in told], bm25.rarity, add=True)
    text = Space.of(Feature(dense.vectors, np.ones(len(catalogue), bool)))
    found: dict[str, Component] = {
        "bm25": bm25.score,
        "bm25_now": lambda requests: bm25.score_texts(_now(requests)),
        "dense_now": lambda requests: dense.score_texts(_now(requests)),
        "lead_now": lambda requests: leads.score_texts(_now(requests)),
        "facts_now": lambda requests: facts.score_texts(_now(requests)),
        "same_artist": lambda requests: artists.shared(_accepted(catalogue, requests), taste.decay),
        "content": lambda requests: text.near(taste.centres(text, catalogue, requests)),
        "popularity": prior.score,
    }
    lyrics = catalogue.tracks["lyrics"].fill_null("").to_list()
    if any(lyrics):
        # The same rarity: how seldom listeners say a word, not how seldom it is sung.
        sung = BM25(catalogue, rarity=bm25.rarity, texts=lyrics)
        found["lyrics_now"] = lambda requests: sung.score_texts(_now(requests))
    if space := neighbours.spaces.get("playlist"):
        found["company"] = lambda requests: space.near(taste.centres(space, catalogue, requests))
    found |= {name: partial(named.score, name) for name in (*NAMED, *OFFERED)}
    found |= {name: parts[name].score for name in TRAINED if name in parts}
    return found


def _now(requests: Sequence[Request]) -> list[list[tuple[str, float]]]:
    """The current utterance of each request, with weight 1."""
    return [decayed(request.said[-1:], 1.0) for request in requests]


def _accepted(catalogue: Catalogue, requests: Sequence[Request]) -> list[list[int]]:
    """Rows of the accepted tracks of each request, oldest first."""
    return [[catalogue.rows[i] for i in r.accepted if i in catalogue.rows] for r in requests]
