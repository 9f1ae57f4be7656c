"""Attributes of tracks nobody has rated, from their vectors: a ridge regression an attribute.

How good each is comes from cross-validation in which no artist is on both sides; an attribute that does not
pass stays unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, KFold
from sklearn.preprocessing import StandardScaler

from segue.data import store
from segue.data.catalogue import Catalogue, track_text
from segue.encoders.text import Encoder, TextEncoder
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.workspace import Workspace

From = Literal["audio", "lyrics", "playlist", "text"]
"""What is predicted from. Not the semantic and metadata modalities: they may hold the answers as tags."""
LEAST = 50
"""Ratings of an attribute that are enough to learn it from."""
BAR = 0.2
"""The Spearman correlation in cross-validation from which on an attribute is predicted."""
FOLDS = 5
ALPHAS = np.logspace(-1, 6, 15)


@dataclass(frozen=True)
class Predicted:
    """What the regressions say.

    Args:
        matrix: float32 (n_tracks, 58) in [0, 1]; NaN for attributes below the bar and tracks without vector.
        rho: Spearman in cross-validation, (58,); NaN where there are too few ratings or only one value.
    """

    matrix: Floats
    rho: NDArray[np.float64]


def predict(
    vectors: Floats, present: Bools, known: Floats, artists: Sequence[str | None], *, seed: int = 0
) -> Predicted:
    """Learn from the tracks whose values are known; predict every track with a vector.

    Args:
        vectors: (n_tracks, dim).
        present: (n_tracks,), which tracks have one.
        known: (n_tracks, 58), NaN where unknown.

    Raises:
        SegueError: no attribute has enough ratings.
    """
    matrix = np.full(known.shape, np.nan, np.float32)
    rho = np.full(known.shape[1], np.nan)
    usable = np.isfinite(known) & present[:, None]
    if usable.sum(axis=0).max() < LEAST:
        what = f"{usable.sum(axis=0).max()} rated tracks have a vector; {LEAST} are needed to learn from"
        raise SegueError(what, cure="rate or load more, or leave --predict out")
    # Attributes that are known for the same tracks share one decomposition.
    patterns, which = np.unique(usable, axis=1, return_inverse=True)
    # A track without an artist stands alone.
    names = [a or f"\x00{row}" for row, a in enumerate(artists)]
    groups = np.unique(names, return_inverse=True)[1]
    numbers = [p for p in range(patterns.shape[1]) if patterns[:, p].sum() >= LEAST]
    for pattern in watched(numbers, "mgphot"):
        rows, columns = np.flatnonzero(patterns[:, pattern]), np.flatnonzero(which.ravel() == pattern)
        x, y = vectors[rows].astype(np.float64), known[np.ix_(rows, columns)].astype(np.float64)
        rho[columns] = _cross_validated(x, y, groups[rows], seed)
        good = np.nan_to_num(rho[columns], nan=-1) >= BAR
        if good.any():
            found = _fit(x, y[:, good], vectors[present].astype(np.float64))
            matrix[np.ix_(np.flatnonzero(present), columns[good])] = np.clip(found, 0, 1)
    return Predicted(matrix, rho)


def _cross_validated(
    x: NDArray[np.float64], y: NDArray[np.float64], groups: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Spearman of each column's values with what was predicted without their fold."""
    enough = len(np.unique(groups)) >= FOLDS
    kind = GroupKFold if enough else KFold
    folds = kind(FOLDS, shuffle=True, random_state=seed)
    guess = np.empty_like(y)
    for train, test in folds.split(x, y, groups):
        guess[test] = _fit(x[train], y[train], x[test])
    return np.array([_spearman(guess[:, c], y[:, c]) for c in range(y.shape[1])])


def _spearman(guess: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    if np.ptp(guess) == 0 or np.ptp(truth) == 0:
        return float("nan")
    return float(spearmanr(guess, truth).statistic)


def _fit(x: NDArray[np.float64], y: NDArray[np.float64], new: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predictions (n_new, n_attributes) of ridges, each with the strength that leaves one out best."""
    scaler = StandardScaler().fit(x)
    model = RidgeCV(alphas=ALPHAS, alpha_per_target=y.shape[1] > 1).fit(scaler.transform(x), y)
    return np.asarray(model.predict(scaler.transform(new)), dtype=np.float64).reshape(len(new), -1)


def vectors_of(
    workspace: Workspace, sources: Sequence[From], encoder: Encoder | None = None
) -> tuple[Floats, Bools]:
    """The vectors of every track side by side, and which tracks have all of them.

    "text" is artist, title, album, year and the owner's tags, encoded anew: the stored features may have
    learnt from tags that were made of the very values to predict.

    Raises:
        SegueError: nothing named, or a feature is not made yet.
    """
    if not sources:
        raise SegueError("nothing to predict from", cure="name audio, lyrics, playlist or text")
    found = [_text(workspace, encoder) if s == "text" else store.load(workspace, s) for s in sources]
    present = np.all([f.present for f in found], axis=0)
    return np.concatenate([f.matrix for f in found], axis=1), present


def _text(workspace: Workspace, encoder: Encoder | None) -> store.Feature:
    tracks = Catalogue.load(workspace, described=False).tracks
    texts = [track_text(row) for row in tracks.iter_rows(named=True)]
    matrix = (encoder or TextEncoder()).encode(texts, progress="text")
    return store.Feature(matrix, np.ones(len(texts), dtype=bool))
