"""The hybrid prompt: titles as words, and behind each the track's ID embedding as a soft token.

In a sequence of ids a soft token is an id above the LLM's own: `soft + row` stands for the embedding of the
track in that row. Source: LLaRA 3.2 (Liao et al., SIGIR 2024).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from segue.kit.arrays import Bools
from segue.llm.network import MusicLM
from segue.llm.session import Session
from segue.models.listening_lm import Example, Rows, join
from segue.tokens.vocabulary import END, START, Vocabulary

PLAYED = "A listener played these tracks, oldest first:"


class Projector(nn.Module):
    """From an ID embedding to a word's place: two layers, at the length that words have.

    Args:
        scale: standard deviation of the LLM's words, where the output starts.
    """

    def __init__(self, dim: int, width: int, scale: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(dim, width), nn.GELU(), nn.Linear(width, width))
        self.norm = nn.LayerNorm(width)
        nn.init.constant_(self.norm.weight, scale)

    def forward(self, vectors: Tensor) -> Tensor:
        """Soft tokens (n, width) of ID embeddings (n, dim)."""
        soft: Tensor = self.norm(self.layers(vectors))
        return soft


class HybridLM(MusicLM):
    """The trainable form of an LLM that also reads soft tokens.

    Args:
        vectors: ID embeddings (n_tracks, dim); they stay as they are.
    """

    def __init__(
        self,
        model: Any,
        vocabulary: Vocabulary,
        projector: Projector,
        vectors: Tensor,
        *,
        train_words: bool,
        common: Tensor | None = None,
    ) -> None:
        super().__init__(model, vocabulary, train_words=train_words, common=common)
        self.vectors: Tensor
        self.projector = projector
        self.register_buffer("vectors", vectors, persistent=False)
        self.soft = soft_start(vocabulary)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings (..., dim) of token ids (...), soft ones among them."""
        is_soft = ids >= self.soft
        embedded = super().embed(ids.masked_fill(is_soft, 0))
        soft = self.projector(self.vectors[ids[is_soft] - self.soft])
        return embedded.masked_scatter(is_soft.unsqueeze(-1), soft.to(embedded.dtype))


class HybridSession(Session):
    """A kept dialogue whose prompt may hold soft tokens."""

    def __init__(self, model: Any, projector: Projector, vectors: Tensor, soft: int) -> None:
        super().__init__(model)
        self.projector, self.vectors, self.soft = projector, vectors, soft
        self.words = model.get_input_embeddings()

    def _forward(self, ids: list[int]) -> Tensor:
        inputs = torch.tensor(ids, device=self.head.device)
        is_soft = inputs >= self.soft
        embedded = self.words(inputs.masked_fill(is_soft, 0))
        soft = self.projector(self.vectors[inputs[is_soft] - self.soft])
        embedded = embedded.masked_scatter(is_soft.unsqueeze(-1), soft.to(embedded.dtype))
        states: Tensor = self.body(
            inputs_embeds=embedded[None], past_key_values=self.cache, use_cache=True
        ).last_hidden_state[0]
        return states


def soft_start(vocabulary: Vocabulary) -> int:
    """The id of the soft token of row 0."""
    return vocabulary.first + len(vocabulary)


class Writer:
    """Writes plays as tokens: start, the title, end, and in a hybrid prompt the track's soft token.

    Args:
        present: bool (n_tracks,), the tracks that have an ID embedding: the others are text alone.
    """

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary, titles: Sequence[str], present: Bools) -> None:
        self.vocabulary, self.present, self.soft = vocabulary, present, soft_start(vocabulary)
        self.start, self.end = vocabulary.special(START), vocabulary.special(END)
        # Titles are never read as control tokens.
        ids = tokenizer([PLAYED, *titles], add_special_tokens=False, split_special_tokens=True)["input_ids"]
        self.played: list[int] = ids[0]
        self.titles: list[list[int]] = [[*title, self.end] for title in ids[1:]]

    def track(self, row: int, learn: bool, hybrid: bool) -> Example:
        """One play; the title is what may be learnt."""
        title = self.titles[row]
        tail = [self.soft + row] if hybrid and self.present[row] else []
        return Example([self.start, *title, *tail], [False] + [learn] * len(title) + [False] * len(tail))

    def listening(self, rows: Rows, *, hybrid: bool = True, last_only: bool = False) -> Example:
        """A window of plays in which every title is a target, or the last alone."""
        head = Example(self.played, [False] * len(self.played))
        last = len(rows) - 1
        parts = [self.track(int(r), not last_only or n == last, hybrid) for n, r in enumerate(rows)]
        return join([head, *parts])

    def prompt(self, rows: Rows) -> list[int]:
        """What stands before the title of the track that comes next."""
        return [*self.listening(rows).ids, self.start]
