"""Session kNN: the training sessions most like the last plays, and what was played near the match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.models.next_track.base import Arrays, Listening, Settings
from segue.models.next_track.sessions import Sessions


@dataclass(frozen=True)
class KnnSettings(Settings):
    """See `Settings`.

    Args:
        neighbours: how many sessions vote.
        sample: only so many of the newest sessions of each played track are looked at.
        decay: what a play of the request counts relative to the one after it.
        idf: a shared track counts its idf to this power; 2, as in a cosine of tf-idf vectors.
        length: a session's likeness is divided by its number of plays to this power.
        age_scale: and multiplied by exp(-age / age_scale), `age` the share of newer sessions.
        after: a neighbour's track d plays after the match counts exp(-(d - 1) / after).
        before: one d plays before it exp(-(d - 1) / before) x `backwards`.
        backwards: what tracks before the match count relative to those after it.
        again: what the matched track itself counts.
        rarity: every vote counts the track's idf to this power.
    """

    last: int | None = 20
    neighbours: int = 200
    sample: int = 1000
    decay: float = 0.6
    idf: float = 2.0
    length: float = 0.0
    age_scale: float = 1.0
    after: float = 2.0
    before: float = 3.0
    backwards: float = 0.5
    again: float = 0.1
    rarity: float = 0.5


class SessionKNN(Listening[KnnSettings]):
    """The newest like-minded sessions vote for the tracks near the place where they meet the request.

    Likeness is the decayed, idf-weighted count of shared tracks. Sources: VSKNN, Ludewig and Jannach, UMUAI
    2018 (decay, idf); STAN, Garg et al., SIGIR 2019 (age of a session, distance from the match). Added
    here: votes before and after the match count differently, and the matched track gets one of its own.
    """

    name = "session_knn"
    settings_type = KnnSettings

    def __init__(self, catalogue: Catalogue, learnt: Arrays, settings: KnnSettings) -> None:
        super().__init__(catalogue, learnt, settings)
        n_known, n_sessions = len(learnt["counts"]), len(learnt["starts"]) - 1
        sessions = Sessions(learnt["starts"], learnt["rows"].astype(np.int64), n_known)
        by_track = sessions.incidence().T.tocsr()
        by_track.sort_indices()
        self.sessions = sessions
        n_added = len(catalogue) - n_known
        self.found_in = np.pad(by_track.indptr.astype(np.int64), (0, n_added), mode="edge")
        self.containing = by_track.indices.astype(np.int64)
        self.idf = np.log1p(n_sessions / np.maximum(np.diff(self.found_in), 1))

    @classmethod
    def learn(cls, sessions: Sessions, settings: KnnSettings) -> Arrays:
        """The sessions of two plays or more."""
        kept = sessions.select(np.diff(sessions.starts) > 1)
        return {"starts": kept.starts, "rows": kept.rows.astype(np.int32)}

    def evidence(self, plays: Sequence[NDArray[np.int64]]) -> Floats:
        """The votes of the nearest sessions."""
        from segue.models.next_track.knn_votes import Index, Rule, votes  # numba takes a while to import

        s = self.settings
        age = np.exp(-self.sessions.age / s.age_scale)
        likeness = age / np.diff(self.sessions.starts) ** s.length
        index = Index(
            self.sessions.starts,
            self.sessions.rows,
            self.found_in,
            self.containing,
            self.idf**s.idf,
            self.idf**s.rarity,
            likeness,
        )
        rule = Rule(s.neighbours, s.sample, s.decay, s.after, s.before, s.backwards, s.again)
        starts = np.concatenate([[0], np.cumsum([len(rows) for rows in plays])]).astype(np.int64)
        rows = np.concatenate([*plays, np.empty(0, np.int64)])
        return np.asarray(votes(index, rule, starts, rows, len(self.catalogue)), np.float32)
