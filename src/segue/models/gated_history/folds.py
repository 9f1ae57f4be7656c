"""Folds in time: the newest training plays are set apart, so that evidence on them has not seen them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segue.data.catalogue import SPLITS
from segue.data.library import Library
from segue.data.log import Log
from segue.models.counting.sessions import Sessions, in_order, training_log

ENOUGH = 20_000
"""Plays set apart are enough: of a large log a smaller share is."""
LEAST, MOST = 0.05, 0.15
"""Bounds of the share of the training plays that is set apart."""
FEW = 20
"""Listeners up to whom each has plays of their own set apart."""


def fold(library: Library) -> tuple[Log, NDArray[np.int64]]:
    """The training log with its newest sessions as "validation", and the times of its plays.

    They are the newest of all, as test plays are in a split by time; or the newest of each listener, where
    that is how the test was held out (each listener's last plays) or where there are few listeners, whose
    periods may differ.
    """
    log, times = training_log(library)
    share = float(np.clip(ENOUGH / max(len(log), 1), LEAST, MOST))
    later = _own_last(log, share) if _each_alone(library, log) else _newest(log, times, share)
    splits = np.where(later, SPLITS.index("validation"), SPLITS.index("train")).astype(np.int8)
    return replace(log, splits=splits), times


def earlier(log: Log, times: NDArray[np.int64]) -> Sessions:
    """The sessions of a fold that are not set apart."""
    return Sessions.of_log(log.part("train"), times[log.splits == SPLITS.index("train")])


def _each_alone(library: Library, log: Log) -> bool:
    """Whether a test of this log is asked of each listener at a time of their own."""
    sessions = np.flatnonzero(np.diff(log.sessions, prepend=-1) | (np.diff(log.owner, prepend=-1) != 0))
    if len(sessions) < 2 * len(log.users):
        return False  # a playlist is one session: there is nothing earlier of its own
    test = library.times[library.log.splits == SPLITS.index("test")]
    train = library.times[library.log.splits == SPLITS.index("train")]
    # Training plays later than test plays: the test was not cut off at one moment.
    return len(log.users) <= FEW or bool(len(test) and train.max() > test.min())


def _newest(log: Log, times: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """The newest sessions that make up a share of the plays, bool (n_events,)."""
    starts, events = in_order(log, times)
    # From where a session begins: no session is cut in two.
    first = starts[np.searchsorted(starts, round((1 - share) * len(log)))]
    later = np.zeros(len(log), bool)
    later[events[first:]] = True
    return later


def _own_last(log: Log, share: float) -> NDArray[np.bool_]:
    """The last sessions of each listener: a share of the plays, one session at least, never the first."""
    later = np.zeros(len(log), bool)
    for start, end in zip(log.starts[:-1], log.starts[1:], strict=True):
        cuts = start + 1 + np.flatnonzero(np.diff(log.sessions[start:end]))
        if len(cuts):
            wanted = end - max(1, round(share * (end - start)))
            # The session in which the share begins, or the one after the first.
            later[max(cuts[0], cuts[np.searchsorted(cuts, wanted, side="right") - 1]) : end] = True
    return later
