"""The three encoders of a listening history: tracks in, a hidden state for every position out."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def dropout(x: Tensor, share: float, training: bool) -> Tensor:
    """torch's, from a random byte a number, so `share` is rounded to 256ths: four times as fast."""
    level = min(round(256 * share), 255)
    if not training or not level:
        return x
    drawn = torch.empty(-(-x.numel() // 8), dtype=torch.int64, device=x.device).random_(-(2**63), None)
    kept = drawn.view(torch.uint8)[: x.numel()].view(x.shape) >= level
    return x * kept.to(x.dtype).mul_(256 / (256 - level))


class Block(nn.Module):
    """A transformer block with the norm in front.

    Args:
        normed_query: only the query is normalised, keys and values are not, and the feed-forward's residual
            is its normalised input (SASRec as published); else the common block.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        dropout: float,
        inner: int,
        normed_query: bool,
        activation: Callable[..., Tensor],
    ) -> None:
        super().__init__()
        self.heads, self.dropout, self.normed_query, self.activation = (
            heads,
            dropout,
            normed_query,
            activation,
        )
        self.query, self.key, self.value, self.out = (nn.Linear(dim, dim) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.inner, self.outer = nn.Linear(dim, inner), nn.Linear(inner, dim)

    def forward(self, x: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
        """(batch, length, dim) to the same; `mask` (batch, 1, 1, length) is True where to look."""
        normed = self.norm1(x)
        keys = x if self.normed_query else normed
        parts = (self.query(normed), self.key(keys), self.value(keys))
        q, k, v = (p.unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in parts)
        # Plain products: in bfloat16 on a processor faster than the fused kernel, forwards and backwards.
        weights = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5
        if causal:
            hidden = torch.ones(weights.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
            weights = weights.masked_fill(hidden, -torch.inf)
        if mask is not None:
            weights = weights.masked_fill(~mask, -torch.inf)
        seen = weights.softmax(-1) @ v
        seen = self.out(seen.transpose(1, 2).flatten(2))
        x = (normed if self.normed_query else x) + dropout(seen, self.dropout, self.training)
        normed = self.norm2(x)
        fed = dropout(self.activation(self.inner(normed)), self.dropout, self.training)
        fed = dropout(self.outer(fed), self.dropout, self.training)
        return (normed if self.normed_query else x) + fed


class Network(nn.Module, ABC):
    """A table of track vectors and an encoder over them; track `n_tracks` is the padding (and the mask).

    Subclasses write `encode`.
    """

    def __init__(self, n_tracks: int, length: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.n_tracks, self.length, self.dim, self.dropout = n_tracks, length, dim, dropout
        self.embedding = nn.Embedding(n_tracks + 1, dim)
        nn.init.normal_(self.embedding.weight, std=0.02)

    @property
    def table(self) -> Tensor:
        """The tracks' vectors (n_tracks, dim)."""
        return self.embedding.weight[: self.n_tracks]

    def embed(self, rows: Tensor) -> Tensor:
        """The vectors of `rows` (batch, length), -1 being the padding."""
        vectors: Tensor = self.embedding(torch.where(rows < 0, self.n_tracks, rows))
        return vectors

    @abstractmethod
    def encode(self, rows: Tensor) -> Tensor:
        """Hidden states (batch, length, dim) of `rows` (batch, length), padded at the end with -1."""

    def last(self, rows: Tensor, sizes: Tensor) -> Tensor:
        """The hidden state (batch, dim) that predicts what follows `sizes` plays."""
        hidden = self.encode(rows)
        return hidden[torch.arange(len(rows), device=rows.device), (sizes - 1).clamp(min=0)]


class SASRecNet(Network):
    """Self-attention over the past. Source: Kang and McAuley 2018."""

    def __init__(self, n_tracks: int, length: int, dim: int, dropout: float, blocks: int, heads: int) -> None:
        super().__init__(n_tracks, length, dim, dropout)
        self.positions = nn.Parameter(0.02 * torch.randn(length, dim))
        self.blocks = nn.ModuleList(
            Block(dim, heads, dropout, dim, normed_query=True, activation=F.relu) for _ in range(blocks)
        )
        self.norm = nn.LayerNorm(dim)

    def encode(self, rows: Tensor) -> Tensor:
        """As `Network.encode`; a position sees itself and what came before it."""
        # Vectors begin at a deviation of 0.02: scaled, they weigh against the positions as in the original.
        x = self.embed(rows) * self.dim**0.5 + self.positions[: rows.shape[1]]
        x = dropout(x, self.dropout, self.training)
        for block in self.blocks:
            x = block(x, None, causal=True)
        hidden: Tensor = self.norm(x)
        return hidden


class BERT4RecNet(Network):
    """Self-attention over both sides of a masked play. Source: Sun et al. 2019.

    Positions are counted from the end of the window, where the mask stands when it predicts.
    """

    def __init__(self, n_tracks: int, length: int, dim: int, dropout: float, blocks: int, heads: int) -> None:
        super().__init__(n_tracks, length, dim, dropout)
        self.masked = nn.Parameter(0.02 * torch.randn(dim))
        # One more than plays, for the mask behind them.
        self.positions = nn.Parameter(0.02 * torch.randn(length + 1, dim))
        self.blocks = nn.ModuleList(
            Block(dim, heads, dropout, 4 * dim, normed_query=False, activation=F.gelu) for _ in range(blocks)
        )
        self.norm, self.out = nn.LayerNorm(dim), nn.Linear(dim, dim)
        self.norm_in = nn.LayerNorm(dim)

    def encode(self, rows: Tensor) -> Tensor:
        """As `Network.encode`; -2 is a masked play."""
        real = rows != -1
        x = torch.where(
            (rows == -2)[..., None], self.masked.to(self.embedding.weight.dtype), self.embed(rows)
        )
        from_end = (real.flip(1).cumsum(1).flip(1) - 1).clamp(0, len(self.positions) - 1)
        x = dropout(self.norm_in(x + self.positions[from_end]), self.dropout, self.training)
        mask = real[:, None, None]
        for block in self.blocks:
            x = block(x, mask, causal=False)
        hidden: Tensor = self.out(F.gelu(self.norm(x)))
        return hidden

    def last(self, rows: Tensor, sizes: Tensor) -> Tensor:
        """The hidden state of a mask set behind the plays."""
        longer = F.pad(rows, (0, 1), value=-1)
        longer = longer.scatter(1, sizes[:, None], -2)
        return self.encode(longer)[torch.arange(len(rows), device=rows.device), sizes]


class GRU4RecNet(Network):
    """A gated recurrent network. Source: Hidasi et al. 2016; the loss over every position, not the last."""

    def __init__(self, n_tracks: int, length: int, dim: int, dropout: float, blocks: int, heads: int) -> None:
        super().__init__(n_tracks, length, dim, dropout)
        self.gru = nn.GRU(dim, 2 * dim, num_layers=blocks, batch_first=True)
        self.out = nn.Linear(2 * dim, dim)

    def encode(self, rows: Tensor) -> Tensor:
        """As `Network.encode`."""
        x = dropout(self.embed(rows), self.dropout, self.training)
        hidden, _ = self.gru(x)
        out: Tensor = self.out(dropout(hidden, self.dropout, self.training))
        return out
