"""Semantic ids: residual k-means over what a track's text says, and one more code that tells equals apart."""

from dataclasses import dataclass

import numpy as np

from segue.data.library import Library
from segue.kit.arrays import Bools, Floats, unit
from segue.kit.errors import SegueError
from segue.tokens.kmeans import assign, fit_centroids
from segue.tokens.vectors import Vectors
from segue.tokens.vocabulary import Ints

SOURCES = ("metadata", "semantic", "audio", "lyrics", "playlist")
"""Whose vectors are quantised, the first that is there; the paper's come from the text of an item."""


@dataclass(frozen=True)
class Ids:
    """Ids of all tracks, no two alike.

    Args:
        codes: int64 (n_tracks, n_levels + 1), none negative; the last one tells apart who shares the others.
        centroids: float32 (n_levels, K, dim); empty where the codes were given.
        sizes: the number of codes of each level; on all but the last, K is the code of a missing vector.
    """

    codes: Ints
    centroids: Floats
    sizes: tuple[int, ...]


def vectors_of(library: Library) -> tuple[Floats, Bools]:
    """What is quantised, float32 (n_tracks, dim) at unit length, and where it is known.

    Raises:
        SegueError: there is no feature.
    """
    for name in SOURCES:
        if library.has(name):
            feature = library.feature(name)
            return unit(feature.matrix), feature.present
    raise SegueError("no feature to make semantic ids of", library.where, "run `segue features` first")


def residual_ids(vectors: Floats, present: Bools, levels: int, clusters: int, seed: int) -> Ids:
    """Ids of vectors (n, dim): every level clusters what the levels before have left over."""
    rest, books = vectors[present], []
    for level in range(levels):
        whole = Vectors(rest, unit=True)
        book = fit_centroids(whole, clusters, seed + level)
        books.append(np.pad(book, ((0, clusters - len(book)), (0, 0)), constant_values=1e3))
        rest = rest - books[-1][assign(whole, books[-1])]
    return ids_of(np.stack(books), vectors, present)


def ids_of(centroids: Floats, vectors: Floats, present: Bools, most: int = 0) -> Ids:
    """Ids by the nearest centroids (n_levels, K, dim); the last level has at least `most` codes.

    Where more tracks share an id than that level was made for, they share its last code, too.
    """
    levels, clusters, _ = centroids.shape
    codes = np.full((len(vectors), levels + 1), clusters, np.int64)
    rest = vectors[present]
    for level, book in enumerate(centroids):
        found = assign(Vectors(rest, unit=True), book)
        codes[present, level] = found
        rest = rest - book[found]
    codes[:, -1] = places_in_groups(codes[:, :-1])
    last = max(most, 1) if most else int(codes[:, -1].max(initial=0)) + 1
    codes[:, -1] = np.minimum(codes[:, -1], last - 1)
    return Ids(codes, centroids, (*([clusters + 1] * levels), last))


def given_ids(codes: Ints) -> Ids:
    """Ids that somebody else made, int64 (n_tracks, n_levels), all of them distinct."""
    sizes = tuple(int(n) + 1 for n in codes.max(axis=0))
    return Ids(codes, np.zeros((0, 0, 0), np.float32), sizes)


def places_in_groups(codes: Ints) -> Ints:
    """How many earlier rows are equal to each row, int64 (n,)."""
    _, group = np.unique(codes, axis=0, return_inverse=True)
    group = group.ravel()
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], group[order])
    found = np.empty(len(group), np.int64)
    found[order] = np.arange(len(group)) - starts
    return found
