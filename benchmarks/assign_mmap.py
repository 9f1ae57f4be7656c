"""Claim: codes of a memory-mapped float16 matrix of 1,714,772 x 1,024 under 2 GB of memory.

The matrix is written to a file first (3.5 GB; deleted afterwards). Each way then runs in its own process,
which looks at its own resident memory 50 times a second: all of it, what is anonymous, and what is pages of
files. The peer is faiss's flat index, asked for the nearest centroid of the first rows, by chunks too. With
`--fit` the codebook is fitted as well, over the whole file.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch

from segue.tokens.kmeans import assign, fit_centroids
from segue.tokens.vectors import Vectors, normalise

CLUSTERS = 1024


class Memory(threading.Thread):
    """The most memory that this process held since it started, in MB: total, anonymous, of files."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = {"VmRSS": 0, "RssAnon": 0, "RssFile": 0}
        self.start()

    def run(self) -> None:
        """Look again and again."""
        while True:
            for line in Path("/proc/self/status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in self.most:
                    self.most[name] = max(self.most[name], int(value.split()[0]) // 1024)
            time.sleep(0.02)


def write(path: Path, n: int, dim: int, seed: int) -> None:
    """A file of n x dim float16, unit vectors around 4 x CLUSTERS directions."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((4 * CLUSTERS, dim), dtype=np.float32)
    with path.open("wb") as file:
        for start in range(0, n, 8_192):
            rows = centres[rng.integers(0, len(centres), min(8_192, n - start))]
            rows += rng.standard_normal(rows.shape, dtype=np.float32)
            normalise(rows).astype(np.float16).tofile(file)


def by_faiss(matrix: Any, centroids: Any) -> Any:
    """The nearest centroid of each row by faiss, a chunk at a time."""
    index = faiss.IndexFlatL2(centroids.shape[1])
    index.add(centroids)
    return np.concatenate([index.search(chunk, 1)[1][:, 0] for chunk in Vectors(matrix).chunks(4_096)])


def work(way: str, path: Path, shape: tuple[int, int], threads: int, out: Any) -> None:
    """One way in this process: seconds and peak memory into `out`, codes or centroids into a file."""
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
    memory = Memory()
    matrix = np.memmap(path, np.float16, "r", shape=shape)
    start = time.perf_counter()
    if way == "fit":
        result: Any = fit_centroids(matrix, CLUSTERS, seed=0)
    else:
        centroids = Vectors(matrix[: 8 * CLUSTERS : 8]).sample(CLUSTERS, seed=0).matrix
        result = assign(matrix, centroids) if way == "segue" else by_faiss(matrix, centroids)
    seconds = time.perf_counter() - start
    np.ascontiguousarray(result).tofile(path.with_suffix(f".{way}"))
    out.put((seconds, memory.most))


def run(way: str, path: Path, shape: tuple[int, int], threads: int) -> tuple[float, int]:
    """One way in a new process, printed; its seconds and peak memory in MB."""
    context = multiprocessing.get_context("spawn")
    out: Any = context.Queue()
    process = context.Process(target=work, args=(way, path, shape, threads, out))
    process.start()
    seconds, most = out.get()
    process.join()
    parts = ", ".join(f"{name} {size:,} MB" for name, size in most.items())
    print(f"  {way}: {seconds:.1f} s; at most {parts}", flush=True)
    return seconds, most["VmRSS"]


def main() -> None:
    """Write the file, measure, and print the claim's figure last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_714_772)
    parser.add_argument("--dim", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--fit", action="store_true", help="fit the codebook over the file too")
    a = parser.parse_args()
    shape, size = (a.rows, a.dim), 2 * a.rows * a.dim
    if shutil.disk_usage(a.folder).free < 2 * size:
        raise SystemExit(f"{a.folder}: less than {2 * size / 1e9:.0f} GB free")
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        path = Path(folder) / "matrix"
        write(path, *shape, seed=0)
        print(f"{a.rows:,} x {a.dim} float16 ({size / 1e9:.2f} GB), K = {CLUSTERS}, {a.threads} threads")
        own, peak = run("segue", path, shape, a.threads)
        n = min(a.rows, 200_000)
        other, _ = run("faiss", path, (n, a.dim), a.threads)
        codes = np.fromfile(path.with_suffix(".segue"), np.int16)[:n]
        same = (codes == np.fromfile(path.with_suffix(".faiss"), np.int64)).mean()
        print(f"  the same code: {same:.4%} of {n:,} rows")
        if a.fit:
            run("fit", path, shape, a.threads)
    print(f"ratio (time a row, faiss / segue): {other / n / (own / a.rows):.2f}")
    print(f"ratio (2 GB / peak memory): {2_000 / (peak * 1.048576):.2f}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    main()
