"""Claim: with the dialogue's keys and values kept, a second turn is answered at least 4 times as soon.

A model of SmolLM2-135M's shape (random weights) has read a dialogue of `--history` tokens; the listener's
next turn adds `--new` tokens. Timed is all from the prompt to the first recommendation: reading the prompt
(`Session.read`), a beam search over the trie of 20,000 tuples of five codes, and the scores of
all tracks. The peer is the same code with a fresh `Session`, which reads the dialogue from its first token;
ours is the `Session` of the first turn. The peer and ours take turns; the first pair is the warm-up. Both
must give the same ten best tracks and the same scores up to rounding; what differs is printed. The claim is
in float32, in which segue loads models; bfloat16, whose products shorten the reading of many tokens more
than the steps of few, is printed too. Beams: 8, as `segue chat` searches; more beams cost both sides the same
and bring the two together.

    python benchmarks/second_turn.py [--history 1024] [--new 30] [--beams 8] [--repeats 5] [--threads 2]
"""

from __future__ import annotations

import argparse
import platform
import time
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from segue.llm.beams import score_tracks, search
from segue.llm.session import Session
from segue.tokens.trie import Trie
from segue.tokens.vocabulary import Vocabulary

WORDS, CODES, LEVELS, TRACKS = 49_152, 256, 5, 20_000


def model_of(vocabulary: Vocabulary, dtype: torch.dtype, seed: int) -> Any:
    """A Llama of SmolLM2-135M's shape with random weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary.first + len(vocabulary),
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).to(dtype).eval()


class Task:
    """The catalogue and what is done for a recommendation."""

    def __init__(self, vocabulary: Vocabulary, beams: int, seed: int) -> None:
        self.beams = beams
        rng = np.random.default_rng(seed)
        self.vocabulary = vocabulary
        self.codes = rng.zipf(1.3, (TRACKS, LEVELS)) % CODES
        self.trie = Trie(self.codes)
        self.weights = np.ones(LEVELS, dtype=np.float32)

    def recommend(self, session: Session, prompt: list[int]) -> np.ndarray[Any, Any]:
        """Scores (n_tracks,) of every track."""
        session.read(prompt)
        beams = search(session, self.vocabulary, self.trie, self.beams)
        return np.asarray(score_tracks(beams, self.trie, self.codes, self.weights))


def timed(function: Any, *arguments: Any) -> tuple[Any, float]:
    """What the function returns, and the seconds it took."""
    start = time.perf_counter()
    return function(*arguments), time.perf_counter() - start


def measure(task: Task, model: Any, history: int, new: int, repeats: int, seed: int) -> tuple[float, float]:
    """Median seconds of fresh and of kept sessions, the warm-up dropped; prints what differs."""
    rng = np.random.default_rng(seed)
    times, differences, same = [], [], 0
    for _ in range(repeats + 1):
        first = rng.integers(3, WORDS, history).tolist()
        second = first + rng.integers(3, WORDS, new).tolist()
        kept = Session(model)
        task.recommend(kept, first)
        right, slow = timed(task.recommend, Session(model), second)
        found, fast = timed(task.recommend, kept, second)
        times.append((slow, fast))
        differences.append(float(np.abs(right - found).max()))
        same += set(np.argsort(-right)[:10]) == set(np.argsort(-found)[:10])
    slow, fast = np.median(times[1:], axis=0)
    print(
        f"  same ten best tracks in {same} of {repeats + 1}; scores differ by {max(differences):.2g} at most"
    )
    print(f"  fresh session: {1000 * slow:,.0f} ms to the first recommendation")
    print(f"  kept session:  {1000 * fast:,.0f} ms; ratio {slow / fast:.1f}")
    return float(slow), float(fast)


def main() -> None:
    """Measure in bfloat16 and float32; print the ratio of float32 last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--history", type=int, default=1024)
    parser.add_argument("--new", type=int, default=30)
    parser.add_argument("--beams", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    print(f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, seed {a.seed}")
    print(f"{a.history} tokens of history + {a.new} new, {a.beams} beams x {LEVELS} codes, {TRACKS:,} tracks")
    vocabulary = Vocabulary(tuple("abcde"), (CODES,) * LEVELS, WORDS)
    task, ratio = Task(vocabulary, a.beams, a.seed), 0.0
    for dtype in (torch.bfloat16, torch.float32):
        print(f"{dtype}:")
        model = model_of(vocabulary, dtype, a.seed)
        slow, fast = measure(task, model, a.history, a.new, a.repeats, a.seed)
        ratio = slow / fast
    print(f"ratio (fresh / kept, float32): {ratio:.1f}")


if __name__ == "__main__":
    main()
