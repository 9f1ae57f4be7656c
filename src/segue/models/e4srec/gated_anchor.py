"""Gated evidence over histories as what E4SRec starts from: all of it ranks, its sequence model teaches."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from segue.kit.arrays import Floats
from segue.models.e4srec.anchor import Rows
from segue.models.gated_history.model import GatedHistory
from segue.models.heard import Heard
from segue.models.sequential.windows import pad

ENCODER = "encoder"
"""The folder of the recommender inside the model's."""


class GatedAnchor(nn.Module):
    """A fitted `GatedHistory` that learns no more.

    Its scores are those of all its evidence, which has counted the training plays: against them there would
    be nothing left to learn. So the language model learns beside its sequence model alone, whose fused
    vectors are the soft tokens, and its answer is added to all of it.
    """

    def __init__(self, model: GatedHistory) -> None:
        super().__init__()
        self.model = model
        network = model.fitted.evidence.network.train(False)
        with torch.no_grad():
            table = network.table.float() * network.scored[:, None]
        self.register_buffer("vectors", table, persistent=False)
        self.window, self.reads = network.length, 1 << 40

    def save(self, directory: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Write the recommender into the model's folder; lines of the card, and tensors."""
        self.model.save(directory / ENCODER)
        return {"kind": GatedHistory.name}, {}

    @torch.no_grad()
    def states(self, plays: Sequence[Rows]) -> Tensor:
        """What the sequence model expects after each history, (n, dim), to be multiplied with `table`."""
        rows, sizes = (torch.from_numpy(a) for a in pad([p[-self.window :] for p in plays]))
        found = self.model.fitted.evidence.network.last(rows, sizes).float()
        return found.to(self.get_buffer("vectors").device)

    def table(self, rows: Tensor) -> Tensor:
        """The sequence model's vectors (n, dim) of rows of the catalogue."""
        return self.get_buffer("vectors")[rows]

    def scores(self, plays: Sequence[Heard]) -> Floats:
        """Scores (n, n_tracks), those of the recommender itself."""
        return self.model.score_heard(plays)
