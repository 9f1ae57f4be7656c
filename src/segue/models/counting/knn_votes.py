"""The inner loop of session kNN, compiled."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from segue.kit.arrays import Floats

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


class Index(NamedTuple):
    """The sessions and, for each track, the sessions that have it, oldest first.

    Args:
        starts: int64 (n_sessions + 1,), where each session begins in `rows`.
        found_in: int64 (n_tracks + 1,), where each track begins in `containing`.
        containing: int64, sessions.
        shared: float64 (n_tracks,), what sharing a track is worth.
        worth: float64 (n_tracks,), what a vote for a track is worth.
        shortness: float64 (n_sessions,), what a session's likeness is multiplied by.
        freshness: float64 (n_sessions,), what a session's votes are multiplied by.
    """

    starts: Ints
    rows: Ints
    found_in: Ints
    containing: Ints
    shared: Doubles
    worth: Doubles
    shortness: Doubles
    freshness: Doubles


class Rule(NamedTuple):
    """The settings of `KnnSettings` of the same names."""

    neighbours: int
    sample: int
    decay: float
    sharpness: float
    reach: float
    backwards: float
    again: float
    others: float


@njit(cache=True)
def votes(index: Index, rule: Rule, starts: Ints, rows: Ints, n_tracks: int) -> Floats:
    """The votes for every track, float32 (n_requests, n_tracks).

    Args:
        starts: int64 (n_requests + 1,), where the plays of each request begin in `rows`.
        rows: int64, the plays, oldest first.
    """
    n_sessions = len(index.starts) - 1
    found = np.zeros((len(starts) - 1, n_tracks), np.float32)
    # Made once and left as zeros by each request, so that a request costs what it touches.
    likeness, played = np.zeros(n_sessions), np.zeros(n_tracks)
    touched = np.zeros(n_sessions, np.int64)
    for request in range(len(starts) - 1):
        plays = rows[starts[request] : starts[request + 1]]
        near = touched[: _meet(index, rule, plays, played, likeness, touched)]
        value = (likeness[near] * index.shortness[near]) ** rule.sharpness * index.freshness[near]
        likeness[near] = 0
        # Stable: of equal values the session met first, the same in every run.
        best = np.argsort(-value, kind="mergesort")[: rule.neighbours]
        for i in best:
            _vote(index, rule, near[i], value[i], played, found[request])
        played[plays] = 0
    return found


@njit(cache=True)
def _meet(index: Index, rule: Rule, plays: Ints, played: Doubles, likeness: Doubles, touched: Ints) -> int:
    """Fill what each track played is worth by its place, the likeness of sessions that share one, and which.

    Returns how many there are.
    """
    n = 0
    for back in range(len(plays)):
        track, weight = plays[len(plays) - 1 - back], rule.decay**back
        # So long ago that it moves nothing: the loop ends here for long histories.
        if weight < 1e-9:
            break
        # Going backwards, the first meeting is the latest play, which counts.
        if played[track] > 0:
            continue
        played[track] = weight
        end = index.found_in[track + 1]
        # Sessions of a track are oldest first, so its newest are the last.
        for i in range(max(index.found_in[track], end - rule.sample), end):
            session = index.containing[i]
            if likeness[session] == 0:
                touched[n] = session
                n += 1
            likeness[session] += weight * index.shared[track]
    return n


@njit(cache=True)
def _vote(index: Index, rule: Rule, session: int, value: float, played: Doubles, found: Any) -> None:
    """Add one session's votes around each place where it has a track of the request.

    The latest play of the request that it has counts 1, at the later place if it is there twice.
    """
    first, end = index.starts[session], index.starts[session + 1]
    latest = first
    for i in range(first, end):
        if played[index.rows[i]] >= played[index.rows[latest]]:
            latest = i
    top = played[index.rows[latest]]
    for place in range(first, end):
        weight = value
        if place != latest:
            weight *= rule.others * played[index.rows[place]] / top
        if weight < 1e-3 * value:
            continue
        for i in range(first, end):
            if i == place:
                near = rule.again
            else:
                near = np.exp(-(abs(i - place) - 1) / rule.reach)
                if i < place:
                    near *= rule.backwards
            found[index.rows[i]] += weight * near * index.worth[index.rows[i]]
