"""Letter trigrams: names that were written a little differently."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from segue.kit.arrays import Floats
from segue.kit.words import words
from segue.models.retrieval.bm25 import stems

K1, B = 1.2, 0.75


def trigrams(text: str, rarity: dict[str, float] | None = None) -> dict[str, float]:
    """The trigrams of the words, each with the rarity of the rarest word that has it."""
    found: dict[str, float] = {}
    for word, stem in zip(words(text), stems(text), strict=True):
        weight = 1.0 if rarity is None else rarity.get(stem, 1.0)
        padded = f" {word} "
        for start in range(len(padded) - 2):
            gram = padded[start : start + 3]
            found[gram] = max(found.get(gram, 0.0), weight)
    return found


class Letters:
    """BM25 over letter trigrams of titles and artists.

    Args:
        texts: one a track.
        rarity: how seldom listeners say a stem (see `bm25.word_rarity`).
    """

    def __init__(self, texts: Sequence[str], rarity: dict[str, float]) -> None:
        self.rarity, self.places = rarity, dict[str, int]()
        rows, columns = [], []
        for row, text in enumerate(texts):
            for gram in trigrams(text):
                rows.append(self.places.setdefault(gram, len(self.places)))
                columns.append(row)
        shape = (len(self.places), len(texts))
        there = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
        lengths = np.asarray(there.sum(axis=0)).ravel()
        idf = np.log(len(texts) / np.maximum(np.asarray(there.sum(axis=1)).ravel(), 1) + 1e-9)
        level = (K1 + 1) / (1 + K1 * (1 - B + B * lengths / max(lengths.mean(), 1.0)))
        self.weights = sparse.csr_array(sparse.diags_array(idf) @ there @ sparse.diags_array(level))

    def score_texts(self, texts: Sequence[str]) -> Floats:
        """Scores, float32 (n_texts, n_tracks)."""
        rows, columns, values = [], [], []
        for row, text in enumerate(texts):
            for gram, weight in trigrams(text, self.rarity).items():
                if gram in self.places:
                    rows.append(row)
                    columns.append(self.places[gram])
                    values.append(weight)
        bag = sparse.csr_array((values, (rows, columns)), shape=(len(texts), len(self.places)))
        return np.asarray((bag @ self.weights).toarray(), np.float32)
