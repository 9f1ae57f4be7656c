"""Code by code inside the trie: the ranking's own probabilities, one music token at a time.

The model gives every track a probability. That of a code, after the codes before it, is then the sum over the
tracks below its node in the trie, divided by that of the node above: nothing is approximated, no tuple can be
invented, and a track that is masked takes its probability out of every node above it.
"""

import numpy as np
import torch
from torch import Tensor

from segue.kit.arrays import Bools, Floats
from segue.tokens.trie import Trie


def node_sums(logs: Tensor, trie: Trie) -> list[Tensor]:
    """Per level, the log of the sum over the tracks below each node, (n, n_nodes); -inf where none is left.

    Args:
        logs: (n, n_tracks), log-probabilities that sum to at most 1; -inf for tracks that may not come.
    """
    chances, found = logs.exp(), []
    for nodes, codes in zip(trie.track_nodes, trie.codes, strict=True):
        places = torch.from_numpy(nodes).to(logs.device)
        sums = chances.new_zeros(len(chances), len(codes)).index_add_(1, places, chances)
        # The logarithm of 0 has no slope.
        found.append(torch.where(sums > 0, sums, 1).log().masked_fill(sums <= 0, -torch.inf))
    return found


def node_logs(scores: Floats, allowed: Bools, trie: Trie) -> list[Floats]:
    """Per level, the log-probability of each node, (n_nodes,); -inf where no track is left below it.

    Args:
        scores: (n_tracks,), log-probabilities up to a constant.
    """
    masked = torch.from_numpy(np.where(allowed, scores.astype(np.float64), -np.inf))
    logs = torch.log_softmax(masked, dim=0) if allowed.any() else masked
    return [np.asarray(sums[0], np.float32) for sums in node_sums(logs[None], trie)]


def generate(
    scores: Floats, allowed: Bools, trie: Trie, generator: np.random.Generator | None = None
) -> list[tuple[int, float]]:
    """A tuple: the code of each level and its log-probability after those before it.

    Nothing where no track is allowed. Without a generator to draw them the likeliest codes are taken.
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
