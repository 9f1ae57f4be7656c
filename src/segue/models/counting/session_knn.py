"""Session kNN: the training sessions most like the last plays, and what was played near the match."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segue.data.catalogue import Catalogue
from segue.kit.arrays import Floats
from segue.models.counting.base import Arrays, CountingSettings, Listening, joined
from segue.models.counting.sessions import Sessions


class KnnSettings(CountingSettings):
    """See `Settings`."""

    last: int | None = Field(default=20, ge=1)
    neighbours: int = Field(default=500, ge=1)
    """How many sessions vote."""
    sample: int = Field(default=1000, ge=1)
    """Only so many of the newest sessions of each played track are looked at."""
    decay: float = Field(default=0.7, ge=0, le=1)
    """What a play of the request counts relative to the one after it."""
    idf: float = Field(default=2.0, ge=0)
    """A shared track counts its idf to this power; 2, as in a cosine of tf-idf vectors."""
    length: float = Field(default=0.0, ge=0)
    """A session's likeness is divided by its number of plays to this power."""
    sharpness: float = Field(default=2.0, gt=0)
    """A vote weighs the likeness to this power."""
    age_scale: float = Field(default=1.0, gt=0)
    """And times exp(-age / age_scale), `age` the share of newer sessions."""
    reach: float = Field(default=2.0, gt=0)
    """A neighbour's track d plays from a match counts exp(-(d - 1) / reach)."""
    backwards: float = Field(default=0.5, ge=0)
    """What tracks before a match count relative to those after it."""
    again: float = Field(default=0.1, ge=0)
    """What the matched track itself counts."""
    others: float = Field(default=0.5, ge=0)
    """What votes around matches with earlier plays of the request count, besides the decay, relative to those
    around the latest match.
    """
    rarity: float = Field(default=0.5, ge=0)
    """Every vote counts the track's idf to this power."""


class SessionKNN(Listening[KnnSettings]):
    """The newest like-minded sessions vote for the tracks near the places where they meet the request.

    Likeness is the decayed, idf-weighted count of shared tracks. Sources: VSKNN, Ludewig and Jannach, UMUAI
    2018 (decay, idf); STAN, Garg et al., SIGIR 2019 (age of a session, distance from the match). Added
    here: sharpened likeness, votes around every match and not the last alone, more for what came after a
    match than for what came before it.
    """

    name = "session_knn"
    settings_type = KnnSettings

    def __init__(self, catalogue: Catalogue, learnt: Arrays, settings: KnnSettings) -> None:
        super().__init__(catalogue, learnt, settings)
        n_known = len(learnt["counts"])
        sessions = Sessions(learnt["starts"], learnt["rows"].astype(np.int64), n_known)
        by_track = sessions.incidence().T.tocsr()
        # Sessions are numbered by age: sorted, each track's are oldest first, as `votes` wants them.
        by_track.sort_indices()
        self.sessions, self.containing = sessions, by_track.indices.astype(np.int64)
        self.found_in = np.pad(by_track.indptr.astype(np.int64), (0, len(catalogue) - n_known), mode="edge")
        # A track in no session gets a finite idf; nothing shares it, so it is never used.
        idf = np.log1p(len(sessions) / np.maximum(np.diff(self.found_in), 1))
        self.shared, self.worth = idf**settings.idf, idf**settings.rarity
        self.shortness = np.maximum(np.diff(sessions.starts), 1.0) ** -settings.length
        self.freshness = np.exp(-sessions.age / settings.age_scale)

    @classmethod
    def learn(cls, sessions: Sessions, settings: KnnSettings) -> Arrays:
        """The sessions of two plays or more."""
        # A session of one play has nothing beside the match to vote for.
        kept = sessions.select(np.diff(sessions.starts) > 1)
        return {"starts": kept.starts, "rows": kept.rows.astype(np.int32)}

    def evidence(self, plays: Sequence[NDArray[np.int64]]) -> Floats:
        """The votes of the nearest sessions."""
        from segue.models.counting.knn_votes import Index, Rule, votes  # numba takes a while to import

        arrays = self.sessions.starts, self.sessions.rows, self.found_in, self.containing
        index = Index(*arrays, self.shared, self.worth, self.shortness, self.freshness)
        rule = Rule(**{name: getattr(self.settings, name) for name in Rule._fields})
        return np.asarray(votes(index, rule, *joined(plays), len(self.catalogue)), np.float32)
