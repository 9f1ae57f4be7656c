"""What E4SRec learns from: windows over the training plays, in batches that are the same in every run."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, from_numpy

from segue.data.catalogue import Split
from segue.data.log import Log
from segue.kit.errors import SegueError
from segue.learning.batches import Epochs, cut_where_full
from segue.learning.validation import held_out as held_out_events
from segue.models.e4srec.prompt import Batch, Prompter, Segment
from segue.models.e4srec.settings import Settings
from segue.models.heard import Heard, of_event

TEXT_TOKENS = 25
"""A guess at the tokens of one named track, to size batches."""


class Examples:
    """Batches of windows over a log's plays; batch number n is the same in every run with the seed.

    Packed, a window holds up to `length` plays and the targets of its second half: each play is a target
    once an epoch, with at least half a window before it where the listener has that many. Otherwise a
    window is one target with up to `length` plays before it.

    Raises:
        SegueError: no listener has two plays.
    """

    def __init__(self, log: Log, prompter: Prompter, settings: Settings) -> None:
        self.log, self.prompter, self.settings = log, prompter, settings
        stride = max(1, settings.length // 2) if settings.packed else 1
        self.first, self.last = _targets(log, stride, settings.last_only)
        if not len(self.first):
            cure = "lower the filters of `sessions`"
            raise SegueError("no listener has two plays to learn from", cure=cure)
        owner = np.searchsorted(log.starts, self.first, side="right") - 1
        self.start = np.maximum(log.starts[owner], self.last - settings.length)
        header = len(prompter.header)
        self.costs = self.last - self.start + (self.last - self.first + 1) * header
        if not settings.packed:
            named = settings.titles or 10 if settings.says_tracks else 0
            self.costs = self.costs + len(prompter.before) + TEXT_TOKENS * named
        self.epochs = Epochs(self._plan)
        self.per_epoch = self.epochs.per_epoch

    def _plan(self, epoch: int) -> list[NDArray[np.int64]]:
        """The windows of each batch of an epoch."""
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(len(self.costs))
        filled = np.cumsum(self.costs[order]) - self.costs[order]
        return cut_where_full(order, filled, self.settings.tokens_a_step)

    def __call__(self, step: int) -> tuple[Batch, Tensor]:
        """The batch of a step, and the track row that each of its headers should name, int64 (n,)."""
        members = self._balanced(self.epochs.at(step))
        segments = [self.segment(int(m)) for m in members]
        targets = [self.log.rows[self.first[m] : self.last[m] + 1] for m in members]
        lines = self.prompter.lines(segments, alone=not self.settings.packed)
        return self.prompter.batch(lines), from_numpy(np.concatenate(targets))

    def heard(self, step: int, length: int) -> list[NDArray[np.int64]]:
        """The rows of at most `length` plays before each target of a step's batch."""
        members = self._balanced(self.epochs.at(step))
        events = np.concatenate([np.arange(self.first[m], self.last[m] + 1) for m in members])
        starts = self.log.starts[np.searchsorted(self.log.starts, events, side="right") - 1]
        return [self.log.rows[max(s, e - length) : e] for s, e in zip(starts, events, strict=True)]

    def _balanced(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Windows of like length side by side where each stands alone, so that little is padding."""
        return members if self.settings.packed else members[np.argsort(self.costs[members], kind="stable")]

    def segment(self, member: int) -> Segment:
        """A window's plays, with a header before each of its targets."""
        start, first, last = (int(a[member]) for a in (self.start, self.first, self.last))
        plays = Heard(self.log.rows[start:last], self.log.completion[start:last])
        return Segment(plays, np.arange(first, last + 1) - start)


def _targets(log: Log, stride: int, last_only: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """First and last target event of each window, int64 (n,): up to `stride` in a row, counted from the end.

    A listener's first play is no target; of the others all, or only the last `last_only`.
    """
    first, stop = log.starts[:-1] + 1, log.starts[1:]
    if last_only:
        first = np.maximum(first, stop - last_only)
    counts = np.maximum(-(-(stop - first) // stride), 0)
    owner = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    last = stop[owner] - 1 - number * stride
    return np.maximum(first[owner], last - stride + 1), last


def held_out(log: Log, split: Split, length: int, most: int) -> tuple[list[Heard], NDArray[np.int64]]:
    """Histories of at most `most` targets of a split, and the targets' rows; always the same ones."""
    events, starts = held_out_events(log, most, split)
    plays = [of_event(log, int(e), max(int(s), int(e) - length)) for s, e in zip(starts, events, strict=True)]
    return plays, log.rows[events]
