"""Priors: what retrieval finds, gated by the language model's state, added to the logits of music tokens.

Where a track's music tokens begin, a gate of the state says what every clue of the gated form counts; that
gives every track a prior. The logit of a code in the trie gets the log of the sum over the tracks below its
node. At first the gate is the fixed weights and the model's own logits count nothing: the ranking is fusion,
and what the model learns is the rest. Not in the paper.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from segue.data.catalogue import Dialogue
from segue.data.codes import Codes
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Bools, Floats
from segue.kit.progress import watched
from segue.llm.bias import Bias
from segue.llm.network import More
from segue.models.retrieval.bm25 import BM25
from segue.models.retrieval.dense import Dense
from segue.models.talkplay.gated.clues import Clues, check_clues, stages
from segue.models.talkplay.gated.decode import node_sums
from segue.models.talkplay.gated.examples import BATCH, draw, examples
from segue.models.talkplay.gated.learn import set_gates
from segue.models.talkplay.gated.model import FEWEST, prior
from segue.models.talkplay.gated.network import Gates
from segue.models.talkplay.sequence import Asked, Encoder
from segue.tokens.trie import Trie
from segue.tokens.vocabulary import Vocabulary

GATE_RATE, OWN_RATE = 2e-3, 2e-2
"""Learning rates of the gates, and of what the model's own logits count: whatever the language model's is."""
PULL, PULL_LAST = 1e-3, 2.0
"""Of the gates to what they were before training, and before they are set last."""
HELD = 300
"""Moments of validation dialogues at most by which they are set."""
MOST_BYTES = 512 << 20
"""What is kept of the clues of training moments."""


class PriorGates(Gates):
    """The gates over the clues, and what the language model's own log-probabilities count on each level."""

    def __init__(self, dim: int, n_levels: int) -> None:
        super().__init__()
        self.add_gates(dim, prior())
        self.own = nn.Parameter(torch.zeros(n_levels))
        self.register_buffer("trust", torch.tensor([1.0, 0.0]))

    trust: Tensor
    """What all that the state adds counts, and what is added to that in the first turn."""

    def forward(self, state: Tensor, stage: Tensor) -> Tensor:
        """What each clue counts, (n, 3 x n_clues), after states (n, dim) at stages (n, 2)."""
        fixed = stage @ self.static
        moved = self.gate(F.layer_norm(state.float(), state.shape[-1:]), stage)
        return fixed + (stage @ self.trust)[:, None] * (moved - fixed)


class Learnt(NamedTuple):
    """A track that a batch learns to write.

    Args:
        place: of its `<start_of_music>` in that row.
        track: its row in the catalogue.
        allowed: bool (n_tracks,), tracks that were not played before.
    """

    row: int
    place: int
    track: int
    dialogue_id: str
    request: Request
    allowed: Bools

    @property
    def key(self) -> tuple[str, int]:
        """Of its clues."""
        return self.dialogue_id, len(self.request.messages)


class Priors:
    """The prior of every track after a dialogue.

    Args:
        codes: of the tracks, (n_tracks, n_levels), -1 where missing.
    """

    def __init__(self, clues: Clues, gates: PriorGates, codes: Codes, vocabulary: Vocabulary) -> None:
        self.clues, self.gates, self.vocabulary = clues, gates, vocabulary
        full = vocabulary.full_codes(codes)
        self.codes, self.trie = codes, Trie(full)
        self.shares = [torch.from_numpy(s) for s in vocabulary.shares(full)]
        self._kept: OrderedDict[tuple[str, int], NDArray[np.float16]] = OrderedDict()

    @torch.no_grad()
    def of(self, request: Request, state: Tensor, allowed: Bools) -> tuple[Bias, Floats]:
        """The prior of the trie's nodes, and the log of each track's share of its tuple's, (n_tracks,)."""
        allowed = allowed if allowed.any() else ~allowed
        table = torch.from_numpy(self.clues.table([request])[0])
        stage = torch.from_numpy(stages([request]))
        gates = self.gates(state[None].cpu(), stage)[0]
        scores = (table @ gates).double().masked_fill(torch.from_numpy(~allowed), -torch.inf)
        logs = torch.log_softmax(scores, dim=0)
        sums = [np.asarray(s[0], np.float64) for s in node_sums(logs[None], self.trie)]
        with np.errstate(invalid="ignore"):
            within = logs.numpy() - sums[-1][self.trie.track_nodes[-1]]
        within[~allowed] = -np.inf
        return Bias(sums, (stage @ self.gates.trust * self.gates.own).numpy()), within

    def settle(self, score: Callable[[Request], Floats], dialogues: Sequence[Dialogue], seed: int) -> None:
        """Set the fixed gates, and how much all else counts, by dialogues that taught nothing yet.

        Args:
            score: the whole model's log-probabilities, (n_tracks,).
            dialogues: of the validation part; with fewer than 30 moments nothing is set.
        """
        held = examples(self.clues, draw(dialogues, HELD, seed), seed, title="put aside")
        if len(held) < FEWEST:
            return
        learnt = []
        static = self.gates.static.detach().double().numpy()
        for n, moment in enumerate(watched(held.moments, "settle")):
            there = np.isfinite(held.logs[n])
            fixed = held.clues[n][there].astype(np.float64) @ (stages([moment.request]) @ static)[0]
            learnt.append((score(moment.request)[held.rows[n][there]] - fixed)[:, None])
        self.gates.trust.copy_(torch.from_numpy(set_gates(self.gates, held, learnt, PULL_LAST)[:, 0]))

    def learnt(
        self, row: int, dialogue: Dialogue, asked: Sequence[Asked], starts: Sequence[int]
    ) -> list[Learnt]:
        """The accepted tracks of a dialogue in row `row` of a batch.

        Args:
            dialogue: of the training part; the playlist it was made from does not count.
            starts: where the tracks of the row begin: the last ones of `asked`, where it was cut.
        """
        found = []
        rows, refused = self.clues.catalogue.rows, {t.content for t in dialogue.turns if t.liked is False}
        for (heard, played), place in zip(asked[-len(starts) :] if starts else (), starts, strict=True):
            before = {t.content for t in dialogue.turns[:heard] if t.role == "music"}
            same = [a.row for a in asked if a.heard == heard]
            allowed = np.ones(len(self.codes), bool)
            allowed[[rows[i] for i in before if i in rows]] = False
            allowed[same[: same.index(played)]] = False
            if allowed[played] and self.clues.catalogue.ids[played] not in refused:
                request = Request(messages=dialogue.turns[:heard])
                found.append(Learnt(row, place, played, dialogue.dialogue_id, request, allowed))
        return found

    def tables(self, found: Sequence[Learnt]) -> Floats:
        """The clues at tracks to learn, float32 (n, n_tracks, 3 x n_clues)."""
        new = {t.key: t for t in found if t.key not in self._kept}
        for start in range(0, len(new), BATCH):
            some = list(new.values())[start : start + BATCH]
            made = self.clues.table([t.request for t in some], [t.dialogue_id for t in some])
            # In half precision: the clues of thousands of moments over the catalogue are gigabytes.
            self._kept |= {t.key: line for t, line in zip(some, made.astype(np.float16), strict=True)}
        tables = np.stack([self._kept[t.key] for t in found]).astype(np.float32)
        while len(self._kept) * tables[0].nbytes // 2 > MOST_BYTES:
            self._kept.popitem(last=False)
        return tables

    def more(self, dialogues: Sequence[Dialogue], encoder: Encoder, ids: Tensor, learn: Tensor) -> More:
        """What the priors add to the loss of each target of a batch.

        A code is learnt twice: by the language model alone, as published, and among the children of its node,
        by prior and model together. Without the former nothing would flow through a gate that begins closed.

        Args:
            learn: bool (batch, length), which of them are targets.
        """
        found = [
            one
            for row, (dialogue, line) in enumerate(zip(dialogues, ids, strict=True))
            for one in self.learnt(
                row, dialogue, encoder.asked(dialogue.turns), (line == encoder.start).nonzero()[:, 0].tolist()
            )
        ]
        return partial(self._more, found, learn) if found else lambda _, logits: logits.new_zeros(len(logits))

    def _more(self, found: Sequence[Learnt], learn: Tensor, states: Tensor, logits: Tensor) -> Tensor:
        """See `more`: found tracks, targets (batch, length), all states, the targets' music logits."""
        device = logits.device
        rows, places, tracks = (torch.tensor([m[i] for m in found], device=device) for i in range(3))
        table = torch.from_numpy(self.tables(found)).to(device)
        stage = torch.from_numpy(stages([t.request for t in found])).to(device)
        allowed = torch.from_numpy(np.stack([t.allowed for t in found])).to(device)
        added = torch.zeros(len(logits), device=device)
        target = learn[:, 1:].flatten().cumsum(0) - 1
        with torch.autocast(device.type, enabled=False):
            gates = self.gates(states[rows, places], stage)
            scores = torch.einsum("ntc,nc->nt", table, gates).masked_fill(~allowed, -torch.inf)
            sums = node_sums(torch.log_softmax(scores, dim=1), self.trie)
            for level in range(self.trie.n_levels):
                at = places + level
                there = learn[rows, at + 1]
                index = target[rows * (learn.shape[1] - 1) + at][there]
                loss = self._level(level, tracks[there], sums[level][there], logits[index].float())
                added = added.index_add(0, index, loss)
        return added

    def _level(self, level: int, tracks: Tensor, sums: Tensor, logits: Tensor) -> Tensor:
        """Loss (n,) of tracks' codes among the children of their nodes."""
        start = int(self.vocabulary.offsets[level]) - self.vocabulary.first
        own = torch.log_softmax(logits[:, start : start + self.vocabulary.sizes[level]], dim=1)
        none = (own.exp() @ self.shares[level].to(own)).clamp(min=1e-30).log()
        codes, nodes, parents = (
            torch.from_numpy(x[level]).to(tracks.device)
            for x in (self.trie.codes, self.trie.track_nodes, self.trie.parents)
        )
        values = self.gates.own[level] * torch.cat([own, none[:, None]], dim=1)[:, codes] + sums
        values = values.masked_fill(parents != parents[nodes[tracks]][:, None], -torch.inf)
        return F.cross_entropy(values, nodes[tracks], reduction="none")

    def fresh(self) -> Priors:
        """The same before training."""
        width = self.gates.narrow.in_features
        gates = PriorGates(width, len(self.gates.own)).requires_grad_(False)
        return Priors(self.clues, gates, self.codes, self.vocabulary)

    def save(self, directory: Path) -> None:
        """Write the gates and what the clues are made of into a new folder."""
        directory.mkdir()
        self.clues.bm25.save(directory / "bm25")
        self.clues.dense.save(directory / "dense")
        save_file(
            {n: t.contiguous() for n, t in self.gates.state_dict().items()}, directory / "gates.safetensors"
        )

    @classmethod
    def load(cls, directory: Path, library: Library, vocabulary: Vocabulary) -> Self:
        """What `save` wrote, over the library's catalogue as it is now."""
        tensors = load_file(directory / "gates.safetensors")
        check_clues(tensors["prior"].shape[1], directory, "segue train --priors")
        gates = PriorGates(tensors["narrow.weight"].shape[1], len(tensors["own"])).requires_grad_(False)
        gates.load_state_dict(tensors)
        clues = Clues(BM25.load(directory / "bm25", library), Dense.load(directory / "dense", library))
        return cls(clues, gates, library.tokens.codes, vocabulary)

    @classmethod
    def begin(cls, library: Library, dim: int, rate: float, vocabulary: Vocabulary) -> Self:
        """Fixed weights over a library's clues, to learn beside a model of width `dim` and its `rate`."""
        gates = PriorGates(dim, len(vocabulary.sizes))
        for name, parameter in gates.named_parameters():
            parameter.faster = (OWN_RATE if name == "own" else GATE_RATE) / rate  # type: ignore[attr-defined]
        return cls(Clues(BM25.fit(library), Dense.fit(library)), gates, library.tokens.codes, vocabulary)
