"""Encoder-decoder over semantic ids. Source: TIGER 3.2.

The paper's encoder reads every code of every item, for one target at a time. Here a track is one position
(its codes' embeddings joined by a linear layer) and the encoder looks back only, so that one pass over a
history teaches the decoder every track of it: on two cores the difference between hours and minutes.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segue.models.sequential.networks import Block


class Across(nn.Module):
    """Attention of the codes of a track that is being written to the tracks before it."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query, self.key, self.value, self.out = (nn.Linear(dim, dim) for _ in range(4))
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """x (batch, n, dim) with what it found in the memory (batch, m, dim); `mask` (n, m): True to look."""
        parts = (self.query(self.norm(x)), self.key(memory), self.value(memory))
        q, k, v = (p.unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in parts)
        weights = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5
        seen = weights.masked_fill(~mask, -torch.inf).softmax(-1) @ v
        found: Tensor = x + F.dropout(self.out(seen.transpose(1, 2).flatten(2)), self.dropout, self.training)
        return found


class TigerNet(nn.Module):
    """Tracks in, the logits of the codes of the next one out.

    Args:
        codes: int64 (n_tracks, n_levels).
    """

    def __init__(
        self,
        codes: Tensor,
        sizes: tuple[int, ...],
        length: int,
        dim: int,
        heads: int,
        dropout: float,
        encoder_blocks: int,
        decoder_blocks: int,
    ) -> None:
        super().__init__()
        self.codes: Tensor
        self.register_buffer("codes", codes, persistent=False)
        self.sizes, self.length, self.dropout, n = sizes, length, dropout, len(sizes)
        self.read = nn.ModuleList(nn.Embedding(size, dim) for size in sizes)
        self.written = nn.ModuleList(nn.Embedding(size, dim) for size in sizes[:-1])
        self.heads = nn.ModuleList(nn.Linear(dim, size) for size in sizes)
        self.join = nn.Linear(n * dim, dim)
        self.start, self.begin = (nn.Parameter(0.02 * torch.randn(dim)) for _ in range(2))
        self.places = nn.Parameter(0.02 * torch.randn(length + 1, dim))
        self.levels = nn.Parameter(0.02 * torch.randn(n, dim))

        def block() -> Block:
            return Block(dim, heads, dropout, 4 * dim, normed_query=False, activation=F.gelu)

        self.encoder = nn.ModuleList(block() for _ in range(encoder_blocks))
        self.decoder = nn.ModuleList(block() for _ in range(decoder_blocks))
        self.across = nn.ModuleList(Across(dim, heads, dropout) for _ in range(decoder_blocks))
        self.norm_in, self.norm = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def encode(self, rows: Tensor) -> Tensor:
        """States (batch, length + 1, dim) of tracks (batch, length), padded behind with -1.

        State i knows the first i tracks; the first one knows none.
        """
        codes = self.codes[rows.clamp(min=0)]
        parts = [table(codes[..., level]) for level, table in enumerate(self.read)]
        tracks = self.join(torch.cat(parts, dim=-1))
        x = torch.cat([self.start.expand(len(rows), 1, -1), tracks], dim=1)
        x = F.dropout(x + self.places[: x.shape[1]], self.dropout, self.training)
        for block in self.encoder:
            x = block(x, None, causal=True)
        found: Tensor = self.norm_in(x)
        return found

    def decode(self, memory: Tensor, codes: Tensor, mask: Tensor, groups: int) -> Tensor:
        """States (batch, groups, n, dim), the last of which says what follows the codes of each group.

        Args:
            codes: (batch, groups, n - 1), the first codes of the track that each group writes.
            mask: bool (groups, m), which tracks a group may look at.
        """
        batch, n = len(memory), codes.shape[-1] + 1
        known = [self.written[level](codes[..., level]) for level in range(n - 1)]
        begin = self.begin.expand(batch, groups, -1)
        x = torch.stack([begin, *known], dim=2) + self.levels[:n]
        look = mask.repeat_interleave(n, dim=0)
        for block, across in zip(self.decoder, self.across, strict=True):
            x = block(x.reshape(batch * groups, n, -1), None, causal=True)
            x = across(x.reshape(batch, groups * n, -1), memory, look)
        x = self.norm(x)
        found: Tensor = x.reshape(batch, groups, n, -1)
        return found

    def loss(self, rows: Tensor) -> tuple[Tensor, int]:
        """Mean over tracks of the summed loss of their codes in nats, and the number of tracks.

        Args:
            rows: (batch, length) of tracks in order, padded behind with -1; every one is learnt.
        """
        memory, real = self.encode(rows[:, :-1]), rows >= 0
        n = rows.shape[1]
        mask = torch.ones(n, n, dtype=torch.bool, device=rows.device).tril()
        codes = self.codes[rows.clamp(min=0)]
        states = self.decode(memory, codes[..., :-1], mask, n)[real]
        wanted = codes[real]
        total = torch.zeros((), device=rows.device)
        for level, head in enumerate(self.heads):
            total = total + F.cross_entropy(head(states[:, level]).float(), wanted[:, level])
        return total, len(wanted)

    def log_probs(self, memory: Tensor, codes: Tensor) -> Tensor:
        """Log-probabilities (n, codes of the next level) after prefixes (n, level) and memory (m, dim)."""
        n, level = codes.shape
        mask = torch.ones(n, len(memory), dtype=torch.bool, device=memory.device)
        state = self.decode(memory[None], codes[None], mask, n)[0, :, -1]
        found: Tensor = torch.log_softmax(self.heads[level](state).float(), dim=-1)
        return found
