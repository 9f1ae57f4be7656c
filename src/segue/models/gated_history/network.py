"""SASRec whose tracks are known by ID and by content, in and out, so that cold ones have a score."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segue.models.sequential.networks import SASRecNet


class ContentSASRecNet(SASRecNet):
    """A track's vector is that of its ID, where it was met in training, plus its projected content.

    In training the IDs of a random part of the tracks that have content are hidden, for a step, so that
    content alone must do; `redraw` says which.

    Args:
        known: bool (n_tracks,), tracks with a training play; the others have no ID.
        content: float32 (n_tracks, n_content), what `content.table` gives; no column where there is none.
        length, dim, dropout, blocks, heads: of SASRec.
    """

    known: Tensor
    content: Tensor
    hidden: Tensor

    def __init__(
        self, known: Tensor, content: Tensor, length: int, dim: int, dropout: float, blocks: int, heads: int
    ) -> None:
        super().__init__(len(known), length, dim, dropout, blocks, heads)
        self.project = nn.Parameter(0.02 * torch.randn(content.shape[1], dim))
        self.register_buffer("known", known, persistent=False)
        # Not saved: it is made anew of the library's features, which may have grown.
        self.register_buffer("content", content, persistent=False)
        self.register_buffer("hidden", torch.zeros_like(known), persistent=False)

    @property
    def table(self) -> Tensor:
        """The tracks' vectors (n_tracks, dim)."""
        shown = self.known & ~self.hidden if self.training else self.known
        vectors = self.embedding.weight[: self.n_tracks] * shown[:, None]
        return vectors + self.content @ self.project

    @property
    def scored(self) -> Tensor:
        """Tracks that it knows anything of, bool (n_tracks,)."""
        return self.known | (self.content != 0).any(1)

    def embed(self, rows: Tensor) -> Tensor:
        """The vectors of `rows` (batch, length), -1 being the padding."""
        table = torch.cat([self.table, self.embedding.weight[self.n_tracks :]])
        return F.embedding(torch.where(rows < 0, self.n_tracks, rows), table)

    def redraw(self, share: float, generator: torch.Generator) -> None:
        """Hide the IDs of a share of the tracks with content for the next step."""
        drawn = torch.rand(self.hidden.shape, generator=generator) < share
        self.hidden = drawn.to(self.known.device) & (self.content != 0).any(1)
