"""Beam search over the trie of the titles that exist, and a score for every title.

The beams of a level are read as one row behind the prompt, as in `llm.beams`; a title that has ended
keeps its beam and costs no more.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from segue.kit.arrays import Bools, Floats
from segue.llm.session import Session
from segue.tokens.trie import Step, Trie


class Titles:
    """The distinct titles of a catalogue as a trie of their tokens.

    Args:
        titles: token ids of each track's title, each ended by `end`.

    Attributes:
        of_track: int64 (n_tracks,), which of the distinct titles a track has.
        crowd: float32 (n_tracks,), log of the number of tracks that share the title.
        trie: over places in `used`; behind its end a title is filled up with the end.
        used: int64 (n_used,), the token ids that occur.
    """

    def __init__(self, titles: Sequence[Sequence[int]], end: int) -> None:
        distinct: dict[tuple[int, ...], int] = {}
        self.of_track = np.array([distinct.setdefault(tuple(t), len(distinct)) for t in titles], np.int64)
        counts = np.bincount(self.of_track, minlength=len(distinct))
        self.crowd = np.log(counts[self.of_track]).astype(np.float32)
        longest = max((len(t) for t in distinct), default=1)
        tokens = np.full((len(distinct), longest), end, np.int64)
        for row, title in enumerate(distinct):
            tokens[row, : len(title)] = title
        self.used, places = np.unique(tokens, return_inverse=True)
        self.end = int(np.searchsorted(self.used, end))
        self.places = places.reshape(tokens.shape).astype(np.int64)
        self.trie = Trie(self.places)
        self.longest = longest

    def __len__(self) -> int:
        return len(self.places)


class Found(NamedTuple):
    """Log-probabilities float32 (n_titles,), and which of them are of a whole title, not of its beginning."""

    scores: Floats
    whole: Bools


@torch.no_grad()
def score_titles(session: Session, titles: Titles, width: int, allowed: Bools | None = None) -> Found:
    """The log-probability of each title that a beam ended with; of the longest beginning seen for the others.

    Not divided by the length: it is the probability of the whole title, its end included. Leaves the session
    where it was.

    Args:
        session: has read the prompt up to the start of a title.
    """
    trie, live = titles.trie, titles.trie.live(allowed)
    assert session.last is not None, "read the prompt first"
    first = log_probs(session, session.last[None], titles)
    beams = trie.start(first[0], width, live)
    scores = first[0][titles.places[:, 0]]
    seen = torch.zeros(len(beams.nodes), 0, dtype=torch.bool)
    level = 0
    while level + 1 < trie.n_levels and (beams.codes != titles.end).any():
        level += 1
        going = torch.from_numpy(beams.codes != titles.end)
        n = int(going.sum())
        sees = torch.cat([seen[going], torch.eye(n, dtype=torch.bool)], dim=1)
        states = session.branch(titles.used[beams.codes[going.numpy()]], level - 1, sees)
        conditional = np.full((len(beams.nodes), len(titles.used)), -np.inf, np.float32)
        conditional[:, titles.end] = 0
        conditional[going.numpy()] = log_probs(session, states, titles)
        _extend(scores, beams, conditional, titles, level)
        wider = torch.zeros(len(going), seen.shape[1] + n, dtype=torch.bool)
        wider[:, : seen.shape[1]] = seen
        wider[going] = sees
        beams = trie.step(level, beams, conditional, width, live)
        seen = wider[torch.from_numpy(beams.parents)]
    session.rewind()
    return Found(scores, np.isin(trie.track_nodes[level], beams.nodes))


def log_probs(session: Session, states: torch.Tensor, titles: Titles) -> Floats:
    """Log-probabilities float32 (n, n_used) over the whole vocabulary, of the tokens that titles use."""
    logits = session.logits(states, 0, len(session.head))
    used = torch.from_numpy(titles.used).to(logits.device)
    found: Floats = torch.log_softmax(logits, dim=-1)[:, used].cpu().numpy()
    return found


def _extend(scores: Floats, beams: Step, conditional: Floats, titles: Titles, level: int) -> None:
    """Put the log-probabilities of the titles under a beam, one token further, into `scores`."""
    beam_of_node = np.full(len(titles.trie.codes[level - 1]), -1, np.int64)
    beam_of_node[beams.nodes] = np.arange(len(beams.nodes))
    beam = beam_of_node[titles.trie.track_nodes[level - 1]]
    under = np.flatnonzero(beam >= 0)
    scores[under] = beams.scores[beam[under]] + conditional[beam[under], titles.places[under, level]]
