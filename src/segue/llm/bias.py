"""A prior of every track beside a language model, summed up over the nodes of the trie of their codes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from segue.kit.arrays import Floats
from segue.tokens.trie import Trie

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Bias(NamedTuple):
    """What is known of the nodes of a trie beside the language model.

    After each node prior and model are multiplied and normalised over the node's children, so that where the
    model counts nothing a tuple has exactly the prior of its tracks.

    Args:
        logs: per level (n_nodes,), log of the sum over the tracks below a node; -inf where none may come.
        own: (n_levels,), what the model's own log-probabilities count.
    """

    logs: Sequence[NDArray[np.floating[Any]]]
    own: NDArray[np.floating[Any]]

    def steer(self, trie: Trie, level: int, above: Ints, log_probs: Floats) -> Floats:
        """Log-probabilities (n, n_codes) of the codes after nodes; -inf where no track has them there.

        Args:
            trie: whose nodes `logs` speaks of.
            above: (n,) nodes of the level before, one root on the first.
            log_probs: the model's, (n, n_codes).
        """
        nodes, parents = trie.children(level, above)
        codes = trie.codes[level][nodes]
        values = np.full(log_probs.shape, -np.inf)
        values[parents, codes] = self.own[level] * log_probs[parents, codes] + self.logs[level][nodes]
        return np.asarray(log_softmax(values, axis=1), np.float32)

    def whole(self, trie: Trie, log_probs: Floats) -> Floats:
        """Every track's log-probabilities with the prior, float32 (n_levels, n_tracks).

        Args:
            log_probs: the model's of every track's codes, (n_levels, n_tracks).
        """
        both = np.empty_like(log_probs)
        for level, nodes in enumerate(trie.track_nodes):
            values = self.own[level] * log_probs[level, trie.examples[level]] + self.logs[level]
            begins = trie.first_child[level - 1][:-1] if level else np.zeros(1, np.int64)
            # Children of a node are contiguous, so one reduction normalises all of them.
            totals = np.logaddexp.reduceat(values, begins)[trie.parents[level]]
            there = np.isfinite(totals)
            # Where no child may come the total is -inf, and -inf minus -inf would be NaN.
            both[level] = np.where(there, values - np.where(there, totals, 0), -np.inf)[nodes]
        return both
