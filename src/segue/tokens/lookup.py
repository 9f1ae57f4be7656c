"""From a generated tuple of codes to tracks: weighted overlap, as published. Source: TalkPlay 2.4.

A track's score is the sum, over modalities, of the weight where its code equals the generated one. `Lookup`
finds the best k without looking at every track, and gives exactly what sorting all scores would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from segue.models.recommender import Floats
from segue.tokens.quantise import Codes

Rows = np.ndarray[Any, np.dtype[np.int64]]

WEIGHTS = {"playlist": 25.0, "semantic": 16.0, "metadata": 9.0, "lyrics": 4.0, "audio": 1.0}
"""The published weights, quadratic in the order of generation. Source: TalkPlay 2.4, table 3."""


def weights_of(modalities: Sequence[str], weights: dict[str, float] | None = None) -> Floats:
    """The weights of the columns of a table of codes, float32 (n_modalities,); 0 for one not named."""
    named = WEIGHTS if weights is None else weights
    return np.array([named.get(m, 0.0) for m in modalities], dtype=np.float32)


def overlap_scores(codes: Codes, query: Codes, weights: Floats) -> Floats:
    """The score of every track, float32 (n_tracks,).

    Args:
        codes: int16 (n_tracks, n_modalities), -1 = missing.
        query: int16 (n_modalities,), -1 = missing; a missing code equals nothing, not even another.
        weights: float32 (n_modalities,), none of them negative.
    """
    scores = np.zeros(len(codes), dtype=np.float32)
    for column, code, weight in zip(codes.T, query, weights, strict=True):
        if code >= 0:
            scores += (column == code) * weight
    return scores


class Lookup:
    """The tracks of each code, filed so that a tuple's best tracks are found fast.

    Args:
        codes: int16 (n_tracks, n_modalities), -1 = missing.
        weights: float32 (n_modalities,), none of them negative.

    Raises:
        ValueError: the shapes do not fit, or a weight is negative.
    """

    def __init__(self, codes: Codes, weights: Floats) -> None:
        if codes.ndim != 2 or weights.shape != codes.shape[1:] or (weights < 0).any():
            raise ValueError(f"codes {codes.shape} and weights {weights} do not fit")
        self.n_tracks = len(codes)
        self.weights = weights.astype(np.float32)
        self.columns = np.ascontiguousarray(codes.T)
        self.orders = [np.argsort(column, kind="stable") for column in self.columns]
        self.bounds = [_bounds(column) for column in self.columns]
        self.by_weight = np.argsort(-weights, kind="stable")

    def top(self, query: Codes, k: int) -> tuple[Rows, Floats]:
        """The k best tracks: rows (k,), best first, equal scores in row order, and scores float32 (k,).

        k is cut to the number of tracks; where fewer tracks share a code with the query, the first of the
        others fill up with score 0.
        """
        k = min(k, self.n_tracks)
        rows = self._candidates(query, k)
        scores = np.zeros(len(rows), dtype=np.float32)
        for column, code, weight in zip(self.columns, query, self.weights, strict=True):
            if code >= 0:
                scores += (column[rows] == code) * weight
        rows, scores = _best(rows, scores, k)
        if len(rows) < k:
            others = np.setdiff1d(np.arange(k + len(rows)), rows)[: k - len(rows)]
            rows = np.concatenate([rows, others])
            scores = np.concatenate([scores, np.zeros(len(others), dtype=np.float32)])
        return rows, scores

    def _candidates(self, query: Codes, k: int) -> Rows:
        """Rows among which the k best are, each once; all that share a code where these are fewer than k.

        Modality by modality, heaviest first. Once k rows are found by modalities that each outweigh all
        those still to come together, no row found by the rest alone can be among the k best.
        """
        asked = [m for m in self.by_weight if query[m] >= 0 and self.weights[m] > 0]
        found: list[Rows] = []
        n_found = 0
        for place, m in enumerate(asked):
            rows = self._tracks_of(m, int(query[m]))
            for earlier in asked[:place]:
                rows = rows[self.columns[earlier][rows] != query[earlier]]
            found.append(rows)
            n_found += len(rows)
            rest = float(self.weights[asked[place + 1 :]].sum())
            if n_found >= k and self.weights[m] > rest:
                break
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _tracks_of(self, modality: int, code: int) -> Rows:
        """Rows of the tracks with one code, in row order."""
        bounds = self.bounds[modality]
        if code + 1 >= len(bounds):
            return np.zeros(0, dtype=np.int64)
        return self.orders[modality][bounds[code] : bounds[code + 1]]


def _bounds(column: Codes) -> Rows:
    """Where the tracks of each code begin in the sorted column, with one entry more; missing ones are first."""
    counts = np.bincount(column.astype(np.int64) + 1)
    return np.cumsum(counts)


def _best(rows: Rows, scores: Floats, k: int) -> tuple[Rows, Floats]:
    """The k best rows, best first, equal scores in row order; ties at the edge are not sorted but selected."""
    if len(rows) > k:
        edge = np.partition(scores, len(scores) - k)[len(scores) - k]
        above, tied = rows[scores > edge], rows[scores == edge]
        n_tied = k - len(above)
        tied = np.partition(tied, n_tied - 1)[:n_tied] if n_tied < len(tied) else tied
        scores = np.concatenate([scores[scores > edge], np.full(n_tied, edge, dtype=np.float32)])
        rows = np.concatenate([above, tied])
    order = np.lexsort((rows, -scores))
    return rows[order], scores[order]
