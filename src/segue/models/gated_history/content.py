"""The content of tracks as a network reads it: each modality cut to few numbers, and whether it is there."""

from collections.abc import Mapping

import numpy as np

from segue.data.library import Library
from segue.data.modalities import CONTENT
from segue.data.store import Feature
from segue.kit.arrays import Floats, unit

MOST = 32
"""Numbers of each modality that are kept."""


def features_of(library: Library) -> dict[str, Feature]:
    """The content features of a library by modality."""
    return {m: library.feature(m) for m in CONTENT if library.has(m)}


def bases(features: Mapping[str, Feature]) -> dict[str, Floats]:
    """For each modality the mean, the first row, and principal directions, float32 (1 + k, dim)."""
    found = {}
    for modality, feature in features.items():
        vectors = unit(feature.matrix[feature.present].astype(np.float32))
        if not len(vectors):
            continue
        mean = vectors.mean(axis=0)
        spread = (vectors - mean).T @ (vectors - mean)
        # Kept with the model: directions of a catalogue that has grown would be other ones.
        directions = np.linalg.eigh(spread.astype(np.float64))[1][:, ::-1][:, :MOST]
        found[modality] = np.ascontiguousarray(np.vstack([mean, directions.T]), np.float32)
    return found


def table(features: Mapping[str, Feature], found: Mapping[str, Floats], n_tracks: int) -> Floats:
    """What is known of each track, float32 (n_tracks, n): unit vectors and a 1 where a modality is there.

    Args:
        features: of the library as it is now; a modality that is not there any more counts as missing.
        found: what `bases` gave when the model was fitted.
    """
    parts = [np.zeros((n_tracks, 0), np.float32)]
    for modality, basis in found.items():
        part = np.zeros((n_tracks, len(basis)), np.float32)
        feature = features.get(modality)
        if feature is not None:
            here = np.flatnonzero(feature.present)
            # So that "no content" differs from content at the mean.
            part[here, 0] = 1
            part[here, 1:] = unit((unit(feature.matrix[here].astype(np.float32)) - basis[0]) @ basis[1:].T)
        parts.append(part)
    return np.hstack(parts)
