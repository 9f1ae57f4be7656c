"""Chance: pseudo-random scores, the row that every comparison starts from."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Self

import numpy as np

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.settings import Settings
from segue.kit.workspace import hash_of, read_json, write_json
from segue.models.recommender import Recommender

RECENT = 10
"""A long history counts by its length and so many of its last plays."""


class Chance(Recommender):
    """Uniform scores in [0, 1) that depend on the request and the seed alone."""

    name = "chance"

    def __init__(self, catalogue: Catalogue, seed: int = 0) -> None:
        super().__init__(catalogue)
        self.seed = seed

    @classmethod
    def _fit(cls, library: Library, settings: Settings) -> Self:
        return cls(library.catalogue, settings.seed)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Uniform scores, float32 (n_requests, n_tracks); the same request gets the same scores."""
        scores = np.empty((len(requests), len(self.catalogue)), np.float32)
        for row, request in zip(scores, requests, strict=True):
            seen = asdict(replace(request, history=())) | {
                "history": [(play.track_id, play.completion) for play in request.history[-RECENT:]],
                "exclude": sorted(request.exclude),
            }
            key = [self.seed, int(hash_of(seen), 16), len(request.history)]
            generator = np.random.default_rng(key)
            row[:] = generator.random(len(row), np.float32)
        return scores

    def _save(self, directory: Path) -> None:
        write_json(directory / "config.json", {"seed": self.seed})

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = read_json(directory / "config.json")
        return cls(library.catalogue, **config)
