"""Beams over the trie as one row behind a kept dialogue, and every track scored.

The beams of a level are fed as one row of tokens behind the dialogue, each seeing the dialogue, its own
ancestors and itself: the dialogue's keys and values are neither copied nor reordered, and afterwards the
cache is cut back to the dialogue, ready for the next turn.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from segue.kit.arrays import Bools, Floats
from segue.llm.bias import Bias
from segue.llm.session import Session, nucleus
from segue.tokens.trie import Step, Trie
from segue.tokens.vocabulary import Vocabulary

TOP_P = 0.9
"""The share of the probability that a sampled code comes from. Source: TalkPlay 2.4."""


class Beams(NamedTuple):
    """What a beam search saw: per level, the beams and the log-probabilities under each parent beam."""

    steps: list[Step]
    log_probs: list[Floats]
    """Per level (n_parents, n_codes): one row on level 0, then one row a beam of the level before."""


def level_range(vocabulary: Vocabulary, level: int) -> tuple[int, int]:
    """First and last-plus-one token id of one modality, its "none" included."""
    start = int(vocabulary.offsets[level])
    return start, start + vocabulary.sizes[level] + 1


def level_log_probs(
    session: Session, vocabulary: Vocabulary, states: Tensor, level: int, share: Any
) -> Floats:
    """Log-probabilities (..., n_codes) over a level's clusters after hidden states (..., dim).

    A missing code is no likelier and no less likely than that of the average track: its entry (the last) is
    the mean of the tracks' probabilities, not the probability that the model gives to "none", which says
    how often codes were hidden in training. Without shares it is left out (minus infinity).
    """
    logits = session.logits(states, *level_range(vocabulary, level))[..., :-1]
    found = torch.log_softmax(logits, dim=-1).cpu().numpy()
    average = np.exp(found) @ share if share is not None else np.zeros(found.shape[:-1])
    none = np.log(np.maximum(average, 1e-30))
    return np.concatenate([found, np.asarray(none, dtype=np.float32)[..., None]], axis=-1)


def search(
    session: Session,
    vocabulary: Vocabulary,
    trie: Trie,
    width: int,
    allowed: Bools | None = None,
    shares: list[Floats] | None = None,
    bias: Bias | None = None,
) -> Beams:
    """The best tuples that exist after what the session has read, by the product of their probabilities.

    Leaves the session where it was.

    Args:
        session: has read the dialogue up to `<start_of_music>`.
        allowed: tracks (n_tracks,) that may come; all where None.
        shares: per level (n_clusters,), how the tracks are spread over the clusters (see `level_log_probs`).
        bias: a prior of the tracks; the `log_probs` that come back are the model's own all the same.
    """
    live = trie.live(allowed)
    state = session.last
    assert state is not None, "read the dialogue first"
    first = level_log_probs(session, vocabulary, state, 0, shares[0] if shares else None)
    missing = trie.missing(vocabulary.sizes)
    both = first if bias is None else bias.steer(trie, 0, np.zeros(1, np.int64), first[None])[0]
    start = trie.start(both, width, live)
    start = with_node(start, missing[0], vocabulary.sizes[0], 0, both[-1:], live, 0)
    steps, log_probs = [start], [first[None]]
    sees = torch.zeros(0, 0, dtype=torch.bool)
    for level in range(1, trie.n_levels):
        beams = steps[-1]
        n = len(beams.nodes)
        if n == 0:
            break
        # A beam sees what its parent saw, and itself: the tree as an attention mask.
        ancestors = sees[torch.from_numpy(beams.parents)] if level > 1 else sees.new_zeros(n, 0)
        sees = torch.cat([ancestors, torch.eye(n, dtype=torch.bool)], dim=1)
        states = session.branch(vocabulary.offsets[level - 1] + beams.codes, level - 1, sees)
        conditional = level_log_probs(session, vocabulary, states, level, shares[level] if shares else None)
        log_probs.append(conditional)
        if bias is not None:
            # After `log_probs` was kept: scores of all tracks add the prior themselves.
            conditional = bias.steer(trie, level, beams.nodes, conditional)
        steps.append(_step(trie, level, beams, conditional, width, live, missing, vocabulary.sizes[level]))
    session.rewind()
    return Beams(steps, log_probs)


def _step(
    trie: Trie,
    level: int,
    beams: Step,
    conditional: Floats,
    width: int,
    live: list[Bools] | None,
    missing: list[int],
    none: int,
) -> Step:
    """The best beams of a level, and the node of missing codes where its parent was among the beams."""
    found = trie.step(level, beams, conditional, width, live)
    above = np.flatnonzero(beams.nodes == missing[level - 1])
    if not len(above):
        return found
    score = beams.scores[above] + conditional[above, -1]
    return with_node(found, missing[level], none, int(above[0]), score, live, level)


def with_node(
    beams: Step, node: int, code: int, parent: int, score: Floats, live: list[Bools] | None, level: int
) -> Step:
    """The beams with a node added at the end, unless it is -1, not live, or among them.

    It keeps the path of tracks that have none of the first modalities (cold ones) open: what follows it says
    what the model expects of them.
    """
    if node < 0 or node in beams.nodes or (live is not None and not live[level][node]):
        return beams
    return Step(
        np.append(beams.nodes, node),
        np.append(beams.parents, parent),
        np.append(beams.codes, code),
        np.append(beams.scores, score),
    )


def level_scores(beams: Beams, trie: Trie, codes: Any, bias: Bias | None = None) -> Floats:
    """The log-probability of every track's code on each level, float32 (n_levels, n_tracks).

    On a level where a track's prefix is among the beams, its code's log-probability is the one under that
    beam; elsewhere it is the one under the mixture of all beams.
    """
    found = np.zeros((trie.n_levels, len(codes)), dtype=np.float32)
    found[0] = beams.log_probs[0][0][codes[:, 0]]
    for level in range(1, min(trie.n_levels, len(beams.log_probs))):
        parents, conditional = beams.steps[level - 1], beams.log_probs[level]
        belief = np.exp(parents.scores - parents.scores.max())
        # In probabilities: a mean of logarithms would let one beam that excludes a code decide.
        mixture = (belief / belief.sum()) @ np.exp(conditional)
        beam_of_node = np.full(len(trie.codes[level - 1]), -1, dtype=np.int64)
        beam_of_node[parents.nodes] = np.arange(len(parents.nodes))
        beam = beam_of_node[trie.track_nodes[level - 1]]
        found[level] = np.log(np.maximum(mixture, 1e-30))[codes[:, level]]
        on_beam = beam >= 0
        found[level, on_beam] = conditional[beam[on_beam], codes[on_beam, level]]
    return found if bias is None else bias.whole(trie, found)


def score_tracks(beams: Beams, trie: Trie, codes: Any, weights: Floats) -> Floats:
    """Every track's score (n_tracks,): the weighted sum of the log-probabilities of its codes."""
    scores = np.zeros(len(codes), dtype=np.float32)
    for weight, level in zip(weights, level_scores(beams, trie, codes), strict=True):
        scores += weight * level
    return scores


@torch.no_grad()
def sample_tuple(session: Session, vocabulary: Vocabulary, generator: torch.Generator) -> list[int]:
    """A tuple sampled as published (temperature 1, top-p), codes of the tokens; -2 where the token is of
    another kind. Leaves the session where it was. Source: TalkPlay 2.4.
    """
    state = session.last
    assert state is not None, "read the dialogue first"
    codes = []
    last = vocabulary.first + len(vocabulary)
    for level in range(len(vocabulary.sizes)):
        token = nucleus(session.logits(state, 0, last), TOP_P, generator)
        start, stop = level_range(vocabulary, level)
        codes.append(token - start if start <= token < stop else -2)
        # The last code needs no state after it.
        if level + 1 < len(vocabulary.sizes):
            state = session._forward([token])[-1]
    session.rewind()
    return codes


@torch.no_grad()
def sample_inside(
    session: Session,
    vocabulary: Vocabulary,
    trie: Trie,
    bias: Bias,
    shares: list[Floats],
    generator: torch.Generator,
) -> list[int]:
    """A tuple of the trie, sampled code by code with a prior; otherwise as `sample_tuple`."""
    state, above, codes = session.last, np.zeros(1, np.int64), list[int]()
    assert state is not None, "read the dialogue first"
    for level in range(trie.n_levels):
        found = level_log_probs(session, vocabulary, state, level, shares[level])
        chances = bias.steer(trie, level, above, found[None])[0]
        codes.append(nucleus(torch.from_numpy(chances), TOP_P, generator))
        nodes, _ = trie.children(level, above)
        above = nodes[trie.codes[level][nodes] == codes[-1]]
        if level + 1 < trie.n_levels:
            state = session._forward([int(vocabulary.offsets[level]) + codes[-1]])[-1]
    session.rewind()
    return codes
