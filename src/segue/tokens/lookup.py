"""From a generated tuple of codes to tracks: weighted overlap, as published. Source: TalkPlay 2.4.

A track's score is the sum, over modalities, of the weight where its code equals the generated one. `Lookup`
finds the best k without looking at every track, and gives exactly what sorting all scores would give.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from segue.data.codes import Codes
from segue.kit.arrays import Bools, Floats

Rows = np.ndarray[Any, np.dtype[np.int64]]
Piece = tuple[np.ndarray[Any, np.dtype[np.int32]], np.ndarray[Any, np.dtype[np.unsignedinteger[Any]]]]

WEIGHTS = {"playlist": 25.0, "semantic": 16.0, "metadata": 9.0, "lyrics": 4.0, "audio": 1.0}
"""The published weights, quadratic in the order of generation. Source: TalkPlay 2.4, table 3."""


def weights_of(modalities: Sequence[str], weights: dict[str, float] | None = None) -> Floats:
    """The weights of the columns of a table of codes, float32 (n_modalities,); 0 for one not named."""
    named = WEIGHTS if weights is None else weights
    return np.array([named.get(m, 0.0) for m in modalities], dtype=np.float32)


def overlap_scores(codes: Codes, query: Codes, weights: Floats | Sequence[float]) -> Floats:
    """The score of every track, float32 (n_tracks,).

    Args:
        codes: int16 (n_tracks, n_modalities), -1 = missing.
        query: int16 (n_modalities,), -1 = missing; a missing code equals nothing, not even another.
        weights: (n_modalities,), none of them negative.
    """
    weights = np.asarray(weights, dtype=np.float32)
    scores = np.zeros(len(codes), dtype=np.float32)
    for column, code, weight in zip(codes.T, query, weights, strict=True):
        if code >= 0:
            scores += (column == code) * weight
    return scores


class Lookup:
    """The tracks of each code, filed so that a tuple's best tracks are found fast.

    For each modality the codes of all modalities stand sorted by that modality's code, so that the tracks of
    one code are one contiguous piece. Which modalities of a track match is a bit pattern; there are only
    2 ** n_modalities of them, so scores are counted, never sorted.

    Args:
        codes: int16 (n_tracks, n_modalities), -1 = missing; at most 16 modalities.
        weights: float32 (n_modalities,), none of them negative.

    Raises:
        ValueError: the shapes do not fit, or a weight is negative.
    """

    def __init__(self, codes: Codes, weights: Floats) -> None:
        if codes.ndim != 2 or weights.shape != codes.shape[1:] or len(weights) > 16 or (weights < 0).any():
            raise ValueError(f"codes {codes.shape} and weights {weights} do not fit")
        self.n_tracks = len(codes)
        self.weights = weights.astype(np.float32)
        self.by_weight = np.argsort(-weights, kind="stable").tolist()
        orders = [np.argsort(column, kind="stable") for column in codes.T]
        self.rows = [order.astype(np.int32) for order in orders]
        self.sorted = [np.ascontiguousarray(codes[order].T) for order in orders]
        self.bounds = [np.cumsum(np.bincount(column.astype(np.int64) + 1)) for column in codes.T]
        self.score_of = np.zeros(1 << len(weights), dtype=np.float32)
        patterns = np.arange(len(self.score_of))
        for bit, weight in enumerate(self.weights):
            self.score_of += ((patterns >> bit) & 1) * weight

    def top(self, query: Codes, k: int, allowed: Bools | None = None) -> tuple[Rows, Floats]:
        """The k best tracks: rows int64 (k,), best first, equal scores in row order, and scores float32 (k,).

        k is cut to the number of tracks; where fewer tracks share a code with the query, the first of the
        others fill up with score 0.

        Args:
            query: int16 (n_modalities,), -1 = missing.
            allowed: bool (n_tracks,), the tracks that may come; all where None.
        """
        k = min(k, self.n_tracks if allowed is None else int(np.count_nonzero(allowed)))
        pieces, counts = self._collect(query, k, allowed)
        best_first = np.argsort(-self.score_of, kind="stable")
        reached = np.cumsum(counts[best_first])
        place = int(np.searchsorted(reached, k))
        # The score at place k: whatever scores more is in, of those equal the first rows.
        edge = self.score_of[best_first[place]] if place < len(reached) else np.float32(-1)
        found, scores = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
        for rows, patterns in pieces:
            score = self.score_of[patterns]
            tied = np.flatnonzero(score == edge)[:k]
            chosen = np.concatenate([np.flatnonzero(score > edge), tied])
            found.append(rows[chosen].astype(np.int64))
            scores.append(score[chosen])
        return self._ordered(np.concatenate(found), np.concatenate(scores), k, allowed)

    def scores(self, query: Codes) -> Floats:
        """Every track's score, float32 (n_tracks,): what `overlap_scores` gives, by the pieces."""
        found = np.zeros(self.n_tracks, dtype=np.float32)
        for m in range(len(self.weights)):
            if query[m] >= 0:
                rows, patterns = self._piece(m, query)
                found[rows] = self.score_of[patterns]
        return found

    def _collect(self, query: Codes, k: int, allowed: Bools | None) -> tuple[list[Piece], Rows]:
        """Rows among which the k best are, each once with its pattern, and the count of each pattern.

        Modality by modality, heaviest first: a row that none of those so far has found scores at most the
        weights of the rest. Once k rows score more, no other can be among the best.
        """
        asked = [m for m in self.by_weight if query[m] >= 0 and self.weights[m] > 0]
        pieces: list[Piece] = []
        counts = np.zeros(len(self.score_of), dtype=np.int64)
        earlier = 0
        for place, m in enumerate(asked):
            rest = float(self.weights[asked[place:]].sum())
            if counts[self.score_of > rest].sum() >= k:
                break
            rows, patterns = self._piece(m, query)
            if allowed is not None:
                rows, patterns = rows[allowed[rows]], patterns[allowed[rows]]
            if earlier:
                new = (patterns & earlier) == 0
                rows, patterns = rows[new], patterns[new]
            counts += np.bincount(patterns, minlength=len(counts))
            pieces.append((rows, patterns))
            earlier |= 1 << m
        return pieces, counts

    def _piece(self, modality: int, query: Codes) -> Piece:
        """Rows, in order, of the tracks that have the query's code of one modality, and their patterns."""
        bounds, code = self.bounds[modality], int(query[modality])
        start, end = bounds[code : code + 2] if code + 1 < len(bounds) else (0, 0)
        patterns = np.zeros(end - start, dtype=np.uint8 if len(query) <= 8 else np.uint16)
        for bit, column in enumerate(self.sorted[modality]):
            if query[bit] >= 0:
                patterns |= (column[start:end] == query[bit]).astype(patterns.dtype) << bit
        return self.rows[modality][start:end], patterns

    def _ordered(self, rows: Rows, scores: Floats, k: int, allowed: Bools | None) -> tuple[Rows, Floats]:
        """The k best of some rows in order; rows that share no code with the query fill up."""
        order = np.lexsort((rows, -scores))[:k]
        rows, scores = rows[order], scores[order]
        if len(rows) < k:
            first = np.arange(self.n_tracks) if allowed is None else np.flatnonzero(allowed)
            others = np.setdiff1d(first[: k + len(rows)], rows)[: k - len(rows)]
            rows = np.concatenate([rows, others])
            scores = np.pad(scores, (0, len(others)))
        return rows, scores
