"""Clues: the evidence for a track that the model's state may gate, clean of the dialogue itself."""

from collections.abc import Sequence

import numpy as np

from segue.data.catalogue import Catalogue
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.models.hybrid import evidence, is_first
from segue.models.retrieval.bm25 import BM25, decayed
from segue.models.retrieval.dense import Dense
from segue.models.retrieval.mentions import Mentions, artist_keys, fact_keys, lead_keys, lead_name, title_keys
from segue.models.retrieval.named import NAMED, OFFERED, named_in
from segue.models.talkplay.gated.company import Company
from segue.models.talkplay.gated.letters import Letters, Spelt

DECAY = 0.8
"""Weight of an accepted or rejected track relative to the one after it."""
PRIOR = {
    "bm25": 1.0,
    "bm25_now": 0.7,
    "bm25_artist": 0.3,
    "bm25_title": 0.3,
    "letters_now": 0.7,
    "dense": 0.5,
    "dense_now": 0.7,
    "named_artist": 1.0,
    "lead_now": 0.3,
    "named_title": 1.0,
    "facts_now": 0.5,
    "named_before": 0.0,
    "unwanted": 0.0,
    "offered_artist": 0.0,
    "offered_title": 0.0,
    "same_artist": 0.0,
    "content": 0.3,
    "rejected": 0.0,
    "company": 0.3,
    "next": 0.3,
    "popularity": 0.0,
    "letters_before": 0.0,
    "spelt": 0.0,
    "dense_all": 0.0,
    "same_rejected": 0.0,
    "version": 0.0,
}
"""What the rank of each clue is worth before anything is learnt."""
NAMES = tuple(PRIOR)
NUMBERS = 3
"""Of each clue: z, rank, and the share of the best score."""


class Clues:
    """The scores of every track by every clue."""

    def __init__(self, bm25: BM25, dense: Dense) -> None:
        self.bm25, self.dense, self.catalogue = bm25, dense, bm25.catalogue
        tracks, rarity = self.catalogue.tracks, bm25.rarity
        artists, titles = (tracks[c].fill_null("").to_list() for c in ("artist", "title"))
        self.fields = [BM25(self.catalogue, rarity=rarity, texts=texts) for texts in (artists, titles)]
        self.letters = Letters([f"{t} {a}" for t, a in zip(titles, artists, strict=True)], rarity)
        self.artists = Mentions([artist_keys(name) for name in artists], rarity)
        self.spelt = Spelt([lead_name(name) for name in artists], rarity)
        self.leads = Mentions([lead_keys(name) for name in artists], rarity)
        self.named = named_in(self.catalogue)
        facts = zip(tracks["tags"].to_list(), tracks["year"].to_list(), strict=True)
        self.facts = Mentions([fact_keys(tags, year) for tags, year in facts], rarity, add=True)
        self.company = Company(self.catalogue)
        # The shortest key of a title is that without what stands in brackets.
        keys = [
            (min(title_keys(t), key=len, default=""), *sorted(lead_keys(a)))
            for t, a in zip(titles, artists, strict=True)
        ]
        places = {key: n for n, key in enumerate(dict.fromkeys(keys))}
        self.songs = np.array([places[key] for key in keys], np.int64)

    def scores(self, requests: Sequence[Request], dialogue_ids: Sequence[str] = ()) -> dict[str, Floats]:
        """Clue -> float32 (n_requests, n_tracks).

        Args:
            dialogue_ids: in training, of which dialogue each request is: the playlist it was made from does
                not count.
        """
        now = [decayed(r.said[-1:], 1.0) for r in requests]
        before = [decayed(r.said[:-1], 0.7) for r in requests]
        accepted = [_rows(self.catalogue, r.accepted) for r in requests]
        rejected = [_rows(self.catalogue, r.rejected) for r in requests]
        own = [self.company.own(i) for i in dialogue_ids] or [None] * len(requests)
        played = [self.company.scores(a, o) for a, o in zip(accepted, own, strict=True)]
        company, following, popularity = (np.stack(part) for part in zip(*played, strict=True))
        return {
            "bm25": self.bm25.score(requests),
            "bm25_now": self.bm25.score_texts(now),
            "bm25_artist": self.fields[0].score_texts(now),
            "bm25_title": self.fields[1].score_texts(now),
            "letters_now": self.letters.score_texts(now),
            "dense": self.dense.score(requests),
            "dense_now": self.dense.score_texts(now),
            **{name: self.named.score(name, requests) for name in (*NAMED, *OFFERED)},
            "lead_now": self.leads.score_texts(now),
            "facts_now": self.facts.score_texts(now),
            "same_artist": self.artists.shared(accepted, DECAY),
            "content": self._near(accepted),
            "rejected": self._near(rejected),
            "company": company,
            "next": following,
            "popularity": popularity,
            "letters_before": self.letters.score_texts(before),
            "spelt": self.spelt.score_texts(now),
            "dense_all": self.dense.score_texts([decayed(r.said, 1.0) for r in requests]),
            "same_rejected": self.artists.shared(rejected, DECAY),
            "version": self._played(accepted, rejected),
        }

    def table(self, requests: Sequence[Request], dialogue_ids: Sequence[str] = ()) -> Floats:
        """z, rank and share of the best of every clue, float32 (n_requests, n_tracks, 3 x n_clues)."""
        found = self.scores(requests, dialogue_ids)
        parts = []
        for name in NAMES:
            scores = np.asarray(found[name], np.float32)
            parts += [*evidence(scores), share(scores)]
        return np.stack(parts, axis=-1)

    def _played(self, *played: Sequence[Sequence[int]]) -> Floats:
        """1 for every version of a song that was played, float32 (n_requests, n_tracks)."""
        lists = [[row for given in lists for row in given] for lists in zip(*played, strict=True)]
        found = [np.isin(self.songs, self.songs[rows]) for rows in lists]
        return np.array(found, np.float32).reshape(len(lists), len(self.songs))

    def _near(self, given: Sequence[Sequence[int]]) -> Floats:
        """Cosine to the decayed mean of the rows' vectors, float32 (n_requests, n_tracks); 0 without rows."""
        vectors = self.dense.vectors
        centres = np.zeros((len(given), vectors.shape[1]), np.float32)
        for centre, rows in zip(centres, given, strict=True):
            if rows:
                weights = DECAY ** np.arange(len(rows))[::-1]
                centre += weights @ vectors[list(rows)] / weights.sum()
        return np.asarray(centres @ vectors.T, np.float32)


def share(scores: Floats) -> Floats:
    """Each score between the least, 0, and the best, 1, of its row; zeros where all are alike.

    z is cut and ranks forget by how much: this says how far the best is ahead.
    """
    least = scores.min(axis=1, keepdims=True)
    spread = scores.max(axis=1, keepdims=True) - least
    return np.asarray((scores - least) / np.where(spread > 1e-6, spread, np.inf), np.float32)


def _rows(catalogue: Catalogue, ids: Sequence[str]) -> list[int]:
    return [catalogue.rows[i] for i in ids if i in catalogue.rows]


def check_clues(n_numbers: int, where: object, command: str) -> None:
    """Refuse gates over another number of numbers than a `table` has."""
    if n_numbers != NUMBERS * len(NAMES):
        raise SegueError(
            "was trained with other clues than those of today", str(where), f"run `{command}` again"
        )


def stages(requests: Sequence[Request]) -> Floats:
    """Shape (n_requests, 2): always 1, and 1 where no track was accepted or rejected yet."""
    return np.stack([np.ones(len(requests), np.float32), is_first(requests)], axis=1)
