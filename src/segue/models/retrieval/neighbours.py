"""Neighbours: the tracks that keep company with what the listener accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.data.store import Feature
from segue.kit.arrays import Bools, Floats, unit
from segue.kit.settings import Settings
from segue.kit.workspace import read_json, write_json
from segue.models.counting.popularity import Popularity
from segue.models.recommender import Recommender


@dataclass(frozen=True)
class Space:
    """Unit vectors (n_tracks, dim) in which near means alike, and which tracks have one, (n_tracks,)."""

    vectors: Floats
    present: Bools

    @classmethod
    def of(cls, feature: Feature) -> Self:
        """The space of a feature; a track whose vector is all zeros has none."""
        known = feature.present & (np.abs(feature.matrix).sum(axis=1) > 0)
        return cls(unit(np.where(known[:, None], feature.matrix, 0).astype(np.float32)), known)

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
            # At the mean: a track without a vector is neither near nor far.
            scores[:, ~self.present] = scores[:, self.present].mean(axis=1, keepdims=True)
        return scores


class Taste(Settings):
    """How the plays of a request become a point."""

    decay: float = 0.8
    """Weight of an accepted track relative to the one after it."""
    rejected: float = 0.2
    """Weight of the rejected tracks' mean, taken from the accepted ones'."""

    def centres(self, space: Space, catalogue: Catalogue, requests: Sequence[Request]) -> Floats:
        """Shape (n_requests, dim): accepted minus rejected tracks; zeros without an accepted one."""
        found = np.zeros((len(requests), space.vectors.shape[1]), np.float32)
        for centre, request in zip(found, requests, strict=True):
            liked, not_liked = (
                space.centre([catalogue.rows[i] for i in ids if i in catalogue.rows], self.decay)
                for ids in (request.accepted, request.rejected)
            )
            # Away from what was rejected, but towards nothing, is no direction.
            centre += (liked - self.rejected * not_liked) * liked.any()
        return found


class Neighbours(Recommender):
    """Cosine in the space of playlist company (item2vec) to a decayed mean of the accepted tracks.

    Accepted tracks without company are looked up by content (tags, then metadata) instead, and a request
    without accepted tracks gets popularity. Source: TalkPlay 2.1 (the playlist modality).
    """

    name = "neighbours"
    reads = ("features", "log", "playlists", "dialogues")
    settings_type = Taste

    def __init__(
        self, catalogue: Catalogue, spaces: dict[str, Space], prior: Popularity, taste: Taste
    ) -> None:
        super().__init__(catalogue)
        self.spaces, self.prior, self.taste = spaces, prior, taste

    @classmethod
    def _fit(cls, library: Library, settings: Taste) -> Self:
        """Of the features playlist, semantic and metadata those that are there, and popularity."""
        return cls(library.catalogue, spaces_of(library), Popularity.fit(library), settings)

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
        write_json(directory / "config.json", self.taste.model_dump())

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config: dict[str, Any] = read_json(directory / "config.json")
        prior = Popularity.load(directory / "popularity", library)
        return cls(library.catalogue, spaces_of(library), prior, Taste(**config))


def spaces_of(library: Library) -> dict[str, Space]:
    """The spaces to look in by modality, first choice first, of the features that the library has."""
    wanted = ("playlist", "semantic", "metadata")
    return {m: Space.of(library.feature(m)) for m in wanted if library.has(m)}
