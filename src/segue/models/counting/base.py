"""What the simple next-track recommenders share: evidence from the plays of a request, then popularity."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.settings import Settings
from segue.kit.workspace import read_json, write_json
from segue.models.counting.sessions import Sessions
from segue.models.recommender import Recommender

Arrays = Mapping[str, NDArray[Any]]


class CountingSettings(Settings):
    """What every one of these recommenders can be told; `seed` changes nothing."""

    last: int | None = None
    """Only so many of a request's last plays are looked at; None for all of them."""
    backoff: float = 1e-3
    """The share of the scores that is popularity, in (0, 1)."""


S = TypeVar("S", bound=CountingSettings)


class Listening(Recommender, Generic[S]):
    """Scores that are shares: (1 - backoff) x the evidence of the request's plays + backoff x popularity.

    A request without evidence gets popularity alone; every row of scores sums to 1 unless nothing was ever
    played. Popularity is counted on the training part of the log only. A subclass writes `learn`, what is
    kept of the training sessions, and `evidence`. A track that was added after `fit` has no popularity.

    Args:
        catalogue: may have more tracks at its end than when `learnt` was learnt.
        learnt: what `learn` gave, and `counts`, the training plays of each track, int64 (n_known,).
    """

    settings_type = CountingSettings
    reads = ("log",)

    def __init__(self, catalogue: Catalogue, learnt: Arrays, settings: S) -> None:
        super().__init__(catalogue)
        self.learnt, self.settings = learnt, settings
        counts = learnt["counts"].astype(np.float64)
        known = counts / max(counts.sum(), 1.0)
        self.prior: Floats = np.pad(known, (0, len(catalogue) - len(known))).astype(np.float32)

    @classmethod
    def learn(cls, sessions: Sessions, settings: S) -> Arrays:
        """What is kept of the training sessions besides the tracks' counts: here, nothing."""
        return {}

    @abstractmethod
    def evidence(self, plays: Sequence[NDArray[np.int64]]) -> Floats:
        """How much the plays speak for each track, float32 (n_requests, n_tracks), none below 0.

        Args:
            plays: for each request its last plays, oldest first.
        """

    @classmethod
    def _fit(cls, library: Library, settings: Any) -> Self:
        return cls.of_sessions(library.catalogue, Sessions.of_library(library), settings)

    @classmethod
    def of_sessions(cls, catalogue: Catalogue, sessions: Sessions, settings: S | None = None) -> Self:
        """What these sessions teach."""
        chosen: Any = settings or cls.settings_type()
        return cls(catalogue, {"counts": sessions.counts(), **cls.learn(sessions, chosen)}, chosen)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Shares, float32 (n_requests, n_tracks)."""
        plays = [self.heard(request, self.settings.last) for request in requests]
        scores = self.evidence(plays)
        total = scores.sum(axis=1, dtype=np.float64)
        some = total > 0
        backoff = self.settings.backoff
        # In place, as all here: scores of a million tracks for a batch are the largest thing in memory.
        scores *= np.where(some, (1 - backoff) / np.where(some, total, 1), 0)[:, None].astype(np.float32)
        for row, weight in zip(scores, np.where(some, backoff, 1), strict=True):
            row += np.float32(weight) * self.prior
        return scores

    def _save(self, directory: Path) -> None:
        arrays = {name: np.ascontiguousarray(array) for name, array in self.learnt.items()}
        save_file(arrays, directory / "learnt.safetensors")
        write_json(directory / "config.json", self.settings.model_dump())

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = read_json(directory / "config.json")
        learnt = load_file(directory / "learnt.safetensors")
        settings: Any = cls.settings_type(**config)
        return cls(library.catalogue, learnt, settings)


class Transitions(Listening[S]):
    """Evidence that is a sum over the plays of a row of one matrix: how much a track speaks for others.

    A subclass's `learn` returns `of_matrix(...)`.
    """

    def __init__(self, catalogue: Catalogue, learnt: Arrays, settings: S) -> None:
        super().__init__(catalogue, learnt, settings)
        n = len(catalogue)
        starts = learnt["starts"]
        # Tracks that came after the fit are rows without entries.
        starts = np.pad(starts, (0, n + 1 - len(starts)), mode="edge")
        self.matrix = sp.csr_matrix((learnt["weights"], learnt["columns"], starts), shape=(n, n))

    def evidence(self, plays: Sequence[NDArray[np.int64]]) -> Floats:
        """The plays' rows of the matrix added up, each step back counting `play_decay` of the next."""
        query = decayed(plays, self.play_decay, len(self.catalogue))
        return np.asarray((query @ self.matrix).toarray(), np.float32)

    @property
    def play_decay(self) -> float:
        """What a play counts relative to the one after it; 1 where the settings have no `decay`."""
        return float(getattr(self.settings, "decay", 1.0))


def of_matrix(matrix: Any) -> Arrays:
    """A CSR matrix as arrays to keep."""
    matrix = sp.csr_matrix(matrix)
    # Sorts each row's columns, too: the same counts are the same bytes.
    matrix.sum_duplicates()
    weights = matrix.data.astype(np.float32)
    return {
        "starts": matrix.indptr.astype(np.int64),
        "columns": matrix.indices.astype(np.int32),
        "weights": weights,
    }


def joined(plays: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the plays of each request begin, int64 (n_requests + 1,), and the plays of all, (n_plays,)."""
    starts = np.cumsum([0, *(len(rows) for rows in plays)]).astype(np.int64)
    return starts, np.concatenate([*plays, np.empty(0, np.int64)])


def decayed(plays: Sequence[NDArray[np.int64]], decay: float, n_tracks: int) -> Any:
    """A float32 CSR matrix (n_requests, n_tracks) of the plays; the last play of each counts 1.

    Each step back counts `decay` of the next, and a track that was played twice counts twice.
    """
    starts, rows = joined(plays)
    back = np.repeat(starts[1:], np.diff(starts)) - 1 - np.arange(len(rows))
    weights = (decay**back).astype(np.float32)
    return sp.csr_matrix((weights, rows, starts), shape=(len(plays), n_tracks))
