"""The inner loop of session kNN, compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from segue.arrays import Floats

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


class Index(NamedTuple):
    """The sessions and, for each track, the sessions that have it, oldest first.

    Args:
        starts: int64 (n_sessions + 1,), where each session begins in `rows`.
        rows: int64 (n_events,).
        found_in: int64 (n_tracks + 1,), where each track begins in `containing`.
        containing: int64, sessions.
        shared: float64 (n_tracks,), what sharing a track is worth.
        vote: float64 (n_tracks,), what a vote for a track is worth.
        likeness: float64 (n_sessions,), what a session's likeness is multiplied by.
    """

    starts: Ints
    rows: Ints
    found_in: Ints
    containing: Ints
    shared: Doubles
    vote: Doubles
    likeness: Doubles


class Rule(NamedTuple):
    """The settings of `KnnSettings` of the same names."""

    neighbours: int
    sample: int
    decay: float
    after: float
    before: float
    backwards: float
    again: float


@njit(cache=True)
def votes(index: Index, rule: Rule, starts: Ints, rows: Ints, n_tracks: int) -> Floats:
    """The votes for every track, float32 (n_requests, n_tracks).

    Args:
        index: of the training sessions.
        rule: how they vote.
        starts: int64 (n_requests + 1,), where the plays of each request begin in `rows`.
        rows: int64, the plays, oldest first.
        n_tracks: the size of the catalogue.
    """
    n_sessions = len(index.starts) - 1
    found = np.zeros((len(starts) - 1, n_tracks), np.float32)
    # Made once and left as zeros by each request, so that a request costs what it touches.
    likeness, match = np.zeros(n_sessions), np.zeros(n_sessions, np.int64)
    touched, mark = np.zeros(n_sessions, np.int64), np.zeros(n_tracks, np.int64)
    for request in range(len(starts) - 1):
        plays = rows[starts[request] : starts[request + 1]]
        n = _meet(index, rule, plays, request + 1, mark, likeness, match, touched)
        near = touched[:n]
        value = likeness[near] * index.likeness[near]
        likeness[near] = 0
        best = np.argsort(-value, kind="mergesort")[: rule.neighbours]
        for i in best:
            _vote(index, rule, near[i], match[near[i]], value[i], found[request])
    return found


@njit(cache=True)
def _meet(
    index: Index,
    rule: Rule,
    plays: Ints,
    request: int,
    mark: Ints,
    likeness: Doubles,
    match: Ints,
    touched: Ints,
) -> int:
    """Fill the likeness of the sessions that share a play, the last track shared, and which they are.

    Returns how many there are. `mark` holds the last request that had a track.
    """
    n = 0
    for back in range(len(plays)):
        track = plays[len(plays) - 1 - back]
        weight = rule.decay**back * index.shared[track]
        if weight < 1e-9:
            break
        if mark[track] == request:
            continue
        mark[track] = request
        end = index.found_in[track + 1]
        for i in range(max(index.found_in[track], end - rule.sample), end):
            session = index.containing[i]
            if likeness[session] == 0:
                touched[n], match[session] = session, track
                n += 1
            likeness[session] += weight
    return n


@njit(cache=True)
def _vote(index: Index, rule: Rule, session: int, match: int, value: float, found: Any) -> None:
    """Add one session's votes; where it has the matched track twice, the later place counts."""
    first, end = index.starts[session], index.starts[session + 1]
    place = first
    for i in range(first, end):
        if index.rows[i] == match:
            place = i
    for i in range(first, end):
        if i == place:
            weight = rule.again
        elif i > place:
            weight = np.exp(-(i - place - 1) / rule.after)
        else:
            weight = np.exp(-(place - i - 1) / rule.before) * rule.backwards
        found[index.rows[i]] += value * weight * index.vote[index.rows[i]]
