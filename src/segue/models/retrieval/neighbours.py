"""Neighbours: the tracks that keep company with what the listener accepted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from segue.data import store
from segue.data.catalogue import Catalogue
from segue.data.request import Request
from segue.kit.arrays import Bools, Floats
from segue.kit.workspace import Workspace, write_json
from segue.models.counting.popularity import Popularity
from segue.models.recommender import Recommender
from segue.models.retrieval.dense import unit


@dataclass(frozen=True)
class Space:
    """Unit vectors (n_tracks, dim) in which near means alike, and which tracks have one, (n_tracks,)."""

    vectors: Floats
    present: Bools

    @classmethod
    def of(cls, vectors: Floats, present: Bools, n_tracks: int) -> Space:
        """The space of a feature; tracks that were added after it was made have no vector."""
        more = n_tracks - len(vectors)
        padded = np.pad(np.asarray(vectors, np.float32), ((0, more), (0, 0)))
        known = np.pad(present, (0, more)) & (np.abs(padded).sum(axis=1) > 0)
        return cls(unit(np.where(known[:, None], padded, 0).astype(np.float32)), known)

    def centre(self, rows: Sequence[int], decay: float) -> Floats:
        """The mean vector (dim,) of rows that have one, the last counting most; zeros without any."""
        known = np.array([row for row in rows if self.present[row]], dtype=int)
        if not len(known):
            return np.zeros(self.vectors.shape[1], np.float32)
        weights = decay ** np.arange(len(known))[::-1]
        return np.asarray(weights @ self.vectors[known] / weights.sum(), np.float32)

    def near(self, centres: Floats) -> Floats:
        """Cosines, float32 (n, n_tracks); a track without a vector gets the mean of the others."""
        scores = unit(centres) @ self.vectors.T
        if self.present.any():
            scores[:, ~self.present] = scores[:, self.present].mean(axis=1, keepdims=True)
        return scores


@dataclass(frozen=True)
class Taste:
    """How the plays of a request become a point: `decay` per play, `rejected` is taken away."""

    decay: float = 0.8
    rejected: float = 0.2

    def centres(self, space: Space, catalogue: Catalogue, requests: Sequence[Request]) -> Floats:
        """Shape (n_requests, dim): accepted minus rejected tracks; zeros without an accepted one."""
        found = np.zeros((len(requests), space.vectors.shape[1]), np.float32)
        for centre, request in zip(found, requests, strict=True):
            liked, not_liked = (
                space.centre([catalogue.rows[i] for i in ids if i in catalogue.rows], self.decay)
                for ids in (request.accepted, request.rejected)
            )
            centre += (liked - self.rejected * not_liked) * liked.any()
        return found


class Neighbours(Recommender):
    """Cosine in the space of playlist company (item2vec) to a decayed mean of the accepted tracks.

    Accepted tracks without company are looked up by content (tags, then metadata) instead, and a request
    without accepted tracks gets popularity. Source: TalkPlay 2.1 (the playlist modality).
    """

    name = "neighbours"

    def __init__(
        self, catalogue: Catalogue, spaces: dict[str, Space], prior: Popularity, taste: Taste
    ) -> None:
        super().__init__(catalogue)
        self.spaces, self.prior, self.taste = spaces, prior, taste

    @classmethod
    def fit(cls, workspace: Workspace, *, seed: int = 0, decay: float = 0.8, rejected: float = 0.2) -> Self:
        """The workspace's features as they are and the popularity of the training part.

        Args:
            workspace: holds the features playlist, semantic and metadata, or some of them.
            seed: changes nothing.
            decay: weight of an accepted track relative to the one after it.
            rejected: weight of the rejected tracks' mean, taken from the accepted ones'.
        """
        prior = Popularity.fit(workspace)
        return cls(prior.catalogue, spaces_of(workspace, prior.catalogue), prior, Taste(decay, rejected))

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores, float32 (n_requests, n_tracks); comparable within a request only."""
        scores = self.prior.score(requests)
        todo = np.ones(len(requests), dtype=bool)
        for space in self.spaces.values():
            centres = self.taste.centres(space, self.catalogue, requests)
            use = todo & centres.any(axis=1)
            scores[use] = space.near(centres[use])
            todo &= ~use
        return scores

    def _save(self, directory: Path) -> None:
        self.prior.save(directory / "popularity")
        write_json(directory / "config.json", asdict(self.taste))

    @classmethod
    def _load(cls, directory: Path, workspace: Workspace) -> Self:
        config: dict[str, Any] = json.loads((directory / "config.json").read_text("utf-8"))
        prior = Popularity.load(directory / "popularity", workspace)
        return cls(prior.catalogue, spaces_of(workspace, prior.catalogue), prior, Taste(**config))


def spaces_of(workspace: Workspace, catalogue: Catalogue) -> dict[str, Space]:
    """The spaces to look in by modality, first choice first, of the features that the workspace has."""
    spaces = {}
    for modality in ("playlist", "semantic", "metadata"):
        if (workspace.feature(modality) / "card.json").exists():
            feature, _, _ = store.load_any(workspace, modality)
            spaces[modality] = Space.of(feature.matrix, feature.present, len(catalogue))
    return spaces
