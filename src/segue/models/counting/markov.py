"""First-order Markov chain: what came right after the last track."""

import numpy as np
import scipy.sparse as sp

from segue.models.counting.base import Arrays, CountingSettings, Transitions, of_matrix
from segue.models.counting.sessions import Sessions


class MarkovSettings(CountingSettings):
    """See `Settings`."""

    last: int | None = 1
    backoff: float = 0.01


class Markov(Transitions[MarkovSettings]):
    """The probability of each track to follow the last one in a training session.

    With probability `backoff` the next track is drawn by popularity instead (Jelinek-Mercer smoothing); a
    last track that nothing followed leaves popularity alone.
    """

    name = "markov"
    settings_type = MarkovSettings

    @classmethod
    def learn(cls, sessions: Sessions, settings: MarkovSettings) -> Arrays:
        """How often each track followed each, within a session."""
        return of_matrix(follows(sessions, 1))


def follows(sessions: Sessions, distance: int, age_scale: float | None = None) -> sp.csr_matrix:
    """How often a track (column) came `distance` plays after another (row) in a session, CSR float32.

    Args:
        distance: in plays, at least 1.
        age_scale: a session counts exp(-age / age_scale), `age` the share of newer sessions; 1 without.
    """
    owner, rows, n = sessions.owner, sessions.rows, sessions.n_tracks
    # A step from one session into the next is no transition.
    same = owner[distance:] == owner[:-distance]
    weight = np.ones(len(sessions)) if age_scale is None else np.exp(-sessions.age / age_scale)
    counts = weight[owner[distance:][same]].astype(np.float32)
    return sp.csr_matrix((counts, (rows[:-distance][same], rows[distance:][same])), shape=(n, n))
