"""Training windows over whole histories, in batches of like length."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.data.log import Log
from segue.kit.errors import SegueError
from segue.learning.batches import Epochs


class Windows(NamedTuple):
    """Half-open ranges of a log's events, each within one listener: int64 (n,), int64 (n,)."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]


def windows(log: Log, length: int, rng: np.random.Generator | None, *, last_only: bool = False) -> Windows:
    """Windows of at most `length` + 1 plays that make every play but a listener's first a target once.

    Neighbouring windows share one play: the last target of the one is the first input of the next. Where
    the cuts fall is drawn anew by `rng` for each listener longer than a window (at the end without `rng`).
    With `last_only` each listener gives one window, the last plays, as published (E4SRec spec, section 6).
    """
    first, last = log.starts[:-1], log.starts[1:] - 1
    n_targets = last - first
    first, last, n_targets = first[n_targets > 0], last[n_targets > 0], n_targets[n_targets > 0]
    if last_only:
        return Windows(np.maximum(first, last - length), last + 1)
    shift = np.zeros(len(first), np.int64) if rng is None else rng.integers(0, length, len(first))
    # One window holds them all, and no cut may split it.
    shift[n_targets <= length] = 0
    # A cut every `length` targets, counted back from the last one and shifted.
    cuts = -(-(n_targets - shift) // length) + (shift > 0)
    owner = np.repeat(np.arange(len(first)), cuts)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    ends = last[owner] - np.where(shift[owner] > 0, shift[owner] + (number - 1) * length, number * length)
    ends = np.minimum(ends, last[owner])
    begins = last[owner] - np.where(shift[owner] > 0, shift[owner] + number * length, (number + 1) * length)
    return Windows(np.maximum(begins, first[owner]), ends + 1)


class Batches:
    """Batches of windows of like length; batch number n is the same in every run with the seed.

    Args:
        plays: about so many plays a batch (at least one window).

    Raises:
        SegueError: no listener has two plays.
    """

    def __init__(self, log: Log, length: int, plays: int, seed: int, *, last_only: bool = False) -> None:
        self.log, self.length, self.plays, self.seed, self.last_only = log, length, plays, seed, last_only
        self.epochs = Epochs(self._plan)
        if not len(windows(log, length, None).starts):
            raise SegueError(
                "no listener has two plays to learn from", cure="lower the filters of `sessions`"
            )
        self.per_epoch = self.epochs.per_epoch

    def _plan(self, epoch: int) -> list[Windows]:
        """The batches of an epoch: windows of one padded width each, in random order.

        Few different shapes: a processor's fast kernels are made anew for each. A window counts in eights of
        plays, or a step would have several times as many short windows as long ones.
        """
        rng = np.random.default_rng([self.seed, epoch])
        found = windows(self.log, self.length, rng, last_only=self.last_only)
        width = self._width(found.stops - found.starts)
        # By width, at random within one: what shares a batch differs from epoch to epoch.
        order = np.lexsort((rng.random(len(width)), width))
        batches = []
        for group in np.split(order, np.flatnonzero(np.diff(width[order])) + 1):
            size = max(1, self.plays // min(-(-int(width[group[0]]) // 8) * 8, self.length + 1))
            batches += [group[i : i + size] for i in range(0, len(group), size)]
        rng.shuffle(batches)
        return [Windows(found.starts[b], found.stops[b]) for b in batches]

    def _width(self, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The padded width of windows of some sizes: their own if small, else a multiple of 4."""
        return np.where(sizes <= 12, sizes, np.minimum(-(-sizes // 4) * 4, self.length + 1))

    def __call__(self, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows (batch, width) padded at the end with -1, and the number of plays of each, (batch,)."""
        begins, ends = self.epochs.at(step)
        sizes = ends - begins
        rows = np.full((len(sizes), int(self._width(sizes).max())), -1, np.int64)
        inside = np.arange(rows.shape[1]) < sizes[:, None]
        rows[inside] = self.log.rows[(begins[:, None] + np.arange(rows.shape[1]))[inside]]
        return rows, sizes


def pad(histories: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Histories as rows (n, longest) padded at the end with -1, and their lengths (n,)."""
    sizes = np.array([len(h) for h in histories], np.int64)
    rows = np.full((len(histories), max(1, int(sizes.max(initial=0)))), -1, np.int64)
    for row, history in zip(rows, histories, strict=True):
        row[: len(history)] = history
    return rows, sizes
