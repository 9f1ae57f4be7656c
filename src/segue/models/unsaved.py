"""A base for recommenders that are made of something else: nothing to fit, nothing to save."""

from pathlib import Path
from typing import Any, Self

from segue.data.library import Library
from segue.models.recommender import Recommender


class Unsaved(Recommender):
    """Scores only; `fit`, `save` and `load` are no use and say so by NotImplementedError."""

    @classmethod
    def _fit(cls, library: Library, settings: Any) -> Self:
        raise NotImplementedError

    def _save(self, directory: Path) -> None:
        raise NotImplementedError

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        raise NotImplementedError
