"""Dense retrieval fine-tuned on dialogues: small maps over a frozen sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from safetensors.torch import load_file, save_file

from segue.data.library import Library
from segue.data.request import Request
from segue.encoders.text import DEFAULT
from segue.kit.arrays import Floats
from segue.models.retrieval.dense import Dense
from segue.models.retrieval.towers import Side, Towers, TowerSettings, learn, score
from segue.models.trained import Trained


class DenseTunedSettings(TowerSettings):
    """Which encoder, and how the maps learn."""

    encoder: str = DEFAULT
    """Name or path of the text encoder; it stays as it is."""


class DenseTuned(Trained):
    """Cosine of what a dialogue asks and what a track's text says, in a space moved by training dialogues.

    What was accepted and rejected is part of the question, which zero-shot retrieval does not look at.
    Source: TalkPlay appendix D.
    """

    name = "dense_tuned"
    settings_type = DenseTunedSettings
    reads = ("described", "dialogues")

    def __init__(self, dense: Dense, towers: Towers) -> None:
        super().__init__(dense.catalogue)
        self.dense, self.towers = dense, towers.eval()
        self.side = side_of(dense)

    @classmethod
    def _learn(cls, library: Library, settings: DenseTunedSettings, work: Path) -> Self:
        dense = Dense.fit(library, {"encoder": settings.encoder, "decay": settings.decay})
        return cls(dense, learn(side_of(dense), settings, work, "training dense"))

    def score(self, requests: Sequence[Request]) -> Floats:
        """Cosines, float32 (n_requests, n_tracks)."""
        return score(self.towers, self.side, requests)

    def _save(self, directory: Path) -> None:
        self.dense.save(directory / "dense")
        tensors = {name: t.contiguous() for name, t in self.towers.state_dict().items()}
        save_file(tensors, directory / "model.safetensors")

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        dense = Dense.load(directory / "dense", library)
        towers = Towers(dense.vectors.shape[1], dense.decay)
        towers.load_state_dict(load_file(directory / "model.safetensors"))
        return cls(dense, towers)


def side_of(dense: Dense) -> Side:
    """The frozen side of dense retrieval."""
    present = np.ones(len(dense.catalogue), bool)
    return Side(dense.catalogue, dense.vectors, present, dense.encoder, dense.decay)
