"""Content similarity: the tracks that sound or read like the last ones, without any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np

from segue.data import store
from segue.data.catalogue import Catalogue
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, read_card, write_json
from segue.models.counting.personal import standardised
from segue.models.recommender import Recommender
from segue.models.retrieval.neighbours import Space

CONTENT = ("semantic", "metadata", "lyrics", "audio")
"""The modalities that come from a track itself, not from who plays it."""


@dataclass(frozen=True)
class ContentSettings:
    """How the plays of a request become a point.

    Args:
        last: only so many of the last plays are looked at.
        decay: what a play counts relative to the one after it.
    """

    last: int = 50
    decay: float = 0.9


class ContentSimilarity(Recommender):
    """Cosine of a track's content to the decayed mean of the plays, the mean over the modalities there are.

    Nothing is learnt, not even popularity: this is what content alone can say of a next track ("zero-shot").
    In each modality the cosines are standardised within the request. A track that misses a modality stands
    at its mean there; a request without a play that has content gives all tracks the same score.
    """

    name = "content_similarity"

    def __init__(
        self, catalogue: Catalogue, spaces: dict[str, Space], settings: ContentSettings | None = None
    ) -> None:
        super().__init__(catalogue)
        self.spaces, self.settings = spaces, settings or ContentSettings()

    @classmethod
    def fit(cls, workspace: Workspace, *, seed: int = 0, settings: ContentSettings | None = None) -> Self:
        """The content features of the workspace as they are; `seed` changes nothing.

        Raises:
            SegueError: the workspace has none.
        """
        found = [modality for modality in store.available(workspace) if modality in CONTENT]
        if not found:
            cure = f"run `segue features` for one of {', '.join(CONTENT)}"
            raise SegueError("no content feature here", str(workspace.root), cure)
        return cls._of(workspace, found, settings)

    @classmethod
    def _of(cls, workspace: Workspace, modalities: list[str], settings: ContentSettings | None) -> Self:
        """The recommender that looks at these modalities."""
        catalogue = Catalogue.load(workspace)
        spaces = {}
        for modality in modalities:
            feature, _, _ = store.load_any(workspace, modality)
            spaces[modality] = Space.of(feature.matrix, feature.present, len(catalogue))
        return cls(catalogue, spaces, settings)

    def score(self, requests: Sequence[Request]) -> Floats:
        """In standard deviations, float32 (n_requests, n_tracks)."""
        plays = [self.heard(request, self.settings.last).tolist() for request in requests]
        total = np.zeros((len(requests), len(self.catalogue)), np.float32)
        for space in self.spaces.values():
            centres = [space.centre(rows, self.settings.decay) for rows in plays]
            if centres:
                total += standardised(space.near(np.stack(centres)))
        return total / np.float32(len(self.spaces))

    def _save(self, directory: Path) -> None:
        card = {"recommender": self.name, "modalities": list(self.spaces), **asdict(self.settings)}
        write_json(directory / "card.json", card)

    @classmethod
    def _load(cls, directory: Path, workspace: Workspace) -> Self:
        card = read_card(directory, f"fit --model {cls.name}")
        return cls._of(workspace, card["modalities"], ContentSettings(card["last"], card["decay"]))
