"""k-means of more vectors than fit in memory: the start from a sample, then passes over chunks.

Every pass is one matrix product a chunk, at torch's "medium" precision: factors of 16 bits and sums of 32
where the processor has units for that, 32 bits throughout elsewhere. Means, and the codes of tracks, are
always made in 32 bits.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from segue.data.codes import Codes
from segue.kit.arrays import Floats
from segue.tokens.vectors import Matrix, Vectors, vectors_of

CHUNK = 1 << 22
"""Numbers at a time (16 MB): a chunk of vectors, and its table of similarities, stay below."""
START_ROWS = 32
"""Vectors a cluster that the first centroids are drawn from: each is looked at once a cluster."""
SAMPLE_ROWS = 256
"""Vectors a cluster that the passes begin with; all vectors then take part in the last ones."""
SAMPLE_BYTES = 1 << 30
"""The most that the sample may take in memory."""
PASSES, LAST_PASSES = 25, 3
"""Passes over the sample, and over all vectors where they are more."""
SMALLEST_GAIN = 1e-5
"""Passes end early when the mean squared distance falls by a smaller share than this."""


def fit_centroids(vectors: Vectors | Matrix, clusters: int, seed: int) -> Floats:
    """The centroids of normalised vectors, float32 (K, dim); every one is the nearest of some vector.

    Args:
        vectors: (n, dim); on disk they stay there, apart from a sample.
        clusters: K, cut to the number of distinct vectors.
    """
    vectors = vectors_of(vectors)
    distinct = _some_distinct(vectors, clusters + 1)
    if len(distinct) <= clusters:
        return distinct
    size = max(START_ROWS * clusters, min(SAMPLE_ROWS * clusters, SAMPLE_BYTES // (4 * vectors.dim)))
    sample = vectors.sample(size, seed)
    centroids = lloyd(sample, first_centroids(sample, clusters, seed), PASSES)
    if len(sample) < len(vectors):
        del sample
        centroids = lloyd(vectors, centroids, LAST_PASSES)
    # A code that no track has would be a token that no example teaches.
    return centroids[np.unique(assign(vectors, centroids))]


def first_centroids(vectors: Vectors | Matrix, clusters: int, seed: int) -> Floats:
    """K of the vectors, far from each other, float32 (K, dim): greedy k-means++ on a sample.

    A start at random misses clusters that lie far apart. Each next centroid is the best of some candidates,
    drawn with the squared distance to the centroids so far as their weight: the one that leaves the smallest
    sum of squared distances.
    """
    rows = torch.from_numpy(vectors_of(vectors).sample(START_ROWS * clusters, seed).matrix)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(rows), (1,), generator=generator)
    distance = (rows - rows[chosen]).square().sum(dim=1)
    squares = rows.square().sum(dim=1, keepdim=True)
    # As many as scikit-learn's greedy k-means++ tries.
    trials = 2 + int(math.log(clusters))
    for _ in range(1, clusters):
        # Where all distances are 0 (duplicates) there must be something to draw from.
        drawn = distance.clamp(min=1e-12).multinomial(trials, replacement=True, generator=generator)
        table = (squares + squares[drawn].T - 2 * (rows @ rows[drawn].T)).minimum(distance[:, None])
        best = table.sum(dim=0).argmin()
        chosen, distance = torch.cat([chosen, drawn[best, None]]), table[:, best].clamp(min=0)
    return rows[chosen].numpy()


def lloyd(vectors: Vectors | Matrix, first: Floats, passes: int, *, gain: float = SMALLEST_GAIN) -> Floats:
    """The centroids after so many passes of Lloyd's algorithm, float32 (K, dim).

    Args:
        vectors: (n, dim), read once a pass.
        first: float32 (K, dim), where to begin.
        gain: stop when a pass makes the mean squared distance smaller by no more than this share; a negative
            one never stops.
    """
    vectors = vectors_of(vectors)
    centroids, before = torch.tensor(first), float("inf")
    for _ in range(passes):
        sums, counts, distance = _one_pass(vectors, centroids)
        centroids = _means(sums, counts, centroids)
        if distance >= before * (1 - gain):
            break
        before = distance
    return centroids.numpy()


def assign(vectors: Vectors | Matrix, centroids: Floats) -> Codes:
    """The nearest centroid of each normalised vector, int16 (n,); the lower one of two as near."""
    vectors = vectors_of(vectors)
    codes = np.empty(len(vectors), dtype=np.int16)
    table, half, start = torch.from_numpy(centroids).T, _half_squares(torch.from_numpy(centroids)), 0
    for chunk in vectors.chunks(_chunk_rows(vectors.dim, len(centroids))):
        # numpy's argmax takes the first of equals, which torch's does not promise
        nearest = (torch.from_numpy(chunk) @ table).sub_(half).numpy().argmax(axis=1)
        codes[start : start + len(chunk)] = nearest
        start += len(chunk)
    return codes


def inertia(vectors: Vectors | Matrix, centroids: Floats) -> float:
    """The sum over the normalised vectors of the squared distance to the nearest centroid, in 32 bits."""
    vectors, total = vectors_of(vectors), 0.0
    codes = assign(vectors, centroids)
    start = 0
    for chunk in vectors.chunks(_chunk_rows(vectors.dim, len(centroids))):
        away = chunk - centroids[codes[start : start + len(chunk)]]
        total += float(np.einsum("nd,nd->", away, away, dtype=np.float64))
        start += len(chunk)
    return total


def _one_pass(vectors: Vectors, centroids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Of each cluster the sum of its vectors and their number; of all, the mean squared distance."""
    sums, counts = torch.zeros_like(centroids), torch.zeros(len(centroids))
    table, half, distance = centroids.T, _half_squares(centroids), 0.0
    for chunk in vectors.chunks(_chunk_rows(vectors.dim, len(centroids))):
        rows = torch.from_numpy(chunk)
        with _medium_precision():
            closeness = rows @ table
        best, codes = closeness.sub_(half).max(dim=1)
        sums.index_add_(0, codes, rows)
        counts += codes.bincount(minlength=len(centroids))
        distance += float(np.vdot(chunk, chunk)) - 2 * float(best.sum())
    return sums, counts, distance / len(vectors)


def _means(sums: torch.Tensor, counts: torch.Tensor, centroids: torch.Tensor) -> torch.Tensor:
    """The new centroids. One that nothing was nearest to takes half of a large cluster instead."""
    means = torch.where(counts[:, None] > 0, sums / counts.clamp(min=1)[:, None], centroids)
    empty = torch.nonzero(counts == 0)[:, 0]
    large = counts.argsort(descending=True, stable=True)[: len(empty)]
    # Faiss's way: two copies pushed apart a little, in alternating directions.
    step = torch.full((means.shape[1],), 1 / 1024)
    step[1::2] *= -1
    for one, other in zip(empty.tolist(), large.tolist(), strict=True):
        means[one], means[other] = means[other] * (1 + step), means[other] * (1 - step)
    return means


def _half_squares(centroids: torch.Tensor) -> torch.Tensor:
    """Half of each centroid's squared length: the nearest one has the highest product less this."""
    return 0.5 * centroids.square().sum(dim=1)


def _chunk_rows(dim: int, clusters: int) -> int:
    """How many vectors make a chunk."""
    return max(1, CHUNK // max(dim, clusters))


def _some_distinct(vectors: Vectors, limit: int) -> Floats:
    """The first distinct vectors, at most `limit` of them, float32 (n, dim)."""
    found: dict[bytes, None] = {}
    for chunk in vectors.chunks(_chunk_rows(vectors.dim, 1)):
        for vector in chunk:
            found.setdefault(vector.tobytes())
            if len(found) == limit:
                break
        if len(found) == limit:
            break
    return np.frombuffer(b"".join(found), dtype=np.float32).reshape(-1, vectors.dim).copy()


@contextmanager
def _medium_precision() -> Iterator[None]:
    """Lets torch multiply float32 matrices by way of bfloat16; sums stay float32."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
