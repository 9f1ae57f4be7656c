"""Claim: beam search inside the catalogue costs at most 20 ms beyond the model, a tenth of the peer's.

400,000 distinct tuples of five codes out of 1,024, a vocabulary of 128,000 words and the music tokens, 20
beams, five tokens. The peer is `generate` of stock `transformers` with `prefix_allowed_tokens_fn` over a trie
of Python dicts; ours is `decode.search`. Both run the same small random Llama with the real vocabulary.

Overhead is the time of the whole call less the model's own. For ours: the time of `search` on a dialogue
that is read, less the time inside the body's forward passes and inside the products with the level's rows of
the head. For the peer: the time of `generate`, less the time inside `model.forward`, which holds its prompt,
its body and its product with the whole head: that this product is more than a hundred times ours is left out.

Quality: every tuple of both is a track. The peer's probabilities are over the whole vocabulary, ours over
the codes of a level, so the two lists differ; an untimed run of `generate` whose probabilities are taken over
the level, too, must give our tuples. Exclusions (1,000 tracks played before) are timed apart.

    python benchmarks/trie_decoding.py [--tracks 400000] [--repeats 10] [--threads 1] [--seed 0]
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LogitsProcessor,
    LogitsProcessorList,
    PrefixConstrainedLogitsProcessor,
)

from segue.llm.beams import level_range, search
from segue.llm.session import Session
from segue.tokens.trie import Ints, Trie
from segue.tokens.vocabulary import Vocabulary

WORDS, CODES, LEVELS, BEAMS, PROMPT = 128_000, 1024, 5, 20, 64
Tuples = list[tuple[int, ...]]


def draw_codes(n: int, rng: np.random.Generator) -> Ints:
    """n distinct tuples (n, 5), uneven as clusters are; the later codes of a group of tracks are alike."""
    weight = 1.0 / np.arange(1, CODES + 1) ** 0.7
    found = np.zeros((0, LEVELS), dtype=np.int64)
    while len(found) < n:
        group = rng.choice(CODES, size=n, p=weight / weight.sum())
        spread = rng.geometric(0.02, size=(n, LEVELS))
        spread[:, 0] = 0
        home = group[:, None] * np.array([1, 37, 101, 211, 401])
        found = np.unique(np.concatenate([found, (home + spread) % CODES]), axis=0)
    return rng.permutation(found)[:n]


def model_of(vocabulary: Vocabulary, seed: int) -> Any:
    """A small random Llama; its rows are made long, so that some codes are much likelier than others."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary.first + len(vocabulary),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(10)
    return model


class Timer:
    """Adds up the seconds inside a function."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            value = function(*arguments, **named)
            self.seconds += time.perf_counter() - start
            return value

        return timed


def overhead(function: Callable[[], Any], timer: Timer) -> tuple[Any, float]:
    """What the function returns, and its milliseconds without those of the timer."""
    timer.seconds, start = 0.0, time.perf_counter()
    value = function()
    return value, 1000 * (time.perf_counter() - start - timer.seconds)


class Ours:
    """`search` on a session that has read the prompt."""

    def __init__(
        self, model: Any, vocabulary: Vocabulary, codes: np.ndarray[Any, Any], ids: list[int]
    ) -> None:
        self.vocabulary, self.trie, self.timer = vocabulary, Trie(codes), Timer()
        self.session = Session(model)
        self.session.read(ids)
        session: Any = self.session
        session.body = self.timer.around(session.body)
        session.logits = self.timer.around(session.logits)

    def run(self, allowed: Any = None) -> tuple[Tuples, float]:
        """The tuples, best first, and the overhead in milliseconds."""
        beams, ms = overhead(
            lambda: search(self.session, self.vocabulary, self.trie, BEAMS, allowed), self.timer
        )
        place, columns = np.arange(len(beams.steps[-1].nodes)), []
        for step in reversed(beams.steps):
            columns.append(step.codes[place])
            place = step.parents[place]
        return [tuple(int(c) for c in row) for row in np.stack(columns[::-1], axis=1)], ms


class PerLevel(LogitsProcessor):  # type: ignore[misc]
    """Log-probabilities over the codes of the level that is next."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores (n_beams, n_words), minus infinity outside the level."""
        start, stop = level_range(self.vocabulary, ids.shape[1] - PROMPT)
        found = torch.full_like(scores, -torch.inf)
        found[:, start : stop - 1] = torch.log_softmax(scores[:, start : stop - 1], dim=-1)
        return found


class Peer:
    """Stock `generate` with the trie in dicts."""

    def __init__(
        self, model: Any, vocabulary: Vocabulary, codes: np.ndarray[Any, Any], ids: list[int]
    ) -> None:
        self.model, self.vocabulary, self.timer = model, vocabulary, Timer()
        self.prompt = torch.tensor([ids])
        self.trie: dict[int, Any] = {}
        for row in vocabulary.ids(codes).tolist():
            node = self.trie
            for token in row:
                node = node.setdefault(token, {})
        self.per_level = LogitsProcessorList(
            [PerLevel(vocabulary), PrefixConstrainedLogitsProcessor(self.allowed, BEAMS)]
        )
        model.forward = self.timer.around(model.forward)

    def allowed(self, _: int, ids: torch.Tensor) -> list[int]:
        """The tokens that may follow."""
        node = self.trie
        for token in ids[PROMPT:].tolist():
            node = node[token]
        return list(node)

    def run(self, *, per_level: bool = False) -> tuple[Tuples, float]:
        """The tuples, best first, and the overhead in milliseconds."""
        how = (
            {"logits_processor": self.per_level} if per_level else {"prefix_allowed_tokens_fn": self.allowed}
        )
        with torch.no_grad():
            found, ms = overhead(
                lambda: self.model.generate(
                    self.prompt,
                    attention_mask=torch.ones_like(self.prompt),
                    num_beams=BEAMS,
                    num_return_sequences=BEAMS,
                    max_new_tokens=LEVELS,
                    do_sample=False,
                    **how,
                ),
                self.timer,
            )
        codes = found[:, PROMPT:].numpy() - self.vocabulary.offsets
        return [tuple(int(c) for c in row) for row in codes], ms


def main() -> None:
    """Check, time, print; the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tracks", type=int, default=400_000)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    print(f"{platform.processor() or platform.machine()}, {a.threads} threads, seed {a.seed}")
    rng = np.random.default_rng(a.seed)
    codes = draw_codes(a.tracks, rng)
    real = {tuple(row) for row in codes.tolist()}
    vocabulary = Vocabulary(tuple("abcde"), (CODES,) * LEVELS, WORDS)
    prompt = rng.integers(1, WORDS, PROMPT).tolist()
    model = model_of(vocabulary, a.seed)
    ours, peer = Ours(model, vocabulary, codes, prompt), Peer(model, vocabulary, codes, prompt)
    nodes = " > ".join(f"{len(level):,}" for level in ours.trie.codes)
    print(f"{len(real):,} tuples, prefixes by level {nodes}; {vocabulary.first + len(vocabulary):,} words")
    wanted, _ = peer.run(per_level=True)
    found, _ = ours.run()
    print(f"with probabilities over the level both find {len(set(wanted) & set(found))} of {BEAMS} alike")
    assert found[0] == wanted[0]
    allowed = np.ones(a.tracks, dtype=bool)
    allowed[rng.integers(0, a.tracks, 1000)] = False
    times = []
    for _ in range(a.repeats + 1):
        peers, slow = peer.run()
        found, fast = ours.run()
        _, masked = ours.run(allowed)
        times.append((slow, fast, masked))
        assert set(peers) | set(found) <= real
        assert len(found) == BEAMS
    print(f"as timed, every tuple of both is a track; {len(set(peers) & set(found))} of {BEAMS} are shared")
    slow, fast, masked = np.median(times[1:], axis=0)
    print(f"transformers generate: {slow:.1f} ms beyond the model")
    print(f"search: {fast:.2f} ms beyond the model (limit 20 ms); {masked:.2f} ms with 1,000 tracks excluded")
    print(f"ratio (transformers / search): {slow / fast:.1f}")


if __name__ == "__main__":
    main()
