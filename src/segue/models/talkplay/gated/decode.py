"""Code by code inside the trie: the ranking's own probabilities, one music token at a time.

The model gives every track a probability. That of a code, after the codes before it, is then the sum over the
tracks below its node in the trie, divided by that of the node above: nothing is approximated, no tuple can be
invented, and a track that is masked takes its probability out of every node above it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segue.kit.arrays import Bools, Floats
from segue.tokens.trie import Trie

Ints = np.ndarray[Any, np.dtype[np.int64]]


def node_logs(scores: Floats, allowed: Bools, trie: Trie) -> list[Floats]:
    """Per level, the log-probability of each node, (n_nodes,); -inf where no track is left below it.

    Args:
        scores: (n_tracks,), log-probabilities up to a constant.
        allowed: (n_tracks,), tracks that may come.
        trie: of the tracks' codes.
    """
    logs = np.where(allowed, scores.astype(np.float64), -np.inf)
    top = logs.max(initial=-np.inf)
    chances = np.exp(logs - top) if np.isfinite(top) else np.zeros(len(logs))
    chances /= max(chances.sum(), 1e-300)
    with np.errstate(divide="ignore"):
        return [
            np.log(np.bincount(nodes, weights=chances, minlength=len(codes))).astype(np.float32)
            for nodes, codes in zip(trie.track_nodes, trie.codes, strict=True)
        ]


def generate(
    scores: Floats, allowed: Bools, trie: Trie, generator: np.random.Generator | None = None
) -> list[tuple[int, float]]:
    """A tuple, code by code: each code and its log-probability after those before it.

    Args:
        scores: (n_tracks,).
        allowed: (n_tracks,).
        trie: of the tracks' codes.
        generator: draws each code; without one the likeliest is taken.

    Returns:
        One pair a level; nothing where no track is allowed.
    """
    if not allowed.any():
        return []
    logs, found, above = node_logs(scores, allowed, trie), [], 0.0
    begin, end = 0, len(trie.codes[0])
    for level, level_logs in enumerate(logs):
        here = level_logs[begin:end] - above
        if generator is None:
            place = int(here.argmax())
        else:
            chances = np.exp(here.astype(np.float64))
            place = int(generator.choice(len(here), p=chances / chances.sum()))
        node = begin + place
        found.append((int(trie.codes[level][node]), float(here[place])))
        above = float(level_logs[node])
        if level + 1 < len(logs):
            begin, end = trie.first_child[level][node], trie.first_child[level][node + 1]
    return found
