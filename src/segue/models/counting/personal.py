"""Personal popularity: what the listener played before, added to the scores of any recommender."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.settings import Settings
from segue.kit.workspace import read_json, write_json
from segue.models.counting.base import decayed
from segue.models.counting.session_knn import SessionKNN
from segue.models.recommender import Recommender


class Personal(Settings):
    """What own plays are worth."""

    weight: float = 1.0
    """Added for each unit of log(1 + plays), in standard deviations of the scorer's scores."""
    half_life: float | None = None
    """After so many further plays a play counts half; None: all plays count alike."""
    last: int | None = None
    """Only so many of the last plays count; None for all."""


class WithPersonal(Recommender):
    """The scores of `base`, standardised within each request, + weight x log(1 + the listener's own plays).

    Own plays are those of the request itself, so nothing that comes later can enter. To wrap a fitted
    recommender of any kind, call the constructor; `fit` and `load` are for `base_type`, session kNN unless
    a subclass says otherwise.
    """

    name = "personal"
    reads = ("log",)
    settings_type = Personal
    base_type: ClassVar[type[Recommender]] = SessionKNN

    def __init__(self, base: Recommender, personal: Personal | None = None) -> None:
        super().__init__(base.catalogue)
        self.base, self.personal = base, personal or Personal()

    @classmethod
    def _fit(cls, library: Library, settings: Personal) -> Self:
        """A recommender of `base_type` fitted on the library, wrapped."""
        return cls(cls.base_type.fit(library, {"seed": settings.seed}), settings)

    def score(self, requests: Sequence[Request]) -> Floats:
        """In standard deviations of the base's scores, float32 (n_requests, n_tracks)."""
        plays = [self.heard(request, self.personal.last) for request in requests]
        half_life = self.personal.half_life
        decay = 1.0 if half_life is None else 0.5 ** (1 / half_life)
        own = decayed(plays, decay, len(self.catalogue))
        # Before the logarithm: log(1 + 3), not three times log(1 + 1).
        own.sum_duplicates()
        own.data = np.float32(self.personal.weight) * np.log1p(own.data)
        scores = standardised(self.base.score(requests))
        scores += own.toarray()
        return scores

    def _save(self, directory: Path) -> None:
        # `_load` knows only one kind to read the base as.
        if type(self.base) is not self.base_type:
            raise TypeError(f"only a wrapped {self.base_type.__name__} can be read back")
        self.base.save(directory / "base")
        write_json(directory / "config.json", self.personal.model_dump())

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        personal = Personal(**read_json(directory / "config.json"))
        return cls(cls.base_type.load(directory / "base", library), personal)


def standardised(scores: Floats) -> Floats:
    """Each row less its mean, over its standard deviation; a row of equal scores becomes zeros.

    Written into `scores` where that is float32 already.
    """
    scores = np.asarray(scores, np.float32)
    mean = scores.mean(axis=1, dtype=np.float64)
    spread = np.sqrt(np.square(scores - mean[:, None].astype(np.float32)).mean(axis=1, dtype=np.float64))
    # Equal scores differ from their rounded mean by about 1e-7 of it, which must not be blown up.
    says = spread > 1e-6 * np.abs(mean)
    scores -= mean[:, None].astype(np.float32)
    scores *= np.where(says, 1 / np.where(says, spread, 1), 0)[:, None].astype(np.float32)
    return scores
