"""Claim: k-means of 262,144 x 1,024, K = 1,024, is no slower than scikit-learn's Lloyd at equal inertia.

Both begin with the same centroids and make the same number of passes, then give every vector its cluster, on
the same number of threads. Inertia is computed by one function in 32 bits for both. With `--faiss` that of
faiss is printed too, from the same start. The vectors are drawn around four times as many directions as there
are clusters, so no number of passes separates them cleanly, and have unit length.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
import torch
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from segue.tokens.kmeans import assign, first_centroids, inertia, lloyd
from segue.tokens.vectors import Vectors, normalise


def draw(n: int, dim: int, directions: int, seed: int) -> np.ndarray[Any, Any]:
    """n unit vectors around some directions of very different frequency, float32 (n, dim)."""
    rng = np.random.default_rng(seed)
    centres = normalise(rng.standard_normal((directions, dim), dtype=np.float32))
    weight = 1 / (np.arange(directions) + 50)
    vectors = np.empty((n, dim), dtype=np.float32)
    for start in range(0, n, 16_384):
        part = vectors[start : start + 16_384]
        labels = rng.choice(directions, len(part), p=weight / weight.sum())
        noise = rng.standard_normal(part.shape, dtype=np.float32) * (1.5 / dim**0.5)
        part[:] = normalise(centres[labels] + noise)
    return vectors


def peer(vectors: Any, first: Any, passes: int) -> Any:
    """scikit-learn's centroids."""
    model = KMeans(len(first), init=first, n_init=1, max_iter=passes, tol=0, algorithm="lloyd")
    return model.fit(vectors).cluster_centers_


def by_faiss(vectors: Any, first: Any, passes: int) -> Any:
    """faiss's centroids."""
    most = len(vectors) // len(first) + 1
    model = faiss.Kmeans(
        vectors.shape[1], len(first), niter=passes, max_points_per_centroid=most, min_points_per_centroid=1
    )
    model.train(vectors, init_centroids=first)
    assign(vectors, model.centroids)
    return model.centroids


def ours(vectors: Any, first: Any, passes: int) -> Any:
    """Our centroids."""
    held = Vectors(vectors, unit=True)  # as `fit_centroids` holds its sample
    centroids = lloyd(held, first, passes, gain=-1)
    assign(held, centroids)
    return centroids


def measure(name: str, method: Callable[..., Any], vectors: Any, first: Any, passes: int) -> float:
    """The seconds of one method, printed with the inertia it reaches; a small run goes before."""
    method(vectors[:4096], first[:64], 1)
    start, cpu = time.perf_counter(), time.process_time()
    centroids = method(vectors, first, passes)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    reached = inertia(vectors, np.ascontiguousarray(centroids, dtype=np.float32))
    spent = f"{seconds:.1f} s ({cpu:.1f} s of processors)"
    print(f"  {name}: {spent}, mean squared distance {reached / len(vectors):.6f}", flush=True)
    return seconds


def main() -> None:
    """Measure, and print the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=262_144)
    parser.add_argument("--dim", type=int, default=1024)
    parser.add_argument("--clusters", type=int, default=1024)
    parser.add_argument("--passes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--faiss", action="store_true", help="measure faiss too")
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    faiss.omp_set_num_threads(a.threads)
    vectors = draw(a.rows, a.dim, 4 * a.clusters, a.seed)
    print(f"{a.rows:,} x {a.dim}, K = {a.clusters}, {a.passes} passes, {a.threads} threads, seed {a.seed}")
    with threadpool_limits(a.threads):
        start = time.perf_counter()
        first = first_centroids(vectors, a.clusters, a.seed)
        print(f"  the start that all share: {time.perf_counter() - start:.1f} s", flush=True)
        own = measure("segue", ours, vectors, first, a.passes)
        if a.faiss:
            measure("faiss", by_faiss, vectors, first, a.passes)
        other = measure("scikit-learn Lloyd", peer, vectors, first, a.passes)
    print(f"ratio (scikit-learn / segue): {other / own:.2f}")


if __name__ == "__main__":
    main()
