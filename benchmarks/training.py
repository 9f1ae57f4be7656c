"""Claim: the tiny model trains on CPU at least 2.5 times as fast as stock fp32, to the same held-out loss.

The peer is the same extended Llama trained plainly: `model(input_ids, attention_mask, labels=...)` in fp32,
logits of every position over the whole vocabulary, batches in random order padded to their longest, AdamW
on all parameters. Ours is `segue.learning.loop.Trainer` over `MusicLM` and `Batches`, as `segue train` runs
it: bf16 products where the processor has them, loss at targets alone against candidates, words frozen but
for those that are often targets, batches of like length. Both start from the same weights and get the same
dialogues, targets, weights of targets (one each), number of steps, tokens a step, peak learning rate,
schedule, clipping and betas. They take turns every `--turn` steps, so that a busy machine slows both. The
first turn is not timed.

Dialogues are simulated over the demo library; the codes of a track follow from its artist, genre and tags.
Tokens are real ones, without padding, on both sides. The held-out loss is `MusicLM.loss(full=True)` in fp32
on the same dialogues of playlists that neither has seen, by the same code with the weights of each.

    python benchmarks/training.py [--tokens 100000] [--threads 1] [--seed 0]
"""

from __future__ import annotations

import argparse
import copy
import platform
import time
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from segue.data.catalogue import PLAYLISTS, TRACKS, Catalogue, Dialogue, conform, empty
from segue.data.catalogue import PLAYS as NO_PLAYS
from segue.dialogues.simulate import simulate
from segue.importing.splits import split_table
from segue.learning.loop import Budget, Trainer, has_bf16, keep_memory
from segue.llm.load import tiny_model
from segue.llm.network import MusicLM, common_words
from segue.llm.vocabulary import extend
from segue.models.talkplay.learn import Batches
from segue.models.talkplay.sequence import SHORT_TEMPLATE, Encoded, Encoder
from segue.sources.demo import importer as demo

SIZES, RATE, A_STEP = (64, 64, 64), 2e-3, 2048


def catalogue_of(seed: int) -> Catalogue:
    """The demo library with its playlists divided into splits, without dialogues."""
    tables = demo.read(seed=seed)
    assert tables.playlists is not None
    playlists = split_table(conform("playlists", tables.playlists, PLAYLISTS), 0.1, 0.1)
    return Catalogue(conform("tracks", tables.tracks, TRACKS), empty(NO_PLAYS), playlists, [])


def codes_of(catalogue: Catalogue) -> np.ndarray[Any, Any]:
    """Made-up codes, int16 (n_tracks, 3): by genre and decade, by two tags, by artist."""
    rows = []
    for row in catalogue.tracks.iter_rows(named=True):
        keys = (f"{row['genre']} {row['year'] // 10}", " ".join(row["tags"][1:3]), row["artist"])
        rows.append([zlib.crc32(k.encode()) % s for k, s in zip(keys, SIZES, strict=True)])
    return np.array(rows, dtype=np.int16)


def dialogues_of(catalogue: Catalogue, split: Any, n: int, seed: int) -> list[Dialogue]:
    """At most n simulated dialogues of a split's playlists."""
    playlists = [(f"p{i}", ids) for i, ids in enumerate(catalogue.playlists_of(split))]
    return simulate(catalogue, playlists[:n], seed=seed, split=split)


class Clock:
    """Seconds and real tokens of one side, its first turn left out."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.tokens: list[int] = []

    def add(self, seconds: float, tokens: int) -> None:
        """One turn."""
        self.seconds.append(seconds)
        self.tokens.append(tokens)

    def rate(self) -> float:
        """Tokens a second."""
        return sum(self.tokens[1:]) / sum(self.seconds[1:])


class Peer:
    """Plain training of a stock model."""

    def __init__(self, model: Any, encoded: list[Encoded], schedule: Any, seed: int) -> None:
        self.model, self.encoded, self.schedule = model.train(), encoded, schedule
        self.rng = np.random.default_rng(seed)
        self.queue: list[int] = []
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.01)
        self.owed = 0
        self.step = 0

    def batch(self, wanted: int) -> list[Encoded]:
        """The next dialogues in random order, of `wanted` tokens; what is too much is taken off the next."""
        self.owed += wanted
        members: list[Encoded] = []
        while self.owed > 0:
            self.queue = self.queue or self.rng.permutation(len(self.encoded)).tolist()
            members.append(self.encoded[self.queue.pop()])
            self.owed -= len(members[-1].ids)
        return members

    def run(self, wanted: int) -> int:
        """One step; returns its number of real tokens."""
        members = self.batch(wanted)
        if not members:
            return 0
        ids, attention, labels = padded(members)
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * self.schedule(self.step)
        self.model(input_ids=ids, attention_mask=attention, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return int(attention.sum())


def padded(members: list[Encoded]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, attention mask and labels (batch, longest)."""
    shape = (len(members), max(len(m.ids) for m in members))
    ids, attention = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, -100)
    for row, member in enumerate(members):
        n = len(member.ids)
        ids[row, :n], attention[row, :n] = torch.from_numpy(member.ids), 1
        labels[row, :n] = torch.from_numpy(np.where(member.learn, member.ids, -100))
    return ids, attention, labels


@torch.no_grad()
def held_out(model: Any, vocabulary: Any, encoded: list[Encoded]) -> tuple[float, float, float]:
    """Loss in nats a target: of all targets, of music tokens, of words."""
    network = MusicLM(model, vocabulary, train_words=False).train(False)
    music = words = 0.0
    n_music = n_words = 0
    for start in range(0, len(encoded), 8):
        ids, _, labels = padded(encoded[start : start + 8])
        found = network.loss(ids, labels >= 0, full=True)
        music, words = music + float(found.music), words + float(found.words)
        n_music, n_words = n_music + found.n_music, n_words + found.n_words
    return (music + words) / (n_music + n_words), music / n_music, words / n_words


def train_both(
    models: tuple[Any, Any], vocabulary: Any, encoded: list[Encoded], steps: int, turn: int, seed: int
) -> tuple[Clock, Clock]:
    """Train both in turns; the peer's turn is taken inside our loop's callback, out of our time."""
    ours, peers = Clock(), Clock()
    common = common_words(np.concatenate([e.ids[e.learn] for e in encoded]), vocabulary.first)
    network = MusicLM(models[0], vocabulary, train_words=False, common=common)
    network.train()
    batches = Batches(encoded, vocabulary, A_STEP, drop=0.0, seed=seed)
    real: list[int] = []

    def step_loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        ids, learn = batches(step)
        found = network.loss(ids, learn)
        real.append(int((ids != 0).sum()))
        return (found.music + found.words) / (found.n_music + found.n_words), {"tokens": real[-1]}

    with TemporaryDirectory() as folder:
        budget = Budget(steps=steps, lr=RATE, seed=seed, save_every=1e9)
        trainer = Trainer(network, budget, Path(folder), [])
        peer = Peer(models[1], encoded, lambda step: budget.factor(step / steps), seed)
        began = time.perf_counter()

        def on_step(_: dict[str, float]) -> None:
            nonlocal began
            if len(real) == turn or trainer.step == steps:
                ours.add(time.perf_counter() - began, sum(real))
                began = time.perf_counter()
                peers_tokens = sum(peer.run(wanted) for wanted in real)
                peers.add(time.perf_counter() - began, peers_tokens)
                real.clear()
                began = time.perf_counter()

        trainer.run(step_loss, on_step)
    network.write_back()
    return ours, peers


def main() -> None:
    """Train both, print speed and held-out loss, the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--turn", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    keep_memory()
    bf16 = has_bf16(torch.device("cpu"))
    print(f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, bf16 {bf16}")
    catalogue = catalogue_of(a.seed)
    model, tokenizer = tiny_model(seed=a.seed)
    tokenizer.chat_template = SHORT_TEMPLATE
    vocabulary = extend(model, tokenizer, ("playlist", "semantic", "metadata"), SIZES, seed=a.seed)
    encoder = Encoder(tokenizer, vocabulary, codes_of(catalogue), catalogue.rows, 512)
    train = [encoder.encode(d.turns) for d in dialogues_of(catalogue, "train", 2400, a.seed)]
    unseen = [encoder.encode(d.turns) for d in dialogues_of(catalogue, "validation", 100, a.seed)]
    n_parameters = sum(p.numel() for p in model.parameters()) / 1e6
    print(
        f"Llama, 4 layers x 256, {n_parameters:.1f} M parameters, {vocabulary.first + len(vocabulary)} words"
    )
    print(f"{len(train)} dialogues of {sum(len(e.ids) for e in train):,} tokens, {len(unseen)} held out")
    models = (model, copy.deepcopy(model))
    before = held_out(model, vocabulary, unseen)
    ours, peers = train_both(models, vocabulary, train, max(a.tokens // A_STEP, 2), a.turn, a.seed)
    print(f"held-out loss before training: {before[0]:.3f} (music {before[1]:.3f}, words {before[2]:.3f})")
    for name, model, clock in (("stock fp32", models[1], peers), ("segue", models[0], ours)):
        loss = held_out(model, vocabulary, unseen)
        print(
            f"{name}: {sum(clock.tokens):,} tokens, {clock.rate():,.0f} tokens/s, held-out loss "
            f"{loss[0]:.3f} (music {loss[1]:.3f}, words {loss[2]:.3f})"
        )
    print(f"ratio (tokens/s, segue / stock fp32): {ours.rate() / peers.rate():.2f}")


if __name__ == "__main__":
    main()
