"""The trainable form of an extended LLM: its body, its words, its music tokens, and a cheap loss.

The full loss multiplies every position by every row of a vocabulary of fifty thousand. Here only positions
that are targets are scored, against all music tokens, the words that are often targets or are in the batch,
and a sample of the other words, whose logits are corrected by log(1 / q) so that the loss estimates the full
one. Without the words that are often targets the estimate is so noisy that less is learnt from each token.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segue.tokens.vocabulary import Vocabulary


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


class MusicLM(nn.Module):
    """An extended causal LM, split so that words can stay frozen while music tokens learn.

    Args:
        model: a `transformers` causal LM with the vocabulary's tokens (see `language.extend`), maybe with
            adapters; its body is trained in place.
        train_words: whether the rows of the LLM's own words learn as well.
        common: ids of the words that every target is scored against (see `common_words`).
    """

    def __init__(
        self, model: Any, vocabulary: Vocabulary, *, train_words: bool, common: Tensor | None = None
    ) -> None:
        super().__init__()
        self.register_buffer("common", common, persistent=False)
        self.model, self.vocabulary = model, vocabulary
        self.body = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
        self.tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
        self.words, self.music = self._split(model.get_input_embeddings().weight, train_words)
        if self.tied:
            self.head_words, self.head_music = self.words, self.music
        else:
            head = model.get_output_embeddings().weight
            self.head_words, self.head_music = self._split(head, train_words)
        for module in (model.get_input_embeddings(), model.get_output_embeddings()):
            module.weight.requires_grad_(False)

    def _split(self, weight: Tensor, train_words: bool) -> tuple[nn.Parameter, nn.Parameter]:
        first = self.vocabulary.first
        words = weight.detach()[:first] if not train_words else weight.detach()[:first].clone()
        music = weight.detach()[first : first + len(self.vocabulary)].clone()
        return nn.Parameter(words, requires_grad=train_words), nn.Parameter(music)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings (..., dim) of token ids (...)."""
        first = self.vocabulary.first
        is_music = ids >= first
        embedded = F.embedding(ids.clamp(max=first - 1), self.words)
        return embedded.masked_scatter(is_music.unsqueeze(-1), self.music[ids[is_music] - first])

    def hidden(self, ids: Tensor) -> Tensor:
        """Last hidden states (batch, length, dim) of right-padded ids (batch, length)."""
        # Right padding under a causal mask changes nothing before it: no mask is needed.
        states: Tensor = self.body(inputs_embeds=self.embed(ids), use_cache=False).last_hidden_state
        return states

    def loss(self, ids: Tensor, learn: Tensor, *, n_sampled: int = 1024, full: bool = False) -> Losses:
        """Next-token losses at the targets: ids and learn (batch, length), learn True at target tokens.

        Args:
            n_sampled: how many other words stand for the rest of the vocabulary.
            full: score against every token instead (slow; for evaluation and for comparison).
        """
        states = self.hidden(ids)[:, :-1][learn[:, 1:]]
        targets = ids[:, 1:][learn[:, 1:]]
        is_music = targets >= self.vocabulary.first
        logits, places = (self._all if full else self._candidates)(states, targets, n_sampled)
        each = F.cross_entropy(logits.float(), places, reduction="none")
        n_music = int(is_music.sum())
        return Losses(each[is_music].sum(), n_music, each[~is_music].sum(), len(targets) - n_music)

    def _all(self, states: Tensor, targets: Tensor, _: int) -> tuple[Tensor, Tensor]:
        """Logits over the whole vocabulary, and the targets themselves."""
        return torch.cat([states @ self.head_words.T, states @ self.head_music.T], dim=-1), targets

    def _candidates(self, states: Tensor, targets: Tensor, n_sampled: int) -> tuple[Tensor, Tensor]:
        """Logits over music tokens, some words and a sample, and the targets' places among them."""
        first, n_music = self.vocabulary.first, len(self.vocabulary)
        used = targets[targets < first]
        used = torch.unique(used if self.common is None else torch.cat([used, self.common]))
        sampled = torch.randint(first, (n_sampled,), device=targets.device)
        sampled = sampled[~torch.isin(sampled, used)]
        rows = torch.cat([used, sampled])
        logits = torch.cat([states @ self.head_music.T, states @ self.head_words[rows].T], dim=-1).float()
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
        first = self.vocabulary.first
        pairs = [(self.model.get_input_embeddings().weight, self.words, self.music)]
        if not self.tied:
            pairs.append((self.model.get_output_embeddings().weight, self.head_words, self.head_music))
        with torch.no_grad():
            for weight, words, music in pairs:
                weight[:first] = words.to(weight.dtype)
                weight[first : first + len(music)] = music.to(weight.dtype)
        return self.model
