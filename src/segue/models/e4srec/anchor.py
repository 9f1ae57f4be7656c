"""The ID encoder that E4SRec starts from: its scores, to which the language model's answer is added."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.kit.arrays import Floats
from segue.models.heard import Heard
from segue.models.sequential.learn import Kind, Settings, make_network, score_rows
from segue.models.sequential.model import Sequential, spread_scores
from segue.models.sequential.windows import pad

Rows = NDArray[np.int64]


class Anchor(nn.Module):
    """A trained SASRec, BERT4Rec or GRU4Rec that learns no more.

    Args:
        counts: training plays of each of its tracks, int64 (n_known,).
        rows: the catalogue row of each of its tracks as the catalogue is now, -1 where it is gone.

    `window` is how many plays `states` looks back on, `reads` how many the scores do.
    """

    def __init__(
        self, kind: Kind, settings: Settings, counts: NDArray[np.int64], rows: Rows, n_tracks: int
    ) -> None:
        super().__init__()
        self.kind, self.settings, self.counts = kind, settings, counts
        self.network = make_network(kind, settings, len(counts)).requires_grad_(False).train(False)
        self.window = self.reads = settings.length
        self.rows = rows[: len(counts)]
        self.own = np.full(n_tracks, -1, np.int64)
        self.own[self.rows[self.rows >= 0]] = np.flatnonzero(self.rows >= 0)

    @classmethod
    def of(cls, model: Sequential) -> Anchor:
        """The anchor of a fitted recommender, over its catalogue."""
        known, n = model.network.n_tracks, len(model.catalogue)
        made = cls(model.kind, model.settings, model.counts[:known], np.arange(known), n)
        made.network.load_state_dict(model.network.state_dict())
        return made

    @classmethod
    def restored(cls, card: dict[str, Any], tensors: dict[str, Tensor], rows: Rows, n_tracks: int) -> Anchor:
        """The anchor that `save` gave, over a catalogue that may have another order."""
        settings = Settings(**card["settings"])
        counts = tensors["anchor/counts"].numpy()
        made = cls(card["kind"], settings, counts, rows, n_tracks)
        found = {n.removeprefix("anchor/"): t for n, t in tensors.items() if n.startswith("anchor/")}
        made.network.load_state_dict({n: t for n, t in found.items() if n != "counts"})
        return made

    def save(self, directory: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """What is saved of it, in the files of its model: lines of the card, and tensors."""
        tensors = {f"anchor/{n}": t.cpu().contiguous() for n, t in self.network.state_dict().items()}
        tensors["anchor/counts"] = torch.from_numpy(self.counts.copy())
        return {"kind": self.kind, "settings": self.settings.model_dump()}, tensors

    def train(self, mode: bool = True) -> Anchor:
        """It does not learn: nothing of it is ever dropped."""
        super().train(False)
        return self

    def histories(self, plays: Sequence[Rows]) -> list[Rows]:
        """Its own rows of the last plays of each history, without tracks that it does not know."""
        found = [self.own[rows[-self.settings.length :]] for rows in plays]
        return [rows[rows >= 0] for rows in found]

    @torch.no_grad()
    def states(self, plays: Sequence[Rows]) -> Tensor:
        """What it expects after each history, (n, dim), to be multiplied with `table`."""
        device = next(self.network.parameters()).device
        rows, sizes = (torch.from_numpy(a).to(device) for a in pad(self.histories(plays)))
        return self.network.last(rows, sizes).float()

    def table(self, rows: Tensor) -> Tensor:
        """Its vectors (n, dim) of rows of the catalogue; zeros for tracks that it does not know."""
        own = torch.from_numpy(self.own).to(rows.device)[rows]
        found = self.network.table.float()[own.clamp(min=0)]
        return found * (own >= 0)[:, None]

    def scores(self, plays: Sequence[Heard]) -> Floats:
        """Scores (n, n_tracks), those of the recommender itself."""
        histories = self.histories([p.rows for p in plays])
        own = score_rows(self.network, histories)
        scores = np.zeros((len(own), len(self.own)), np.float32)
        here = self.rows >= 0
        scores[:, self.rows[here]] = own[:, here]
        counts = np.zeros(len(self.own), np.int64)
        counts[self.rows[here]] = self.counts[here]
        spread_scores(scores, histories, counts)
        return scores
