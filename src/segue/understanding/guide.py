"""A state as every recommender takes it: a mask and evidence; and likeness, by tracks and never by words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segue.data.library import Library
from segue.kit.arrays import Bools, Floats, unit
from segue.understanding.index import Index
from segue.understanding.state import DialogueState

PLACED = 8.0
"""Weight of where on a way a track lies, beside how small the steps are."""
REACH, WIDTH = 80, 24
"""Of a way: tracks that are tried for each place, and ways that are followed at once."""
LIKENESS = 3.0
"""Weight of the likeness to a track that was pointed at, beside what the words say."""


@dataclass(frozen=True)
class Guide:
    """What a state means for one catalogue (`data.request.Wanted`).

    Args:
        state: what is wished.
        index: of the catalogue.
        more: further evidence, float32 (n_tracks,), or None.
        only: a further mask (n_tracks,), or None.
    """

    state: DialogueState
    index: Index
    more: Floats | None = None
    only: Bools | None = None

    @cached_property
    def allowed(self) -> Bools:
        """Shape (n_tracks,): what the state lets through."""
        mask = self.index.allowed(self.state)
        return mask if self.only is None else mask & self.only

    @cached_property
    def preference(self) -> Floats:
        """Shape (n_tracks,): how far each track meets what is preferred."""
        found = self.index.preference(self.state)
        return found if self.more is None else np.asarray(found + self.more, np.float32)


class Likeness:
    """How alike tracks are: the cosines of their modalities' vectors and of their tags, averaged.

    Args:
        index: of the catalogue.
        library: where the features are; without one the tags alone say it.
    """

    MODALITIES = ("playlist", "audio", "semantic", "mgphot", "lyrics")

    def __init__(self, index: Index, library: Library | None = None) -> None:
        self.spaces: list[Floats] = [self._tags(index)]
        for modality in self.MODALITIES if library is not None else ():
            if library is not None and library.has(modality):
                feature = library.feature(modality)
                centred = feature.matrix - feature.matrix[feature.present].mean(axis=0, keepdims=True)
                self.spaces.append(unit(np.where(feature.present[:, None], centred, 0)))

    @staticmethod
    def _tags(index: Index) -> Floats:
        """Unit vectors (n_tracks, n_tags) of the tags, rare ones counting more."""
        tags = sorted(index.tags)
        vectors = np.zeros((len(index.catalogue), max(1, len(tags))), np.float32)
        for column, tag in enumerate(tags):
            rows = index.tags[tag]
            vectors[rows, column] = np.log1p(len(vectors) / len(rows))
        return unit(vectors)

    def to(self, plus: Sequence[int], minus: Sequence[int] = (), weights: Floats | None = None) -> Floats:
        """Likeness (n_tracks,) to the middle of some rows, away from that of others, in [-1, 1].

        `weights`: how much each of the first rows counts, all alike without them.
        """
        total = np.zeros(len(self.spaces[0]), np.float32)
        for space in self.spaces:
            centre = np.zeros(space.shape[1], np.float32)
            if len(plus):
                centre = np.average(space[list(plus)], axis=0, weights=weights).astype(np.float32)
            if len(minus):
                centre = centre - 0.5 * space[list(minus)].mean(axis=0)
            length = np.linalg.norm(centre)
            total += space @ (centre / length) if length > 0 else 0
        return np.asarray(total / len(self.spaces), np.float32)

    def evidence(self, rows: Sequence[int], weights: Floats | None = None) -> Floats:
        """Likeness (n_tracks,) to some rows, as it weighs beside what the words say."""
        likeness = self.to(rows, (), weights)
        return np.asarray(LIKENESS * likeness / (float(likeness.std()) or 1.0) / 2, np.float32)

    def both(self, ends: Sequence[Sequence[int]]) -> Floats:
        """Likeness (n_tracks,) to several ends at once: that of the end each track is least like."""
        scores = np.stack([_standard(self.to(rows)) for rows in ends])
        return np.asarray(scores.min(axis=0) + 0.3 * scores.mean(axis=0), np.float32)

    def way(self, start: int, goal: int, n: int, free: Bools, artists: Sequence[object] = ()) -> list[int]:
        """Rows of a way in n tracks from one to the other in small steps, each track once.

        The k-th track lies at k / (n - 1) of the way: so much farther from the start than from the goal, and
        not far from both. Of all such ways the steps are smallest together, squared, so that none is a
        leap; an artist comes once where others are there. Beam search over the likeliest tracks of a place.
        """
        free = free.copy()
        free[[start, goal]] = False
        gone, left = 1 - self.to([start]), 1 - self.to([goal])
        place = gone / np.maximum(gone + left, 1e-6)
        ways = [(0.0, [start])]
        for k in range(1, n - 1):
            cost = PLACED * (place - k / (n - 1)) ** 2 + (gone + left) / 2
            rows = np.flatnonzero(free)
            rows = rows[np.argsort(cost[rows], kind="stable")[:REACH]]
            further = self._further(ways, rows, cost, artists, goal) or self._further(ways, rows, cost)
            if not further:
                break
            ways = further
        steps = self._apart([way[-1] for _, way in ways], [goal])[:, 0] ** 2
        found = ways[int(np.argmin([c + step for (c, _), step in zip(ways, steps, strict=True)]))][1]
        return [*found, goal] if goal != start else found

    def _apart(self, one: Sequence[int], other: Sequence[int]) -> Floats:
        """How far rows are from others, 1 less their likeness: (n, m)."""
        alike = sum(space[list(one)] @ space[list(other)].T for space in self.spaces)
        return np.asarray(1 - alike / len(self.spaces), np.float32)

    def _further(
        self,
        ways: Sequence[tuple[float, list[int]]],
        rows: NDArray[np.intp],
        cost: Floats,
        artists: Sequence[object] = (),
        goal: int = -1,
    ) -> list[tuple[float, list[int]]]:
        """The best ways that are one track longer, with what each has cost; none by an artist twice."""
        steps = self._apart([way[-1] for _, way in ways], rows.tolist()) ** 2
        found = []
        for (spent, way), apart in zip(ways, steps, strict=True):
            heard = {artists[r] for r in (*way, goal)} if len(artists) else set()
            for row, step in zip(rows.tolist(), apart.tolist(), strict=True):
                if row not in way and not (len(artists) and artists[row] in heard):
                    found.append((spent + step + float(cost[row]), [*way, row]))
        return sorted(found)[:WIDTH]


def route(likeness: Likeness, index: Index, state: DialogueState, free: Bools) -> list[str]:
    """The ids of the tracks of a way from stop to stop; of several that are one the best known."""
    free = free & index.allowed(state)
    ends = [[r for r in index.rows_of(e) if free[r]] or index.rows_of(e) for e in state.ends]
    stops = [max(rows, key=lambda r: (index.known[r], -r)) for rows in ends]
    artists, legs = index.catalogue.tracks["artist"].to_list(), len(stops) - 1
    found, free = stops[:1], free.copy()
    free[stops] = False
    for leg, goal in enumerate(stops[1:]):
        steps = round((state.count - 1) * (leg + 1) / legs) - round((state.count - 1) * leg / legs)
        rows = likeness.way(found[-1], goal, max(steps, 1) + 1, free, artists)[1:]
        free[rows] = False
        found += rows
    return [str(index.catalogue.ids[r]) for r in found]


def _standard(scores: Floats) -> Floats:
    return np.asarray((scores - scores.mean()) / (scores.std() or 1.0), np.float32)
