"""Where features live: one folder a modality with the vectors, which tracks have one, and a card.

A feature is a float32 matrix in catalogue order. A track without a vector has `present = False`; what stands
in its row then means nothing.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from segue.data import stages
from segue.data.modalities import MODALITIES as MODALITIES
from segue.kit.arrays import Bools, Floats, digest
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import Workspace, read_card, whole_directory, write_json

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Feature:
    """One modality of every track.

    Args:
        matrix: float32 (n_tracks, dim), in catalogue order.
        present: bool (n_tracks,), False where the track has no vector.

    Raises:
        ValueError: the shapes do not fit together, or a present row is not finite.
    """

    matrix: Floats
    present: Bools

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.present.shape != self.matrix.shape[:1]:
            raise ValueError(f"matrix {self.matrix.shape} and present {self.present.shape} do not fit")
        if not np.isfinite(self.matrix[self.present]).all():
            raise ValueError("a present row holds a value that is not finite")

    def digest(self) -> str:
        """A hash of the vectors that there are."""
        return digest(np.where(self.present[:, None], self.matrix, 0), self.present)

    @property
    def coverage(self) -> float:
        """The share of tracks that have a vector, in [0, 1]."""
        return float(self.present.mean()) if len(self.present) else 0.0


def available(workspace: Workspace) -> tuple[str, ...]:
    """The modalities whose feature is finished, in the order of `MODALITIES`."""
    return tuple(m for m in MODALITIES if (workspace.feature(m) / "card.json").exists())


def count_tracks(workspace: Workspace) -> int:
    """The number of tracks in the workspace's catalogue.

    Raises:
        SegueError: there is no catalogue, or it cannot be read.
    """
    path = workspace.catalogue / "tracks.parquet"
    try:
        return int(pl.scan_parquet(path).select(pl.len()).collect().item())
    except (OSError, pl.exceptions.PolarsError):
        cure = "run `segue import SOURCE FROM WORKSPACE` first"
        raise SegueError("no readable catalogue", str(path), cure) from None


def save(
    workspace: Workspace,
    modality: str,
    feature: Feature,
    *,
    encoder: str,
    input_hash: str,
    space: str = "",
    tensors: Mapping[str, np.ndarray[Any, Any]] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write a feature, whole or not at all.

    Args:
        modality: its folder's name.
        encoder: what made them, exact enough that another encoder has another name.
        input_hash: hash of everything the vectors depend on.
        space: vectors of the same space can be compared, so codebooks fitted there still hold; `encoder` if
            empty. Differs from `encoder` where the encoder is itself trained on the workspace.
        tensors: more arrays to keep beside the matrix, for the next incremental run.
        facts: more entries of the card.
    """
    card = {
        "modality": modality,
        "encoder": encoder,
        "space": space or encoder,
        "dim": feature.matrix.shape[1],
        "n_tracks": len(feature.present),
        "coverage": round(feature.coverage, 6),
        "input_hash": input_hash,
        **(facts or {}),
    }
    made = stages.made(workspace, f"features/{modality}")
    arrays = {"matrix": np.ascontiguousarray(feature.matrix, dtype=np.float32), "present": feature.present}
    with whole_directory(workspace.feature(modality)) as folder:
        save_file({**arrays, **(tensors or {})}, folder / "matrix.safetensors")
        write_json(folder / "card.json", card)
        made.record(folder)


def load(workspace: Workspace, modality: str) -> Feature:
    """The feature of one modality, a row for each track of the catalogue as it is now.

    Raises:
        SegueError: it is not made yet or not finished, cannot be read, or does not cover the catalogue.
    """
    feature, _, _ = load_any(workspace, modality)
    n_tracks = count_tracks(workspace)
    if len(feature.present) != n_tracks:
        raise SegueError(
            f"has {len(feature.present)} rows, the catalogue {n_tracks} tracks",
            str(workspace.feature(modality)),
            f"run `segue features --modality {modality}` again",
        )
    return feature


def load_any(
    workspace: Workspace, modality: str
) -> tuple[Feature, dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """A feature that may be older than the catalogue, its card, and the other arrays kept beside it.

    Raises:
        SegueError: it is not made yet or not finished, or cannot be read.
    """
    folder = workspace.feature(modality)
    command = f"features --modality {modality}"
    card = read_card(folder, command)
    path, cure = folder / "matrix.safetensors", f"delete the folder and run `segue {command}`"
    tensors = read_tensors(path, cure)
    try:
        matrix, present = tensors.pop("matrix"), tensors.pop("present")
        feature = Feature(matrix, present.astype(bool, copy=False))
    except (KeyError, ValueError) as error:
        raise SegueError(f"not a feature ({error})", str(path), cure) from None
    if [card.get("n_tracks"), card.get("dim")] != list(matrix.shape):
        raise SegueError(f"matrix {matrix.shape} does not match its card", str(folder), cure)
    return feature, card, tensors


def read_tensors(path: Path, cure: str) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a safetensors file.

    Raises:
        SegueError: it is missing or unreadable; `cure` says what to do.
    """
    with readable(path, cure, SafetensorError, ValueError):
        return dict(load_file(path))


def logged(message: str) -> str:
    """The message, after logging it: what a stage says it did."""
    log.info(message)
    return message
