"""What a listener's own plays say of the next one: how much and how lately, and what used to come next."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray

from segue.kit.arrays import Floats
from segue.models.counting.base import joined

Ints = NDArray[np.int64]
STEPS_BACK = 5
"""Of the last plays so many are looked for earlier in the history."""
AHEAD = 5
"""And so many plays after the place where they were found speak for themselves."""


def activation(plays: Sequence[Ints], decay: float, n_tracks: int) -> sp.csr_matrix:
    """The sum of age ** -decay over the plays of each track, CSR float32 (n_requests, n_tracks).

    The age of a play is counted in plays, the last one's being 1. Its logarithm is the base-level activation
    of ACT-R: frequent and recent, with a power law. Source: Anderson and Schooler 1991; PISA 2023.
    """
    starts, rows = joined(plays)
    # In plays, not in hours: logs without times are read alike.
    age = np.repeat(starts[1:], np.diff(starts)) - np.arange(len(rows))
    weights = (age.astype(np.float64) ** -decay).astype(np.float32)
    found = sp.csr_matrix((weights, rows, starts), shape=(len(plays), n_tracks))
    found.sum_duplicates()
    return found


def followed(plays: Sequence[Ints], n_tracks: int) -> Floats:
    """What came after earlier plays of the listener's last tracks, float32 (n_requests, n_tracks)."""
    found: Floats = _followed(*joined(plays), n_tracks, STEPS_BACK, AHEAD)
    return found


@njit(cache=True)
def _followed(starts: Ints, rows: Ints, n_tracks: int, steps: int, ahead: int) -> Floats:
    """A later play d behind the aligned place counts 0.5 ** steps back / d / sqrt(its age)."""
    found = np.zeros((len(starts) - 1, n_tracks), np.float32)
    for request in range(len(starts) - 1):
        plays = rows[starts[request] : starts[request + 1]]
        n = len(plays)
        for back in range(min(steps, n)):
            for place in range(n - 1 - back):
                if plays[place] != plays[n - 1 - back]:
                    continue
                for d in range(1, ahead + 1):
                    to = place + back + d
                    if to >= n:
                        break
                    found[request, plays[to]] += 0.5**back / d / np.sqrt(n - to)
    return found
