"""Content similarity: the tracks that sound or read like the last ones, without any training."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.modalities import MODALITIES
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.settings import Settings
from segue.kit.workspace import read_json, write_json
from segue.models.counting.personal import standardised
from segue.models.recommender import Recommender
from segue.models.retrieval.neighbours import Space

CONTENT = MODALITIES[1:]
"""The modalities that come from a track itself, not from who plays it."""


class ContentSettings(Settings):
    """How the plays of a request become a point."""

    last: int = 50
    """Only so many of the last plays are looked at."""
    decay: float = 0.9
    """What a play counts relative to the one after it."""


class ContentSimilarity(Recommender):
    """Cosine of a track's content to the decayed mean of the plays, the mean over the modalities there are.

    Nothing is learnt, not even popularity: this is what content alone can say of a next track ("zero-shot").
    In each modality the cosines are standardised within the request. A track that misses a modality stands
    at its mean there; a request without a play that has content gives all tracks the same score.
    """

    name = "content_similarity"
    reads = ("features",)
    settings_type = ContentSettings

    def __init__(
        self, catalogue: Catalogue, spaces: dict[str, Space], settings: ContentSettings | None = None
    ) -> None:
        super().__init__(catalogue)
        self.spaces, self.settings = spaces, settings or ContentSettings()

    @classmethod
    def _fit(cls, library: Library, settings: ContentSettings) -> Self:
        """The content features as they are; raises `SegueError` where the library has none."""
        found = [modality for modality in library.modalities if modality in CONTENT]
        if not found:
            cure = f"run `segue features` for one of {', '.join(CONTENT)}"
            raise SegueError("no content feature here", library.where, cure)
        return cls(library.catalogue, {m: Space.of(library.feature(m)) for m in found}, settings)

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
        config = {"modalities": list(self.spaces), "settings": self.settings.model_dump()}
        write_json(directory / "config.json", config)

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = read_json(directory / "config.json")
        spaces = {m: Space.of(library.feature(m)) for m in config["modalities"]}
        return cls(library.catalogue, spaces, ContentSettings(**config["settings"]))
