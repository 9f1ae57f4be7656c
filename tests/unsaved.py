"""A base for recommenders of tests that are given their answers: nothing to fit, nothing to save."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from segue.kit.workspace import Workspace
from segue.models.recommender import Recommender


class Unsaved(Recommender):
    """Scores only."""

    @classmethod
    def fit(cls, workspace: Workspace, *, seed: int = 0) -> Self:
        raise NotImplementedError

    def _save(self, directory: Path) -> None:
        raise NotImplementedError

    @classmethod
    def _load(cls, directory: Path, workspace: Workspace) -> Self:
        raise NotImplementedError
