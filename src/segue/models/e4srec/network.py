"""The network: fused track vectors as soft tokens, one pass of the backbone's body, a score a track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.models.e4srec.anchor import Anchor, Rows
from segue.models.e4srec.fusion import make_fusion
from segue.models.e4srec.gated_anchor import GatedAnchor
from segue.models.e4srec.inputs import Inputs
from segue.models.e4srec.prompt import Batch
from segue.models.e4srec.settings import Settings

GATE = 30.0
"""How much faster than the learning rate the gate opens: within some hundred steps to about one."""
CHUNK = 8192
"""Tracks that are fused at once in evaluation."""


class Quick(nn.Linear):
    """A linear layer that learns `gain` times faster than the learning rate says.

    Adam's steps have one size for every number, whatever the gradient: numbers that are multiplied by
    `gain` on their way move that much further.
    """

    def __init__(self, n_in: int, n_out: int, gain: float = 1.0, *, bias: bool = True) -> None:
        super().__init__(n_in, n_out, bias=bias)
        self.gain = gain
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.div_(gain)

    def matrix(self) -> Tensor:
        """The weights (n_out, n_in) as they are used."""
        return self.weight * self.gain

    def forward(self, x: Tensor) -> Tensor:
        """The product, of the input's shape but for the last axis."""
        return F.linear(x, self.matrix(), None if self.bias is None else self.bias * self.gain)


class Tracks(nn.Module):
    """The frozen vectors of all tracks; they are not part of what is saved."""

    def __init__(self, inputs: Inputs) -> None:
        super().__init__()
        self.modalities = tuple(inputs.features)
        for modality, feature in inputs.features.items():
            matrix = torch.from_numpy(feature.matrix / np.float32(inputs.scales[modality]))
            self.register_buffer(f"vector_{modality}", matrix, persistent=False)
            self.register_buffer(f"there_{modality}", torch.from_numpy(feature.present), persistent=False)

    def __len__(self) -> int:
        return len(self.get_buffer(f"there_{self.modalities[0]}"))

    def forward(self, rows: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Vectors and presence of some rows (n,), by modality."""
        vectors = {m: self.get_buffer(f"vector_{m}")[rows] for m in self.modalities}
        return vectors, {m: self.get_buffer(f"there_{m}")[rows] for m in self.modalities}


class Network(nn.Module):
    """E4SRec.

    Args:
        lm: a causal LM of `transformers`; its head over words is not used.
        head_rows: the catalogue row of each row of the head, int64 (n_head,).
        anchor: the ID encoder whose scores the answer is added to.

    Source: E4SRec specification 7.2, 8.1, 12.
    """

    def __init__(
        self,
        lm: Any,
        inputs: Inputs,
        settings: Settings,
        head_rows: NDArray[np.int64],
        anchor: Anchor | GatedAnchor | None = None,
    ) -> None:
        super().__init__()
        self.body = lm.get_decoder()
        self.words = lm.get_input_embeddings().weight.detach()
        self.settings, self.tracks = settings, Tracks(inputs)
        self.head_rows: Tensor
        self.register_buffer("head_rows", torch.from_numpy(head_rows), persistent=False)
        hidden, gain = lm.config.hidden_size, 1.0 if settings.as_published else settings.speed
        self.fusion = make_fusion(settings.fusion, inputs.sizes, settings.fusion_dim, settings.as_published)
        self.flags = {"embedding": 1 if settings.as_published else 2}.get(settings.completion, 0)
        self.projection = Quick(self.fusion.dim + self.flags, hidden, gain)
        self.query: Quick | None = None
        if settings.head == "free":
            self.head = Quick(hidden, len(head_rows), gain, bias=False)
        else:
            self.query = Quick(hidden, self.fusion.dim, gain, bias=False)
        n_bias = len(head_rows) if settings.bias and settings.head == "tied" else 0
        self.bias = nn.Parameter(torch.zeros(n_bias)) if n_bias else None
        self.anchor = anchor
        # A scalar moves by the learning rate a step, which is little beside the scores.
        self.gate = None if anchor is None else nn.Parameter(torch.zeros(1))
        self._fused: Tensor | None = None
        if not settings.as_published:
            self._fit_scales()

    @torch.no_grad()
    def _fit_scales(self) -> None:
        """Soft tokens begin as large as words, and scores near zero."""
        some = torch.arange(min(len(self.tracks), 512))
        fused = self.fusion(*self.tracks(some))
        found = F.linear(fused, self.projection.matrix()[:, : self.fusion.dim]).std()
        self.projection.weight.mul_(self.words.float().std().to(found.device) / found.clamp(min=1e-6))
        if self.query is not None and self.anchor is None:
            self.query.weight.mul_(0.1)

    @property
    def opened(self) -> Tensor | None:
        """How much of the LLM's answer is added to the anchor's, (1,); None without an anchor."""
        return None if self.gate is None else self.gate * GATE

    @property
    def device(self) -> torch.device:
        """Where the track vectors are."""
        return self.projection.weight.device

    def place(self, device: torch.device) -> Network:
        """Move to a device; a 4-bit body is where it was loaded."""
        for name, module in self.named_children():
            if name != "body" or not self.settings.quantise:
                module.to(device)
        self.words, self.head_rows = self.words.to(device), self.head_rows.to(device)
        if self.bias is not None:
            self.bias.data = self.bias.data.to(device)
        return self

    def train(self, mode: bool = True) -> Network:
        """Switch modes; vectors fused in evaluation are forgotten."""
        self._fused = None
        super().train(mode)
        return self

    def fuse(self, rows: Tensor) -> Tensor:
        """Fused vectors (n, dim) of rows (n,); in training some modalities are hidden by chance."""
        vectors, present = self.tracks(rows)
        if self.training and self.settings.drop and len(present) > 1 and not self.settings.as_published:
            hide = {m: torch.rand(t.shape, device=t.device) < self.settings.drop for m, t in present.items()}
            present = {m: t & ~hide[m] for m, t in present.items()}
        fused: Tensor = self.fusion(vectors, present)
        return fused

    def soft(self, fused: Tensor, completion: Tensor) -> Tensor:
        """Soft tokens (n, hidden) of fused vectors (n, dim) and completion ratios (n,), NaN = unknown."""
        if self.flags:
            known = ~completion.isnan()
            value = completion.nan_to_num(0.0)
            # As published, unknown is zero: the same as "not heard".
            flags = torch.stack([value, known.to(value.dtype)][: self.flags], dim=1)
            fused = torch.cat([fused, flags.to(fused.dtype)], dim=1)
        tokens: Tensor = self.projection(fused)
        return tokens

    def read(self, batch: Batch, fused: Tensor, place: Tensor) -> Tensor:
        """Hidden states (n_headers, hidden), float32, at the ends of the batch's response headers.

        Args:
            fused: vectors (n, dim) of the tracks in use.
            place: where among them each soft token's track is, int64 (n_tokens,).
        """
        embedded = F.embedding(batch.words, self.words)
        is_track = batch.tracks >= 0
        tokens = self.soft(fused[place], batch.completion[is_track])
        embedded = embedded.masked_scatter(is_track[..., None], tokens.to(embedded.dtype))
        mask = torch.zeros(batch.sees.shape, dtype=embedded.dtype, device=embedded.device)
        mask.masked_fill_(~batch.sees, torch.finfo(mask.dtype).min)
        states = self.body(
            inputs_embeds=embedded,
            attention_mask=mask[:, None],
            position_ids=batch.positions,
            use_cache=False,
        ).last_hidden_state
        found: Tensor = states[batch.line, batch.column].float()
        return found

    def states(self, batch: Batch) -> Tensor:
        """Hidden states (n_headers, hidden) of a batch."""
        rows = batch.tracks[batch.tracks >= 0]
        if not self.training:
            return self.read(batch, self.fused(), rows)
        used, place = torch.unique(rows, return_inverse=True)
        return self.read(batch, self.fuse(used), place)

    @torch.no_grad()
    def fused(self) -> Tensor:
        """Every track's fused vector (n_tracks, dim), in evaluation; kept until training goes on."""
        if self._fused is None:
            rows = torch.arange(len(self.tracks), device=self.device)
            parts = [self.fuse(rows[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)]
            self._fused = torch.cat(parts).float()
        return self._fused

    def answer(self, states: Tensor, heard: Sequence[Rows]) -> Tensor:
        """What is multiplied with the rows of `table`: the LLM's wish, and the anchor's after `heard`."""
        asked = self.asked(states)
        if self.anchor is None or self.opened is None:
            return asked
        return torch.cat([asked * self.opened, self.anchor.states(heard)], dim=1)

    def asked(self, states: Tensor) -> Tensor:
        """States (n, hidden) as what is multiplied with the LLM's part of `table`."""
        if self.query is None:
            return states
        query: Tensor = self.query(states) * self.fusion.dim**-0.5
        return query if self.bias is None else torch.cat([query, query.new_ones(len(query), 1)], dim=1)

    def table(self, heads: Tensor, fused: Tensor | None = None) -> Tensor:
        """The vectors (n, ...) that score rows `heads` (n,) of the head; their fused vectors under `tied`."""
        own = self._own_table(heads, fused)
        if self.anchor is None:
            return own
        return torch.cat([own, self.anchor.table(self.head_rows[heads]).to(own.dtype)], dim=1)

    def _own_table(self, heads: Tensor, fused: Tensor | None) -> Tensor:
        if self.query is None:
            return self.head.weight[heads] * self.head.gain
        assert fused is not None, "a tied head scores by content"
        if self.bias is None:
            return fused
        return torch.cat([fused, self.bias[heads, None].to(fused.dtype)], dim=1)

    @torch.no_grad()
    def scores(self, states: Tensor) -> Tensor:
        """The LLM's scores (n, n_tracks) of every track of the catalogue, float32, without any anchor.

        A track that came after training gets the lowest score under free rows; a tied head scores it by its
        content (with the mean bias).
        """
        if self.query is None:
            known = self.head_rows >= 0
            found = states @ self._own_table(torch.arange(len(known), device=states.device)[known], None).T
            low = found.amin(dim=1, keepdim=True) - 1
            scores = low.expand(-1, len(self.tracks)).clone()
            scores[:, self.head_rows[known]] = found
            return scores
        query = self.asked(states)
        scores = query[:, : self.fusion.dim] @ self.fused().T
        return scores if self.bias is None else scores + self._bias_now()

    def _bias_now(self) -> Tensor:
        """The bias (n_tracks,) in the order of the catalogue as it is now."""
        assert self.bias is not None
        known = self.head_rows >= 0
        found = self.bias.mean().expand(len(self.tracks)).clone()
        found[self.head_rows[known]] = self.bias[known]
        return found


def tune(network: Network, how: Literal["lora", "full", "frozen"], settings: Settings) -> None:
    """Say what of the backbone learns. Words never do: the prompt's are few, and there is no word head."""
    from segue.llm.adapters import adapt

    for parameter in network.body.parameters():
        parameter.requires_grad_(how == "full")
    network.body.get_input_embeddings().weight.requires_grad_(False)
    if how == "lora":
        s = settings
        adapt(network.body, rank=s.rank, alpha=s.alpha, dropout=s.lora_dropout, targets=s.targets)
    if settings.checkpointing:
        network.body.gradient_checkpointing_enable({"use_reentrant": False})
        network.body.enable_input_require_grads()
