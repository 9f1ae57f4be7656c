"""The trie of the tuples that exist, in flat arrays: decoding inside it cannot invent a track.

Level m holds one node for every distinct prefix of length m; its children lie next to each other on level
m + 1. A live mask over tracks (exclusions, filters) becomes a mask over the nodes of each level.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from segue.kit.arrays import Bools, Floats

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Step(NamedTuple):
    """Beams after one level: nodes of that level, the beam each came from, its code and its score."""

    nodes: Ints
    parents: Ints
    codes: Ints
    scores: Floats


class Trie:
    """A trie over full codes (n_tracks, n_levels), none of them negative.

    Attributes:
        codes: per level, the code of each node, shape (n_nodes_of_level,).
        first_child: per level, where each node's children begin on the next level, with one entry more.
        track_nodes: shape (n_levels, n_tracks), the node of every track on every level.
    """

    def __init__(self, codes: Ints) -> None:
        n_tracks, self.n_levels = codes.shape
        # `lexsort` takes the last key first: sorted by the first level, then the second, siblings stand
        # together.
        order = np.lexsort(codes.T[::-1])
        ordered = codes[order]
        new = np.zeros((self.n_levels, n_tracks), dtype=bool)
        fresh = np.zeros(n_tracks, dtype=bool)
        fresh[:1] = True
        for level in range(self.n_levels):
            fresh[1:] |= ordered[1:, level] != ordered[:-1, level]
            new[level] = fresh
        node_of_sorted = np.cumsum(new, axis=1) - 1
        self.track_nodes = np.empty((self.n_levels, n_tracks), dtype=np.int64)
        self.track_nodes[:, order] = node_of_sorted
        self.codes = [ordered[new[level], level] for level in range(self.n_levels)]
        self.first_child = [
            np.append(node_of_sorted[level + 1][new[level]], len(self.codes[level + 1]))
            for level in range(self.n_levels - 1)
        ]

    def live(self, allowed: Bools | None) -> list[Bools] | None:
        """Per level, which nodes lead to an allowed track; `None` where every track is allowed."""
        if allowed is None or allowed.all():
            return None
        last = np.zeros(len(self.codes[-1]), dtype=bool)
        last[self.track_nodes[-1][allowed]] = True
        masks = [last]
        for first in reversed(self.first_child):
            # No node is without a child, so `reduceat` never meets an empty range.
            masks.append(np.logical_or.reduceat(masks[-1], first[:-1]))
        return masks[::-1]

    def start(self, log_probs: Floats, width: int, live: list[Bools] | None = None) -> Step:
        """The best `width` nodes of level 0 under log-probabilities (n_codes,)."""
        nodes = np.arange(len(self.codes[0])) if live is None else np.flatnonzero(live[0])
        scores = log_probs[self.codes[0][nodes]]
        return self._best(0, nodes, np.zeros(len(nodes), dtype=np.int64), scores, width)

    def step(
        self, level: int, beams: Step, log_probs: Floats, width: int, live: list[Bools] | None = None
    ) -> Step:
        """The best `width` children (nodes of `level`) of the beams, log-probabilities (n_beams, n_codes)."""
        nodes, parents = self.children(level, beams.nodes)
        if live is not None:
            keep = live[level][nodes]
            nodes, parents = nodes[keep], parents[keep]
        scores = beams.scores[parents] + log_probs[parents, self.codes[level][nodes]]
        return self._best(level, nodes, parents, scores, width)

    def children(self, level: int, above: Ints) -> tuple[Ints, Ints]:
        """The nodes of `level` below nodes of the level before, and each one's parent's place in `above`.

        Below the first level is the root: `above` is then one node, whatever its number.
        """
        if level == 0:
            return np.arange(len(self.codes[0])), np.zeros(len(self.codes[0]), np.int64)
        first = self.first_child[level - 1]
        counts = first[above + 1] - first[above]
        parents = np.repeat(np.arange(len(counts)), counts)
        ends = np.cumsum(counts)
        return np.arange(len(parents)) + np.repeat(first[above] - (ends - counts), counts), parents

    @cached_property
    def parents(self) -> list[Ints]:
        """Per level, the node of the level before that each node is below; 0 on the first level."""
        roots = np.zeros(len(self.codes[0]), np.int64)
        return [roots, *(np.repeat(np.arange(len(f) - 1), np.diff(f)) for f in self.first_child)]

    @cached_property
    def examples(self) -> list[Ints]:
        """Per level, a track below each node: the first."""
        return [np.unique(nodes, return_index=True)[1] for nodes in self.track_nodes]

    def _best(self, level: int, nodes: Ints, parents: Ints, scores: Floats, width: int) -> Step:
        """The `width` best candidates, best first, equal scores by node order."""
        if len(scores) > width:
            edge = np.partition(scores, len(scores) - width)[len(scores) - width]
            # All that tie at the edge are kept until node order has chosen: the same beams on every
            # machine.
            near = np.flatnonzero(scores >= edge)
            keep = near[np.argsort(-scores[near], kind="stable")[:width]]
        else:
            keep = np.argsort(-scores, kind="stable")
        return Step(nodes[keep], parents[keep], self.codes[level][nodes[keep]], scores[keep])

    def missing(self, none_codes: Sequence[int]) -> list[int]:
        """Per level, the node whose codes are "none" all along, -1 where no track has that prefix."""
        nodes: list[int] = []
        for level, none in enumerate(none_codes):
            first, last = 0, len(self.codes[0])
            if level > 0:
                above = nodes[-1]
                if above < 0:
                    return nodes + [-1] * (self.n_levels - level)
                first, last = self.first_child[level - 1][above : above + 2]
            found = np.flatnonzero(self.codes[level][first:last] == none)
            nodes.append(int(first + found[0]) if len(found) else -1)
        return nodes

    def tracks(self, node: int) -> Ints:
        """Rows of the tracks at one node of the last level, in catalogue order."""
        return np.flatnonzero(self.track_nodes[-1] == node)
