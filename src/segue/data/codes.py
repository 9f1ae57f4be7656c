"""The codes of tracks: five small numbers each, indices into codebooks that are fitted once."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl

from segue.data.store import read_tensors
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import Workspace, read_card

Codes = np.ndarray[Any, np.dtype[np.int16]]
REFIT = "run `segue tokens --refit` (models trained on the old tokens must then be trained again)"


@dataclass(frozen=True)
class Tokens:
    """The codebooks of a workspace and the codes of its tracks.

    Args:
        modalities: the names, in the order of the columns of `codes`.
        centroids: modality -> float32 (K, dim), K its own number of clusters.
        codes: int16 (n_tracks, n_modalities) in catalogue order, -1 where the modality is missing.
    """

    modalities: tuple[str, ...]
    centroids: dict[str, Floats]
    codes: Codes

    @property
    def sizes(self) -> dict[str, int]:
        """Modality -> its number of clusters."""
        return {m: len(self.centroids[m]) for m in self.modalities}

    @classmethod
    def load(cls, workspace: Workspace) -> Self:
        """The tokens of a workspace.

        Raises:
            SegueError: they are not made yet or not finished, a file cannot be read, or the codes are not
                those of the catalogue as it is now.
        """
        card = read_card(workspace.tokens, "tokens")
        modalities = tuple(card.get("modalities", ()))
        centroids = load_codebooks(workspace, modalities)
        codes = _load_codes(workspace, {m: len(centroids[m]) for m in modalities})
        return cls(modalities, centroids, codes)


def load_codebooks(workspace: Workspace, modalities: tuple[str, ...]) -> dict[str, Floats]:
    """Modality -> centroids, checked."""
    path = workspace.tokens / "codebooks.safetensors"
    tensors = read_tensors(path, REFIT)
    for m in modalities:
        book = tensors.get(m)
        if book is None or book.ndim != 2 or not len(book) or book.dtype != np.float32:
            raise SegueError(f"no float32 codebook (clusters, dim) of {m}", str(path), REFIT)
        if not np.isfinite(book).all():
            raise SegueError(f"the codebook of {m} holds values that are not finite", str(path), REFIT)
    return {m: tensors[m] for m in modalities}


def _load_codes(workspace: Workspace, sizes: dict[str, int]) -> Codes:
    """The codes, checked against the codebooks and the catalogue."""
    path = workspace.tokens / "codes.parquet"
    with readable(path, REFIT, pl.exceptions.PolarsError):
        table = pl.read_parquet(path)
        ids = pl.read_parquet(workspace.catalogue / "tracks.parquet", columns=["track_id"])["track_id"]
        columns = [table[m] for m in sizes]
        # By id, not by number: as many tracks in another order would give every track another's codes.
        same = table["track_id"].equals(ids)
    if not same:
        what = f"has codes of {table.height} tracks, which are not the catalogue's {len(ids)}"
        raise SegueError(what, str(path), "run `segue features` and `segue tokens` again")
    for m, column in zip(sizes, columns, strict=True):
        if column.dtype != pl.Int16 or not column.is_between(-1, sizes[m] - 1).all():
            raise SegueError(f"codes of {m} outside -1 to {sizes[m] - 1}", str(path), REFIT)
    return np.column_stack([column.to_numpy() for column in columns])
