"""Vectors that may be too many for memory, read a chunk at a time."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from segue.data import store
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import Workspace, read_card

Matrix = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Vectors:
    """The rows that count of a matrix in memory or on disk, at unit length; a row of zeros stays one.

    Args:
        matrix: float32 or float16 (n_rows, dim); a memory-mapped one never comes into memory whole.
        rows: int64 (n,), the rows that count, ascending; every row if None.
        unit: every row is finite and at unit length already, in memory.
    """

    matrix: Matrix
    rows: np.ndarray[Any, np.dtype[np.int64]] | None = field(default=None, repr=False)
    where: str = ""
    unit: bool = False

    def __len__(self) -> int:
        return len(self.matrix if self.rows is None else self.rows)

    @property
    def dim(self) -> int:
        """The length of each."""
        return int(self.matrix.shape[1])

    def chunks(self, size: int) -> Iterator[Floats]:
        """All of them in order, float32 (size, dim) at a time, the last chunk shorter.

        Raises:
            SegueError: one is not finite.
        """
        for start in range(0, len(self), size):
            stop = start + size
            wanted = slice(start, stop) if self.rows is None else self.rows[start:stop]
            yield self._read(wanted)

    def sample(self, n: int, seed: int) -> Vectors:
        """n of them, drawn by the seed without replacement, held in memory; all if they are fewer."""
        numbers = np.arange(len(self.matrix)) if self.rows is None else self.rows
        if len(numbers) > n:
            drawn = np.random.default_rng(seed).choice(len(numbers), n, replace=False, shuffle=False)
            numbers = numbers[np.sort(drawn)]
        held = np.empty((len(numbers), self.dim), dtype=np.float32)
        step = max(1, (1 << 22) // self.dim)
        for start in range(0, len(numbers), step):
            held[start : start + step] = self._read(numbers[start : start + step])
        return Vectors(held, where=self.where, unit=True)

    def _read(self, wanted: Any) -> Floats:
        """The wanted rows of the matrix at unit length."""
        if self.unit:
            held: Floats = self.matrix[wanted]
            return held
        unit = normalise(self.matrix[wanted])
        _forget(self.matrix)
        if not np.isfinite(np.vdot(unit, unit)):  # one number that is not finite makes the sum so
            raise SegueError("a vector holds a value that is not finite", self.where, "make the feature anew")
        return unit


def vectors_of(value: Vectors | Matrix) -> Vectors:
    """An array as vectors; vectors as they are."""
    return value if isinstance(value, Vectors) else Vectors(value)


def normalise(vectors: Matrix) -> Floats:
    """As `kit.arrays.unit`, float32 (n, dim), without an array of the squares: catalogues are long."""
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


def open_feature(workspace: Workspace, modality: str) -> tuple[Vectors, Bools]:
    """The vectors of the tracks that have one, in catalogue order, left on disk, and which tracks those are.

    Raises:
        SegueError: the feature is not made yet, cannot be read, or does not cover the catalogue.
    """
    folder = workspace.feature(modality)
    card = read_card(folder, f"features --modality {modality}")
    path = folder / "matrix.safetensors"
    again = f"delete the folder and run `segue features --modality {modality}`"
    with readable(path, again, SafetensorError, ValueError, KeyError):
        with safe_open(path, "numpy") as file:
            present = file.get_tensor("present").astype(bool)
        matrix = _mapped(path, "matrix")
    if [len(present), *matrix.shape[1:]] != [card.get("n_tracks"), card.get("dim")]:
        raise SegueError(f"matrix {matrix.shape} does not match its card", str(folder), again)
    n_tracks = store.count_tracks(workspace)
    if len(present) != n_tracks or len(matrix) != n_tracks:
        what = f"has {len(matrix)} rows, the catalogue {n_tracks} tracks"
        raise SegueError(what, str(folder), f"run `segue features --modality {modality}` again")
    rows = None if present.all() else np.flatnonzero(present)
    return Vectors(matrix, rows, str(path)), present


def _mapped(path: Path, name: str) -> Matrix:
    """A float32 matrix of a safetensors file, memory-mapped: the library itself only copies."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    entry = header[name]
    if entry["dtype"] != "F32" or len(entry["shape"]) != 2:
        raise ValueError(f"{name} is not a float32 matrix")
    shape = tuple(entry["shape"])
    if 0 in shape:
        return np.empty(shape, dtype=np.float32)
    return np.memmap(path, np.float32, "r", 8 + size + entry["data_offsets"][0], shape)


def _forget(matrix: Matrix) -> None:
    """Give the pages of a mapped file back, which otherwise count as ours until the system runs short."""
    if not isinstance(matrix, np.memmap) or matrix.mode == "c":  # copy-on-write pages hold the only copy
        return
    base: Any = matrix
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
