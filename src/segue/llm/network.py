"""The trainable form of an extended LLM: its body, its words, its music tokens, and a cheap loss.

The full loss multiplies every position by every row of a vocabulary of fifty thousand. Here only positions
that are targets are scored, against all music tokens, the words that are often targets or are in the batch,
and a sample of the other words, whose logits are corrected by log(1 / q) so that it estimates the full loss.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segue.tokens.vocabulary import Vocabulary

More = Callable[[Tensor, Tensor], Tensor]
"""From all states (batch, length, dim) and the targets' logits of music tokens (n_targets, n_music) to a loss
for each target, (n_targets,)."""


class Losses(NamedTuple):
    """Summed losses in nats and counts over the music tokens and over the words of a batch."""

    music: Tensor
    n_music: int
    words: Tensor
    n_words: int


def common_words(targets: np.ndarray[Any, Any], first: int, most: int = 4096) -> Tensor:
    """The ids below `first`, at most `most`, that occur most often among target ids (n,), int64."""
    counts = np.bincount(targets[targets < first], minlength=1)
    order = np.argsort(-counts, kind="stable")[:most]
    return torch.from_numpy(order[counts[order] > 0])


class Table(nn.Module):
    """A matrix of an extended LLM in parts: the LLM's words, the music tokens, and words that learn.

    Args:
        weight: the matrix (n_tokens or more, dim).
        train_words: whether all words learn.
        common: ids of words whose rows learn in any case. With them learns one vector that is added to all
            other words: frozen as they are, they could not be made unlikely, and would keep their meaning.
    """

    def __init__(
        self, weight: Tensor, vocabulary: Vocabulary, train_words: bool, common: Tensor | None
    ) -> None:
        super().__init__()
        first, weight = vocabulary.first, weight.detach()
        # Frozen words stay views: a copy would double the largest matrix.
        words = weight[:first].clone() if train_words else weight[:first]
        self.words = nn.Parameter(words, requires_grad=train_words)
        self.music = nn.Parameter(weight[first : first + len(vocabulary)].clone())
        self.common = self.shift = None
        self.place: Tensor
        if common is not None:
            place = torch.full((first,), -1)
            place[common] = torch.arange(len(common))
            self.register_buffer("place", place, persistent=False)
            self.common = nn.Parameter(words[common].clone())
            self.shift = nn.Parameter(torch.zeros_like(words[0]))

    def rows(self, ids: Tensor) -> Tensor:
        """The rows (..., dim) of words (...)."""
        rows = F.embedding(ids, self.words)
        if self.common is None or self.shift is None:
            return rows
        place = self.place[ids]
        return torch.where(
            (place >= 0)[..., None], F.embedding(place.clamp(min=0), self.common), rows + self.shift
        )

    def all_words(self) -> Tensor:
        """The rows (n_words, dim) of all words."""
        return self.rows(torch.arange(len(self.words), device=self.words.device))

    @torch.no_grad()
    def write_back(self, weight: Tensor) -> None:
        """Put what was learnt into the matrix it came from."""
        first = len(self.words)
        self.words.copy_(self.all_words())
        if self.shift is not None:
            self.shift.zero_()
        weight[:first] = self.words.to(weight.dtype)
        weight[first : first + len(self.music)] = self.music.to(weight.dtype)


class MusicLM(nn.Module):
    """An extended causal LM, split so that words can stay frozen while music tokens learn.

    Args:
        model: a `transformers` causal LM with the vocabulary's tokens (see `vocabulary.extend`), maybe with
            adapters; its body is trained in place.
        common: ids of words that learn in any case and that every target is scored against (see
            `common_words` and `Table`).
    """

    def __init__(
        self, model: Any, vocabulary: Vocabulary, *, train_words: bool, common: Tensor | None = None
    ) -> None:
        super().__init__()
        self.common: Tensor
        self.model, self.vocabulary = model, vocabulary
        self.body = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
        inputs, outputs = model.get_input_embeddings().weight, model.get_output_embeddings().weight
        self.table = Table(inputs, vocabulary, train_words, common)
        self.tied = outputs is inputs
        # Tied matrices learn as one, or they would no longer be tied.
        self.head = self.table if self.tied else Table(outputs, vocabulary, train_words, common)
        self.register_buffer(
            "common", common if common is not None else torch.zeros(0, dtype=torch.long), persistent=False
        )
        for weight in (inputs, outputs):
            weight.requires_grad_(False)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings (..., dim) of token ids (...)."""
        first = self.vocabulary.first
        is_music = ids >= first
        # Clamped only so that the look-up is valid; music tokens are overwritten below.
        embedded = self.table.rows(ids.clamp(max=first - 1))
        return embedded.masked_scatter(is_music.unsqueeze(-1), self.table.music[ids[is_music] - first])

    def hidden(self, ids: Tensor) -> Tensor:
        """Last hidden states (batch, length, dim) of right-padded ids (batch, length)."""
        # Right padding under a causal mask changes nothing before it: no mask is needed.
        states: Tensor = self.body(inputs_embeds=self.embed(ids), use_cache=False).last_hidden_state
        return states

    def loss(
        self,
        ids: Tensor,
        learn: Tensor,
        *,
        n_sampled: int = 1024,
        full: bool = False,
        more: More | None = None,
    ) -> Losses:
        """Next-token losses at the targets: ids and learn (batch, length), learn True at target tokens.

        Args:
            n_sampled: how many other words stand for the rest of the vocabulary.
            full: score against every token instead (slow; for evaluation and for comparison).
        """
        whole = self.hidden(ids)
        states = whole[:, :-1][learn[:, 1:]]
        targets = ids[:, 1:][learn[:, 1:]]
        is_music = targets >= self.vocabulary.first
        if full:
            logits = torch.cat([states @ self.head.all_words().T, states @ self.head.music.T], dim=-1)
            places = targets
        else:
            logits, places = self._candidates(states, targets, n_sampled)
        each = F.cross_entropy(logits.float(), places, reduction="none")
        if more is not None:
            each = each + more(whole, states @ self.head.music.T)
        n_music = int(is_music.sum())
        return Losses(each[is_music].sum(), n_music, each[~is_music].sum(), len(targets) - n_music)

    def _candidates(self, states: Tensor, targets: Tensor, n_sampled: int) -> tuple[Tensor, Tensor]:
        """Logits over music tokens, some words and a sample, and the targets' places among them."""
        first, n_music = self.vocabulary.first, len(self.vocabulary)
        used = torch.unique(torch.cat([targets[targets < first], self.common]))
        sampled = torch.randint(first, (n_sampled,), device=targets.device)
        # Or a target could stand among its own negatives.
        sampled = sampled[~torch.isin(sampled, used)]
        rows = torch.cat([used, sampled])
        logits = torch.cat([states @ self.head.music.T, states @ self.head.rows(rows).T], dim=-1).float()
        # Each sampled word stands for (words not used) / (sample size) words.
        weight = (first - len(used)) / max(len(sampled), 1)
        correction = torch.zeros(logits.shape[-1], device=logits.device)
        correction[n_music + len(used) :] = torch.log(torch.tensor(weight))
        places = torch.where(
            targets >= first,
            targets - first,
            n_music + torch.searchsorted(used, targets.clamp(max=first - 1)),
        )
        return logits + correction, places

    def write_back(self) -> Any:
        """Put the learnt rows into the model's own matrices; returns the model."""
        self.table.write_back(self.model.get_input_embeddings().weight)
        if not self.tied:
            self.head.write_back(self.model.get_output_embeddings().weight)
        return self.model
