"""The decoder: utterances as soft tokens, tracks as summed code embeddings; out come codes and gates."""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LENGTH = 32
"""Utterances and tracks that are read at most, the newest."""
HIDDEN = 24
"""Units that see all clues of a track at once."""
FASTER = 3.0
"""Their learning rate, against that of all else: few weights, which hundreds of moments cannot spoil."""
NARROW = 8
"""Numbers of the state that gates see: few, since few real dialogues teach them."""


class Read(NamedTuple):
    """A batch of dialogues as they are read.

    Args:
        words: float32 (n, length, dim): the utterance's vector, or the track's text vector.
        codes: int64 (n, length, n_modalities): places in the code table; 0 for nothing.
        kinds: int64 (n, length): 0 nothing, 1 utterance, 2 accepted, 3 rejected track.
        last: int64 (n,): where the current utterance is.
        stages: float32 (n, 2): see `clues.stages`.
    """

    words: Tensor
    codes: Tensor
    kinds: Tensor
    last: Tensor
    stages: Tensor


class Gates(nn.Module):
    """What each clue counts: fixed weights, and what a narrow look at a state adds (at first nothing)."""

    prior: Tensor

    def add_gates(self, width: int, prior: Tensor) -> None:
        """Make the layers.

        Args:
            prior: float32 (3 x n_clues,), the gates before training.
        """
        self.narrow = nn.Linear(width, NARROW)
        self.gates = nn.Linear(NARROW, len(prior), bias=False)
        nn.init.zeros_(self.gates.weight)
        self.static = nn.Parameter(torch.stack([prior, torch.zeros_like(prior)]))
        self.register_buffer("prior", self.static.detach().clone())

    def gate(self, state: Tensor, stages: Tensor) -> Tensor:
        """What each clue counts, (n, 3 x n_clues), by states (n, width) and stages (n, 2)."""
        gates: Tensor = stages @ self.static + self.gates(torch.tanh(self.narrow(state)))
        return gates

    def away(self) -> Tensor:
        """How far the gates are from what they were before training, and from ones that no state moves."""
        return ((self.static - self.prior) ** 2).sum() + 10 * (self.gates.weight**2).sum()


class Network(Gates):
    """State of a dialogue -> scores of tracks.

    score(t) = sum over clues of gate x clue(t) + together(clues(t))
               + sum over modalities of head_m[code_m(t)] + query . text(t)

    Everything that the state adds begins at zero: an untrained model is fusion with fixed weights.

    Args:
        n_codes: rows of the code table, of which 0 is "nothing".
        prior: float32 (3 x n_clues,), the gates before training.
        shares: float32 (n_codes, n_modalities), the share of each code among the tracks of its modality.
    """

    def __init__(
        self, n_codes: int, dim: int, prior: Tensor, shares: Tensor, width: int = 128, layers: int = 2
    ) -> None:
        super().__init__()
        self.words = nn.Linear(dim, width)
        self.codes = nn.EmbeddingBag(n_codes, width, mode="sum", padding_idx=0)
        self.kinds = nn.Embedding(4, width)
        self.places = nn.Embedding(LENGTH, width)
        nn.init.normal_(self.codes.weight, std=0.05)
        nn.init.normal_(self.places.weight, std=0.05)
        block = nn.TransformerEncoderLayer(
            width, width // 32, 3 * width, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.decoder = nn.TransformerEncoder(block, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.heads = nn.Linear(width, n_codes, bias=False)
        self.query = nn.Linear(width, dim, bias=False)
        self.seen = nn.Linear(len(prior) + 2, HIDDEN)
        self.worth = nn.Linear(HIDDEN, 1, bias=False)
        for layer in (self.heads, self.query, self.worth):
            nn.init.zeros_(layer.weight)
        for parameter in (*self.seen.parameters(), *self.worth.parameters()):
            parameter.faster = FASTER  # type: ignore[attr-defined]
        self.add_gates(width, prior)
        self.register_buffer("shares", shares)

    shares: Tensor

    def state(self, read: Read) -> Tensor:
        """The state at the current utterance, (n, width)."""
        n, length, _ = read.words.shape
        held = self.codes(read.codes.flatten(0, 1)).view(n, length, -1)
        places = read.last[:, None] - torch.arange(length, device=read.last.device)
        x = self.words(read.words) + held + self.kinds(read.kinds)
        x = x + self.places(places.clamp(0, LENGTH - 1))
        out: Tensor = self.decoder(x, src_key_padding_mask=read.kinds == 0)
        return out[torch.arange(n), read.last]

    def together(self, clues: Tensor, stages: Tensor) -> Tensor:
        """What a track's clues are worth beyond their sum, (n, n_tracks).

        Args:
            clues: (n, n_tracks, 3 x n_clues).
            stages: (n, 2).
        """
        n_numbers = clues.shape[-1]
        weight, more = self.seen.weight[:, :n_numbers], self.seen.weight[:, n_numbers:]
        at_stage = F.linear(stages, more, self.seen.bias)[:, None]
        units = F.dropout(torch.relu(F.linear(clues, weight) + at_stage), 0.2, self.training)
        found: Tensor = self.worth(units)[..., 0]
        return found

    def own(self, state: Tensor, codes: Tensor, texts: Tensor) -> Tensor:
        """What the model itself thinks of tracks, (n, n_tracks); a missing code counts as the average one.

        Args:
            state: (n, width).
            codes: (n_tracks, n_modalities) or (n, n_tracks, n_modalities), places in the code table.
            texts: (n_tracks, dim) or (n, n_tracks, dim).
        """
        heads, query = self.heads(state), self.query(state)
        heads = heads - (heads @ self.shares) @ (self.shares > 0).float().T
        heads = heads * (torch.arange(heads.shape[1], device=heads.device) > 0)
        if codes.ndim == 2:
            found: Tensor = torch.stack([heads[:, c] for c in codes.T]).sum(dim=0) + query @ texts.T
            return found
        flat = heads.gather(1, codes.flatten(1)).view(codes.shape).sum(dim=2)
        return torch.as_tensor(flat + torch.einsum("nd,ntd->nt", query, texts))


def config_of(network: Network) -> dict[str, Any]:
    """What `Network` needs to be made again, but for the prior."""
    return {
        "n_codes": network.codes.num_embeddings,
        "dim": network.words.in_features,
        "width": network.words.out_features,
        "layers": len(network.decoder.layers),
    }
