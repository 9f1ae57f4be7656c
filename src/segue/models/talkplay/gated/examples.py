"""Moments of dialogues as short lists of candidates, whose softmax stands for that over the catalogue."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segue.data.catalogue import Catalogue, Dialogue
from segue.dialogues.format import Moment, moments
from segue.kit.arrays import Bools, Floats
from segue.kit.progress import watched
from segue.models.recommender import filter_mask
from segue.models.talkplay.gated.clues import NUMBERS, Clues

Ints = np.ndarray[Any, np.dtype[np.int64]]
BEST, OTHERS, AT_MOST = 24, 160, 448
"""Candidates: so many of each clue, others at random, in all."""
BATCH = 16
ENOUGH_REAL = 300
"""Moments between people that teach more than any number of simulated ones."""


@dataclass(frozen=True)
class Examples:
    """Moments with their candidates.

    Args:
        rows: int32 (n, AT_MOST), candidates' rows; 0 behind the last.
        clues: float16 (n, AT_MOST, 3 x n_clues).
        logs: float32 (n, AT_MOST): log of how many tracks a candidate stands for, -inf behind the last.
        weights: float32 (n,), what each counts in the loss.
    """

    moments: Sequence[Moment]
    rows: np.ndarray[Any, np.dtype[np.int32]]
    clues: np.ndarray[Any, np.dtype[np.float16]]
    logs: Floats
    targets: Bools
    weights: Floats

    def __len__(self) -> int:
        """The number of moments."""
        return len(self.moments)

    def first(self, most: int) -> Examples:
        """So many of them at most."""
        kept = slice(most)
        return Examples(
            self.moments[kept],
            self.rows[kept],
            self.clues[kept],
            self.logs[kept],
            self.targets[kept],
            self.weights[kept],
        )


def draw(dialogues: Sequence[Dialogue], most: int, seed: int) -> list[Moment]:
    """Moments of whole dialogues: all of real ones first, then simulated ones in a random order.

    Real ones that are enough to learn from are not drowned: simulated ones are then half as many at most.
    """
    order = np.random.default_rng(seed).permutation(len(dialogues))
    found: list[Moment] = []
    for n in order:
        if not dialogues[n].simulated and len(found) < most:
            found += moments(dialogues[n])
    if len(found) >= ENOUGH_REAL:
        most = min(most, len(found) * 3 // 2)
    for n in order:
        if dialogues[n].simulated and len(found) < most:
            found += moments(dialogues[n])
    return found


def examples(
    clues: Clues, found: Sequence[Moment], seed: int, *, real: float = 1.0, title: str = ""
) -> Examples:
    """Candidates and clues of moments.

    Args:
        found: the moments; those whose targets the catalogue lacks are left out.
        real: weight of a moment of a dialogue between people; simulated ones count 1.
    """
    catalogue, generator = clues.catalogue, np.random.default_rng(seed)
    kept = [m for m in found if any(t in catalogue.rows and t not in m.request.exclude for t in m.targets)]
    simulated = {d.dialogue_id for d in catalogue.dialogues if d.simulated}
    n, width = len(kept), min(AT_MOST, len(catalogue))
    rows, logs = np.zeros((n, width), np.int32), np.full((n, width), -np.inf, np.float32)
    values, targets = np.zeros((n, width, 0), np.float16), np.zeros((n, width), bool)
    starts = range(0, n, BATCH)
    for start in watched(starts, title, hidden=not title):
        batch = kept[start : start + BATCH]
        table = clues.table([m.request for m in batch], [m.dialogue_id for m in batch])
        if not values.shape[2]:
            values = np.zeros((n, width, table.shape[2]), np.float16)
        for place, (moment, line) in enumerate(zip(batch, table, strict=True), start):
            chosen, log = _candidates(catalogue, moment, line, width, generator)
            k = len(chosen)
            rows[place, :k], logs[place, :k], values[place, :k] = chosen, log, line[chosen]
            wanted = [catalogue.rows[t] for t in moment.targets if t in catalogue.rows]
            targets[place, :k] = np.isin(chosen, wanted)
    weights = np.array([1.0 if m.dialogue_id in simulated else real for m in kept], np.float32)
    return Examples(kept, rows, values, logs, targets, weights)


def _candidates(
    catalogue: Catalogue, moment: Moment, line: Floats, width: int, generator: np.random.Generator
) -> tuple[Ints, Floats]:
    """Rows of targets and dislikes, the best of every clue, and others at random with what they stand for."""
    allowed = filter_mask(catalogue.tracks, moment.request.where)
    allowed[[catalogue.rows[i] for i in moment.request.exclude if i in catalogue.rows]] = False
    named = [catalogue.rows[t] for t in (*moment.targets, *moment.dislikes) if t in catalogue.rows]
    z = line[:, ::NUMBERS]
    n_best = min(BEST, len(z))
    best = np.argpartition(-z, n_best - 1, axis=0)[:n_best]
    hard = np.unique(best[z[best, np.arange(z.shape[1])] > 0])
    hard = hard[allowed[hard]]
    named = [row for row in dict.fromkeys(named) if allowed[row]]
    hard = hard[~np.isin(hard, named)]
    hard = generator.permutation(hard)[: max(0, width - len(named) - OTHERS)]
    sure = np.concatenate([np.array(named, np.int64), hard])
    left = allowed.copy()
    left[sure] = False
    rest = np.flatnonzero(left)
    others = generator.choice(rest, min(OTHERS, len(rest), width - len(sure)), replace=False)
    share = math.log(len(rest) / len(others)) if len(others) else 0.0
    logs = np.concatenate([np.zeros(len(sure)), np.full(len(others), share)])
    return np.concatenate([sure, others]), logs.astype(np.float32)
