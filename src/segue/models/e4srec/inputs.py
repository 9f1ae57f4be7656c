"""What tracks are made of: each modality's frozen vectors in catalogue order, and where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.data.library import Library
from segue.data.store import Feature
from segue.describe.mgphot.values import known_values
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import hash_of
from segue.models.e4srec.settings import CONTENT, Settings
from segue.models.gated_history.model import GatedHistory
from segue.models.recommender import fitted, is_fitted
from segue.models.sequential.model import KINDS

KEPT = ("id", "playlist")
"""Modalities whose vectors are learnt from plays: another training gives others, so a model keeps its own."""


@dataclass(frozen=True)
class Inputs:
    """The vectors of every track of a catalogue.

    Args:
        features: modality -> feature, a row for each track, the anchor first.
        scales: modality -> what its numbers are divided by.
        spaces: modality -> the space of the content vectors ("" for those a model keeps).
    """

    features: dict[str, Feature]
    scales: dict[str, float]
    spaces: dict[str, str]
    ids: str

    @property
    def sizes(self) -> dict[str, int]:
        """Modality -> dim."""
        return {m: f.matrix.shape[1] for m, f in self.features.items()}

    @property
    def checksum(self) -> str:
        """Hash of all vectors."""
        parts = [(m, f.matrix.shape, f.digest()) for m, f in self.features.items()]
        return hash_of(parts, self.scales)


def checksum_of(ids: Sequence[str]) -> str:
    """Hash of track ids in order: the item map that rows of a model belong to."""
    return hash_of(list(ids))


def spread(feature: Feature, rows: NDArray[np.int64], n_tracks: int) -> Feature:
    """A feature of other rows, put where its tracks are now: row i goes to `rows[i]`, -1 nowhere."""
    matrix = np.zeros((n_tracks, feature.matrix.shape[1]), np.float32)
    present = np.zeros(n_tracks, bool)
    kept = rows >= 0
    matrix[rows[kept]], present[rows[kept]] = feature.matrix[kept], feature.present[kept]
    return Feature(matrix, present)


def read_inputs(library: Library, settings: Settings) -> Inputs:
    """The vectors that the settings ask for, as the workspace has them now.

    Raises:
        SegueError: a modality is not made yet, or no ID vectors.
    """
    ids, modalities = resolve(library, settings)
    features, scales, spaces = {}, {}, {}
    for modality in modalities:
        features[modality], spaces[modality] = _read(library, modality, ids)
        scales[modality] = 1.0 if settings.as_published else _rms(features[modality])
    return Inputs(features, scales, spaces, ids)


def resolve(library: Library, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Which ID vectors and which modalities, where the settings leave it open."""
    ids: str = settings.ids
    if ids == "auto":
        ids = next((n for n in ("gated_history", "sasrec") if is_fitted(library, n)), "playlist")
    modalities = settings.modalities
    if modalities is None:
        there = [m for m in CONTENT if library.has(m)]
        modalities = ("id", *(m for m in there if m != "playlist" or ids != "playlist"))
    return ids, modalities


def _read(library: Library, modality: str, ids: str) -> tuple[Feature, str]:
    """One modality's feature over the whole catalogue, and its space."""
    if modality == "id" and ids != "playlist":
        gated = ids == GatedHistory.name
        return (fitted(GatedHistory, library) if gated else fitted(KINDS[ids], library)).embeddings(), ""
    source = ids if modality == "id" else modality
    return library.feature(source), "" if modality in KEPT else str(library.card(source).get("space", ""))


def _rms(feature: Feature) -> float:
    """The root mean square of the present numbers, 1 without any."""
    known = feature.matrix[feature.present]
    return float(np.sqrt(np.mean(known**2))) or 1.0 if known.size else 1.0


def mgphot_of(library: Library) -> Floats:
    """MGPHot values (n_tracks, 58), NaN where one is unknown."""
    known = known_values(library.workspace)[: len(library)]
    # Tracks that came after the feature was made have none yet.
    return np.pad(known, ((0, len(library) - len(known)), (0, 0)), constant_values=np.nan)


def restore(
    library: Library,
    rows: NDArray[np.int64],
    card: dict[str, Any],
    kept: dict[str, Any],
) -> Inputs:
    """The vectors of a saved model over the catalogue as it is now.

    Args:
        rows: where each of the model's tracks is now, -1 where it is gone.
        kept: the tensors `input/M` and `present/M` of the modalities that the model keeps.

    Raises:
        SegueError: a content feature is gone or was made by another encoder.
    """
    features, spaces = {}, card["spaces"]
    for modality in card["modalities"]:
        if modality in KEPT:
            own: Feature = Feature(kept[f"input/{modality}"], kept[f"present/{modality}"].astype(bool))
            features[modality] = spread(own, rows, len(library))
            continue
        features[modality], space = _read(library, modality, "")
        if space != spaces[modality]:
            what = f"was trained with {modality} vectors of {spaces[modality]}, the workspace has {space}"
            raise SegueError(what, library.where, "train it again, or make that feature again")
    return Inputs(features, card["scales"], spaces, card["ids"])


def present_any(inputs: Inputs) -> Bools:
    """Shape (n_tracks,): True where a track has any vector."""
    found: Bools = np.any([f.present for f in inputs.features.values()], axis=0)
    return found
