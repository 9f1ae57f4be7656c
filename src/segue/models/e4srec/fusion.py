"""Fusion: the vectors of a track's modalities become one, as published and as corrected.

The first modality (the ID) is the anchor. As corrected, a track that lacks all content gets a function of
its ID alone, the ID always takes part, and a track without an ID gets a learnt vector in its place. As
published, what is missing is zeros. Source: E4SRec specification 8.2, 12.
"""

from abc import ABC, abstractmethod
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Kind = Literal["concat", "weighted", "cross_attention", "film"]
HEADS = 4


class Fusion(nn.Module, ABC):
    """Base: fuses vectors {modality: (n, dim of it)} with presence {modality: bool (n,)} to (n, `dim`).

    Args:
        sizes: modality -> dim, the anchor first.
        dim: of the result, where the strategy is free to choose it.
    """

    def __init__(self, sizes: dict[str, int], dim: int, published: bool) -> None:
        super().__init__()
        self.sizes, self.dim, self.published = dict(sizes), dim, published
        self.anchor, *self.content = sizes
        learnt = [] if published else [self.anchor]
        self.missing = nn.ParameterDict({m: nn.Parameter(torch.zeros(sizes[m])) for m in learnt})

    def known(self, vectors: dict[str, Tensor], present: dict[str, Tensor], modality: str) -> Tensor:
        """A modality's vectors; where it is missing, its learnt vector, or zeros if it has none."""
        vector, there = vectors[modality], present[modality][:, None]
        instead = self.missing[modality] if modality in self.missing else vector.new_zeros(())
        # Whatever stands in a missing row, even NaN, is not looked at.
        return torch.where(there, vector, instead)

    @abstractmethod
    def forward(self, vectors: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        """The fused vectors (n, dim)."""


class Concat(Fusion):
    """[id; content; ...]; corrected, each missing part is a learnt vector."""

    def __init__(self, sizes: dict[str, int], dim: int, published: bool) -> None:
        super().__init__(sizes, sum(sizes.values()), published)
        if not published:
            for modality in self.content:
                self.missing[modality] = nn.Parameter(torch.zeros(sizes[modality]))

    def forward(self, vectors: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        """See `Fusion`."""
        return torch.cat([self.known(vectors, present, m) for m in self.sizes], dim=1)


class Weighted(Fusion):
    """Each modality projected to unit length, then summed with softmax weights, one scalar a modality.

    Corrected, the softmax runs over the modalities that the track has.
    """

    def __init__(self, sizes: dict[str, int], dim: int, published: bool) -> None:
        super().__init__(sizes, dim, published)
        self.project = nn.ModuleDict({m: nn.Linear(size, dim) for m, size in sizes.items()})
        self.weights = nn.Parameter(torch.zeros(len(sizes)))

    def forward(self, vectors: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        """See `Fusion`."""
        units = torch.stack(
            [F.normalize(self.project[m](self.known(vectors, present, m)), dim=1) for m in self.sizes], dim=1
        )
        logits = self.weights.expand(len(units), -1)
        if not self.published:
            there = torch.stack([present[m] for m in self.sizes], dim=1)
            # The anchor's learnt vector counts only where there is nothing else.
            there[:, 0] |= ~there.any(dim=1)
            logits = logits.masked_fill(~there, -torch.inf)
        return (torch.softmax(logits, dim=1)[..., None].to(units.dtype) * units).sum(dim=1)


class CrossAttention(Fusion):
    """The ID asks, the content answers; corrected, the ID is added and missing content is masked.

    As published the ID is only the query: with one content modality it has no influence at all.
    """

    def __init__(self, sizes: dict[str, int], dim: int, published: bool) -> None:
        super().__init__(sizes, dim, published)
        self.query = nn.Linear(sizes[self.anchor], dim)
        self.project = nn.ModuleDict({m: nn.Linear(sizes[m], dim) for m in self.content})
        self.attend = nn.MultiheadAttention(dim, HEADS, batch_first=True) if self.content else None

    def forward(self, vectors: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        """See `Fusion`."""
        query: Tensor = self.query(self.known(vectors, present, self.anchor))
        if self.attend is None:
            return query
        keys = torch.stack([self.project[m](self.known(vectors, present, m)) for m in self.content], dim=1)
        if self.published:
            found: Tensor = self.attend(query[:, None], keys, keys, need_weights=False)[0][:, 0]
            return found
        there = torch.stack([present[m] for m in self.content], dim=1)
        some = there.any(dim=1, keepdim=True)
        # A track without content attends to anything: the answer is dropped.
        found = self.attend(query[:, None], keys, keys, ~(there | ~some), need_weights=False)[0][:, 0]
        return query + torch.where(some, found, found.new_zeros(()))


class Film(Fusion):
    """The content scales and shifts the projected ID; corrected, around a scale of one."""

    def __init__(self, sizes: dict[str, int], dim: int, published: bool) -> None:
        super().__init__(sizes, dim, published)
        self.base = nn.Linear(sizes[self.anchor], dim)
        # One layer a modality is one layer over their concatenation, and a missing one adds nothing.
        self.modulate = nn.ModuleDict({m: nn.Linear(sizes[m], 2 * dim) for m in self.content})

    def forward(self, vectors: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        """See `Fusion`."""
        base: Tensor = self.base(self.known(vectors, present, self.anchor))
        change = base.new_zeros(len(base), 2 * self.dim)
        for modality, layer in self.modulate.items():
            found = layer(self.known(vectors, present, modality))
            there = present[modality][:, None] | self.published
            change = change + torch.where(there, found, found.new_zeros(()))
        scale, shift = change.chunk(2, dim=1)
        return base * (scale if self.published else 1 + scale) + shift


KINDS: dict[Kind, type[Fusion]] = {
    "concat": Concat,
    "weighted": Weighted,
    "cross_attention": CrossAttention,
    "film": Film,
}


def make_fusion(kind: Kind, sizes: dict[str, int], dim: int = 64, as_published: bool = False) -> Fusion:
    """An untrained fusion of modalities {name: dim}, the anchor first.

    As published, one modality alone is used as it is, whatever the strategy.
    """
    if as_published and len(sizes) == 1:
        kind = "concat"
    return KINDS[kind](sizes, dim, as_published)
