"""A language model with the keys and values of one dialogue kept: a request that continues it reuses them."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache

from segue.kit.device import best_device
from segue.kit.threads import torch_threads

SMALL = 512
"""Models up to this width decode on one thread."""


def fitting_threads(model: Any) -> AbstractContextManager[None]:
    """One thread for a small model."""
    return torch_threads(1) if model.config.hidden_size <= SMALL else nullcontext()


class Session:
    """A model with the keys and values of one dialogue; a request that continues it reuses them."""

    def __init__(self, model: Any) -> None:
        if best_device().type == "cpu":
            # Masked attention then reads the shared keys where they are, not a copy for every head.
            os.environ.setdefault("TRANSFORMERS_SDPA_FORCE_GQA", "1")
        self.model = model
        self.body = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
        self.head = model.get_output_embeddings().weight.detach()
        self.ids: list[int] = []
        self.cache = DynamicCache()
        self.last: Tensor | None = None

    @torch.no_grad()
    def read(self, ids: list[int]) -> Tensor:
        """The last hidden state (dim,) after `ids`; what continues the kept dialogue alone is computed."""
        same = 0
        for a, b in zip(self.ids, ids, strict=False):
            if a != b:
                break
            same += 1
        if same == len(ids) == len(self.ids) and self.last is not None:
            return self.last
        # One token at least is read, for the state after the last.
        same = min(same, len(ids) - 1)
        self._cut(same)
        states = self._forward(ids[same:])
        self.ids = list(ids)
        self.last = states[-1]
        return self.last

    def _forward(self, ids: list[int]) -> Tensor:
        inputs = torch.tensor([ids], device=self.head.device)
        states: Tensor = self.body(
            input_ids=inputs, past_key_values=self.cache, use_cache=True
        ).last_hidden_state[0]
        return states

    def _cut(self, length: int) -> None:
        surplus = self.cache.get_seq_length() - length
        if surplus > 0:
            # A negative number says how many are dropped, a positive one how many stay.
            self.cache.crop(-surplus)

    @torch.no_grad()
    def branch(self, ids: np.ndarray[Any, Any], depth: int, sees: Tensor) -> Tensor:
        """Hidden states (n, dim) of n tokens that each continue the dialogue on a branch of its own.

        Args:
            depth: how many branch tokens each has before it.
            sees: bool (n, n_branch_tokens_so_far + n): which branch tokens each one sees.
        """
        n, kept = len(ids), self.cache.get_seq_length()
        length = len(self.ids)
        mask = torch.zeros(1, 1, n, kept + n, dtype=self.head.dtype, device=self.head.device)
        mask[0, 0, :, length:].masked_fill_(~sees.to(mask.device), torch.finfo(self.head.dtype).min)
        states: Tensor = self.body(
            input_ids=torch.from_numpy(ids)[None].to(self.head.device),
            attention_mask=mask,
            position_ids=torch.full((1, n), length + depth, device=self.head.device),
            past_key_values=self.cache,
            use_cache=True,
        ).last_hidden_state[0]
        return states

    def rewind(self) -> None:
        """Forget the branches; the dialogue stays."""
        self._cut(len(self.ids))

    @torch.no_grad()
    def logits(self, states: Tensor, start: int, stop: int) -> Tensor:
        """Logits (..., stop - start) of a slice of the vocabulary, float32."""
        logits: Tensor = (states @ self.head[start:stop].T).float()
        return logits


def nucleus(logits: Tensor, top_p: float, generator: torch.Generator, temperature: float = 1.0) -> int:
    """A token sampled from the smallest set that holds `top_p` of the probability."""
    probabilities, order = torch.softmax(logits / temperature, dim=-1).sort(descending=True)
    # What stands before a token, not it itself, decides: the first always stays.
    kept = probabilities * (probabilities.cumsum(-1) - probabilities < top_p)
    # On the processor, where the generator is: the same seed draws the same on every device.
    choice = torch.multinomial(kept.cpu(), 1, generator=generator)
    return int(order[choice.to(order.device)])
