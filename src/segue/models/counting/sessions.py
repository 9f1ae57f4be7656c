"""The training sessions of a workspace as two arrays, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from segue.data.catalogue import SPLITS
from segue.data.library import Library
from segue.data.log import Log


@dataclass(frozen=True)
class Sessions:
    """Sessions in order of their last play; session s has the events `starts[s]` up to `starts[s + 1]`.

    Args:
        starts: int64 (n_sessions + 1,).
        rows: int64 (n_events,), the track's row in the catalogue, in order of time within a session.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    n_tracks: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def owner(self) -> NDArray[np.int64]:
        """The session of each event, int64 (n_events,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def age(self) -> NDArray[np.float64]:
        """The share of sessions that ended later, in [0, 1), float64 (n_sessions,)."""
        return np.arange(len(self))[::-1] / max(len(self), 1)

    def counts(self) -> NDArray[np.int64]:
        """How often each track was played, int64 (n_tracks,)."""
        return np.bincount(self.rows, minlength=self.n_tracks).astype(np.int64)

    def incidence(self) -> Any:
        """Which session has which track, a float32 CSR matrix (n_sessions, n_tracks) of ones."""
        ones = np.ones(len(self.rows), np.float32)
        matrix = sp.csr_matrix((ones, (self.owner, self.rows)), shape=(len(self), self.n_tracks))
        # A track played twice in a session was added up to 2 by the constructor.
        matrix.data[:] = 1
        return matrix

    def select(self, keep: NDArray[np.bool_]) -> Sessions:
        """Some of the sessions, bool (n_sessions,), in the same order."""
        lengths = np.diff(self.starts)
        starts = np.concatenate([[0], np.cumsum(lengths[keep])]).astype(np.int64)
        return Sessions(starts, self.rows[np.repeat(keep, lengths)], self.n_tracks)

    def earlier(self, share: float) -> Sessions:
        """The sessions without the newest `share` of them."""
        return self.select(np.arange(len(self)) < len(self) - round(share * len(self)))

    @classmethod
    def of_library(cls, library: Library) -> Sessions:
        """The sessions of the training part of the listening log; made once a library."""
        return library.once("sessions", lambda: cls.of_log(*training_log(library)))

    @classmethod
    def of_log(cls, log: Log, times: NDArray[np.int64]) -> Sessions:
        """The sessions of a log whose events happened at `times`, int64 (n_events,)."""
        starts, events = in_order(log, times)
        return cls(starts, log.rows[events], len(log.ids))


def training_log(library: Library) -> tuple[Log, NDArray[np.int64]]:
    """The training part of the listening log, and when each play happened, int64; 0 where not known.

    Raises:
        SegueError: there is no listening log.
    """
    log = library.log
    return log.part("train"), library.times[log.splits == SPLITS.index("train")]


def in_order(log: Log, times: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each session starts, (n_sessions + 1,), in the log's events with the sessions in order of time.

    A session's time is that of its last play; both int64, the second (n_events,) indices into the log.
    Where no session has two plays (a log without times, say), each listener's history is one.
    """
    owner = log.owner
    first = np.ones(len(log), bool)
    first[1:] = (owner[1:] != owner[:-1]) | (log.sessions[1:] != log.sessions[:-1])
    if first.all():
        # Or what counts within sessions (transitions, neighbours) would count nothing.
        first[1:] = owner[1:] != owner[:-1]
    starts = np.append(np.flatnonzero(first), len(log))
    lengths = np.diff(starts)
    # Stable: sessions that ended together, or at an unknown time, stay in the order of the log.
    order = np.argsort(times[starts[1:] - 1], kind="stable")
    ends = np.cumsum(lengths[order])
    events = np.arange(len(log)) + np.repeat(starts[:-1][order] - (ends - lengths[order]), lengths[order])
    return np.concatenate([[0], ends]).astype(np.int64), events.astype(np.int64)
