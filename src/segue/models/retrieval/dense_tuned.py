"""Dense retrieval fine-tuned on dialogues: small maps over a frozen sentence encoder."""

from pathlib import Path
from typing import Self

import numpy as np

from segue.data.library import Library
from segue.encoders.text import DEFAULT
from segue.models.retrieval.dense import Dense
from segue.models.retrieval.towers import Moved, Side, Towers, TowerSettings, learn, read_towers


class DenseTunedSettings(TowerSettings):
    """Which encoder, and how the maps learn."""

    encoder: str = DEFAULT
    """Name or path of the text encoder; it stays as it is."""


class DenseTuned(Moved):
    """Cosine of what a dialogue asks and what a track's text says, in a space moved by training dialogues.

    What was accepted and rejected is part of the question, which zero-shot retrieval does not look at.
    Source: TalkPlay appendix D.
    """

    name = "dense_tuned"
    settings_type = DenseTunedSettings
    reads = ("described", "dialogues")

    def __init__(self, dense: Dense, towers: Towers) -> None:
        super().__init__(side_of(dense), towers)
        self.dense = dense

    @classmethod
    def _learn(cls, library: Library, settings: DenseTunedSettings, work: Path) -> Self:
        dense = Dense.fit(library, {"encoder": settings.encoder, "decay": settings.decay})
        return cls(dense, learn(side_of(dense), settings, work, "training dense"))

    def _save(self, directory: Path) -> None:
        super()._save(directory)
        self.dense.save(directory / "dense")

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        dense = Dense.load(directory / "dense", library)
        return cls(dense, read_towers(directory, side_of(dense)))


def side_of(dense: Dense) -> Side:
    """The frozen side of dense retrieval."""
    present = np.ones(len(dense.catalogue), bool)
    return Side(dense.catalogue, dense.vectors, present, dense.encoder, dense.decay)
