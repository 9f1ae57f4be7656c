"""The k tracks with the largest inner product, exact, reading a quarter of the vectors' bytes.

One listener's scores of millions of tracks cost what reading the vectors costs. `Nearest` reads a copy of
one byte a number first, together with a bound on how wrong each score is, and then scores exactly only those
rows that the bound leaves in question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from segue.kit.arrays import Floats
from segue.models.recommender import top_rows

Rows = NDArray[np.int64]
LEVELS = 127
BLOCK = 256


def best(vectors: Floats, query: Floats, k: int, barred: Sequence[int] | Rows = ()) -> tuple[Rows, Floats]:
    """The rows of the k largest inner products and these, best first; fewer where fewer are left.

    The plain way, right for a few thousand tracks or a single question; equal scores in row order.

    Args:
        vectors: float32 (n_tracks, dim).
        query: float32 (dim,).
        k: how many.
        barred: rows that must not come back.
    """
    scores = vectors @ query
    scores[np.asarray(barred, np.int64)] = -np.inf
    rows = top_rows(scores, min(k, len(scores)), np.arange(len(scores)))
    rows = rows[scores[rows] > -np.inf]
    return rows, scores[rows]


class Nearest:
    """Answers `best` for one matrix many times, with the same result up to rounding.

    Args:
        vectors: float32 (n_tracks, dim), finite; kept, not copied. The copy of it in bytes is as large as a
            quarter of it.
    """

    def __init__(self, vectors: Floats) -> None:
        self.vectors = np.ascontiguousarray(vectors, np.float32)
        n, dim = self.vectors.shape
        self.codes = np.empty((n, dim), np.int8)
        self.scales, self.errors = np.empty(n, np.float32), np.empty(n, np.float32)
        for start in range(0, n, 1 << 16):
            part = self.vectors[start : start + (1 << 16)]
            scale = np.abs(part).max(axis=1, initial=0) / LEVELS
            codes = np.rint(part / np.where(scale > 0, scale, 1)[:, None])
            # The bound of Cauchy and Schwarz, and what adding up dim numbers in float32 may lose.
            lost = np.linalg.norm(part - codes * scale[:, None], axis=1)
            rounding = 2 * (dim + 4) * np.finfo(np.float32).eps * np.linalg.norm(part, axis=1)
            here = slice(start, start + len(part))
            self.codes[here], self.scales[here], self.errors[here] = codes, scale, lost + rounding

    def best(self, query: Floats, k: int, barred: Sequence[int] | Rows = ()) -> tuple[Rows, Floats]:
        """The rows of the k largest inner products and these, best first; fewer where fewer are left.

        Args:
            query: float32 (dim,), finite.
            k: how many.
            barred: rows that must not come back.
        """
        query = np.ascontiguousarray(query, np.float32)
        length = np.float32(np.linalg.norm(query) * (1 + 1e-6))
        least = np.empty(len(self.codes), np.float32)
        _least(self.codes, self.scales, self.errors, query, length, least)
        least[np.asarray(barred, np.int64)] = -np.inf
        edge = _at_most_kth(least, k)
        # At least k rows score `edge` or more; whatever cannot reach it is out.
        widest = self.errors.max(initial=0)
        rows = np.flatnonzero((least >= edge - 2 * length * widest) & (least > -np.inf))
        rows = rows[least[rows] + 2 * length * self.errors[rows] >= edge]
        scores = self.vectors[rows] @ query
        order = top_rows(scores, min(k, len(scores)), rows)
        return rows[order], scores[order]


def _at_most_kth(values: Floats, k: int) -> np.float32:
    """A number that at least k of the values reach, close to the kth largest; -inf if there are fewer.

    The kth largest of the blocks' maxima is such a number and much cheaper than the kth of all.
    """
    n_blocks = len(values) // BLOCK
    if n_blocks > k:
        values = values[: n_blocks * BLOCK].reshape(n_blocks, BLOCK).max(axis=1)
    if len(values) <= k:
        return np.float32(-np.inf)
    return np.float32(np.partition(values, len(values) - k)[len(values) - k])


@numba.njit(fastmath={"reassoc", "contract"}, nogil=True, cache=True)
def _least(codes: Any, scales: Any, errors: Any, query: Any, length: Any, out: Any) -> None:
    """What each row's inner product is at the least, into `out`."""
    for row in range(len(codes)):
        total = np.float32(0)
        for place in range(len(query)):
            total += np.float32(codes[row, place]) * query[place]
        out[row] = total * scales[row] - length * errors[row]
