"""Item-to-item neighbours: the tracks whose sessions are the sessions of the last tracks."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from segue.kit.progress import watched
from segue.models.counting.base import Arrays, CountingSettings, Transitions, of_matrix
from segue.models.counting.sessions import Sessions

BLOCK = 4096
"""Tracks whose neighbours are looked for at once: what keeps memory bounded."""


class NeighbourSettings(CountingSettings):
    """See `Settings`."""

    last: int | None = 50
    neighbours: int = 200
    """How many are kept for each track."""
    shrinkage: float = 2.0
    """A cosine counts n / (n + shrinkage), n the sessions that two tracks share."""
    decay: float = 0.7
    """What a play of the request counts relative to the one after it."""


class ItemNeighbours(Transitions[NeighbourSettings]):
    """Cosine between the sessions of two tracks, shrunk where they share few, added up over the plays.

    Source: item-based collaborative filtering, Sarwar et al., WWW 2001; shrinkage as in Bell and Koren,
    ICDM 2007. A track is not its own neighbour.
    """

    name = "item_neighbours"
    settings_type = NeighbourSettings

    @classmethod
    def learn(cls, sessions: Sessions, settings: NeighbourSettings) -> Arrays:
        """The nearest tracks of each track and their weights."""
        incidence = sessions.incidence()
        n_sessions = np.asarray(incidence.sum(axis=0)).ravel()
        length = sp.diags((1 / np.sqrt(np.maximum(n_sessions, 1))).astype(np.float32))
        transposed = incidence.T.tocsr()
        blocks = []
        starts = range(0, sessions.n_tracks, BLOCK)
        for start in watched(starts, "item neighbours"):
            shared = (transposed[start : start + BLOCK] @ incidence).tocoo()
            # The row counts from the block's beginning.
            other = shared.row + start != shared.col
            row, column, n = shared.row[other], shared.col[other], shared.data[other]
            shrunk = (n * n / (n + settings.shrinkage), (row, column))
            # Only the columns are divided here: a row's own length does not change its order, and is put on
            # last.
            cosine = sp.csr_matrix(shrunk, shape=shared.shape) @ length
            blocks.append(nearest(cosine, settings.neighbours))
        return of_matrix(length @ sp.vstack(blocks, format="csr"))


def nearest(matrix: Any, k: int) -> Any:
    """The k highest entries of each row of a CSR matrix, the leftmost of equal ones."""
    matrix = matrix.tocsr()
    matrix.sort_indices()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, row))
    rank = np.arange(len(row)) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))
    kept = np.sort(order[rank < k])
    return sp.csr_matrix((matrix.data[kept], (row[kept], matrix.indices[kept])), shape=matrix.shape)
