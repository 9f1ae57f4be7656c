"""Letter trigrams: names that were written a little differently."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from segue.kit.arrays import Floats
from segue.kit.words import words
from segue.models.retrieval.bm25 import stems

Ints = np.ndarray[Any, np.dtype[np.int64]]
K1, B = 1.2, 0.75
LONG = 30.0
"""Summed rarity of the letters of a name from which on it counts no more for being longer."""


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
        rarity: how seldom listeners say a stem (see `bm25.word_rarity`).
    """

    def __init__(self, texts: Sequence[str], rarity: dict[str, float]) -> None:
        self.rarity = rarity
        self.places, columns, rows = _found_in(texts)
        shape = (len(self.places), len(texts))
        there = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
        lengths = np.asarray(there.sum(axis=0)).ravel()
        idf = np.log(len(texts) / np.maximum(np.asarray(there.sum(axis=1)).ravel(), 1) + 1e-9)
        level = (K1 + 1) / (1 + K1 * (1 - B + B * lengths / max(lengths.mean(), 1.0)))
        self.weights = sparse.csr_array(sparse.diags_array(idf) @ there @ sparse.diags_array(level))

    def score_texts(self, queries: Sequence[Sequence[tuple[str, float]]]) -> Floats:
        """Scores, float32 (n_queries, n_tracks), of queries that are texts with weights."""
        return np.asarray((_bag(queries, self.places, self.rarity) @ self.weights).toarray(), np.float32)


class Spelt:
    """How much of a name is said, letter by letter: a trigram counts what it is rare among the names.

    Args:
        rarity: how seldom listeners say a stem (see `bm25.word_rarity`).
    """

    def __init__(self, names: Sequence[str], rarity: dict[str, float]) -> None:
        self.rarity = rarity
        unique, self.rows = np.unique(np.array(names, object), return_inverse=True)
        self.places, rows, columns = _found_in(unique.tolist())
        idf = np.log((len(unique) + 1) / np.bincount(columns, minlength=len(self.places)))
        shape = (len(unique), len(self.places))
        self.table = sparse.csr_array((idf[columns].astype(np.float32), (rows, columns)), shape=shape)
        self.whole = np.asarray(self.table.sum(axis=1), np.float32).ravel()

    def score_texts(self, queries: Sequence[Sequence[tuple[str, float]]]) -> Floats:
        """Scores, float32 (n_queries, n_tracks): the cubed share of the name, more for longer names."""
        said = (_bag(queries, self.places, self.rarity) @ self.table.T).toarray()
        shares = said / np.maximum(self.whole, 1e-9)
        return np.asarray((shares**3 * np.minimum(self.whole, LONG))[:, self.rows], np.float32)


def _found_in(texts: Sequence[str]) -> tuple[dict[str, int], Ints, Ints]:
    """The trigrams of all texts by place, and of each that a text has the text and the place, int64 (n,)."""
    places: dict[str, int] = {}
    pairs = [
        (row, places.setdefault(gram, len(places)))
        for row, text in enumerate(texts)
        for gram in trigrams(text)
    ]
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    return places, rows, columns


def _bag(
    queries: Sequence[Sequence[tuple[str, float]]], places: dict[str, int], rarity: dict[str, float]
) -> Any:
    """The weighted trigrams of queries, sparse (n_queries, n_trigrams)."""
    rows, columns, values = [], [], []
    for row, query in enumerate(queries):
        for text, much in query:
            for gram, weight in trigrams(text, rarity).items():
                if gram in places:
                    rows.append(row)
                    columns.append(places[gram])
                    values.append(much * weight)
    shape = (len(queries), len(places))
    return sparse.csr_array((np.array(values, np.float32), (rows, columns)), shape=shape)
