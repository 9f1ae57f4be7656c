"""The contract of every recommender: fit, save, load, score, recommend; track ids in, track ids out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.data.catalogue import Catalogue
from segue.data.request import History, Request
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


class Recommendation(NamedTuple):
    """Ids (n_requests, k), `None` where nothing is left, and scores (n_requests, k), `-inf` there."""

    ids: np.ndarray[Any, np.dtype[np.object_]]
    scores: Floats


class Recommender(ABC):
    """Base of all recommenders. A subclass writes `fit`, `score`, `_save` and `_load`.

    Higher scores are better. Ties are broken by a fixed pseudo-random order of the rows (the same on every
    machine), so that neither catalogue order nor popularity leaks into them.
    """

    name: ClassVar[str]
    made_by: ClassVar[str] = ""
    """The verb that makes it, named in errors, where that is not `fit`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.tie_order = np.random.default_rng(20250213).permutation(len(catalogue))

    @classmethod
    @abstractmethod
    def fit(cls, workspace: Workspace, *, seed: int = 0) -> Self:
        """The recommender trained on the training part of the workspace."""

    @abstractmethod
    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores of every track for every request, float32 (n_requests, n_tracks), without masks."""

    @abstractmethod
    def _save(self, directory: Path) -> None:
        """Write what `fit` learnt into an existing empty directory."""

    @classmethod
    @abstractmethod
    def _load(cls, directory: Path, workspace: Workspace) -> Self:
        """Read what `_save` wrote."""

    def save(self, directory: Path) -> None:
        """Write the recommender into `directory`, whole or not at all."""
        from segue.kit.workspace import whole_directory, write_json

        with whole_directory(directory) as temporary:
            self._save(temporary)
            if not (temporary / "card.json").exists():
                write_json(temporary / "card.json", {"recommender": self.name})

    @classmethod
    def load(cls, directory: Path, workspace: Workspace) -> Self:
        """The recommender of `directory` over the workspace's catalogue as it is now.

        Raises:
            SegueError: nothing finished is there.
        """
        from segue.kit.workspace import read_card

        read_card(directory, cls.made_by or f"fit --model {cls.name}")
        return cls._load(directory, workspace)

    def allowed(self, request: Request) -> Bools:
        """Shape (n_tracks,): True where the request's exclusions and filters let a track through.

        Raises:
            SegueError: a filter names a column that the tracks do not have.
        """
        mask = filter_mask(self.catalogue.tracks, request.where)
        rows = [self.catalogue.rows[i] for i in request.exclude if i in self.catalogue.rows]
        mask[rows] = False
        return mask

    def heard(self, request: Request, last: int | None = None) -> NDArray[np.int64]:
        """Rows of the plays and accepted tracks that the catalogue knows, oldest first, int64 (n,).

        Args:
            request: its history, then its dialogue.
            last: only so many of the last plays are looked at.
        """
        plays = request.history if last is None else request.history[max(0, len(request.history) - last) :]
        ids = plays.ids if isinstance(plays, History) else [p.track_id for p in plays]
        music = [t.content for t in request.messages if t.role == "music" and t.liked is not False]
        rows = self.catalogue.rows
        found = np.array([rows[i] for i in [*ids, *music] if i in rows], np.int64)
        return found if last is None else found[max(0, len(found) - last) :]

    def recommend(self, requests: Sequence[Request], k: int = 10) -> Recommendation:
        """The best k tracks for each request, best first; k is cut to the catalogue's size."""
        k = min(k, len(self.catalogue))
        ids = np.full((len(requests), k), None, dtype=object)
        best = np.full((len(requests), k), -np.inf, dtype=np.float32)
        for n, (request, scores) in enumerate(zip(requests, self.score(requests), strict=True)):
            masked = np.where(self.allowed(request), scores, -np.inf)
            order = top_rows(masked, k, self.tie_order)
            order = order[masked[order] > -np.inf]
            ids[n, : len(order)] = self.catalogue.ids[order]
            best[n, : len(order)] = masked[order]
        return Recommendation(ids, best)


def top_rows(scores: Floats, k: int, tie_order: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Rows of the k highest scores, best first; equal scores in `tie_order` (lower first)."""
    if k < len(scores):
        edge = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero(scores >= edge)
    else:
        candidates = np.arange(len(scores))
    order = np.lexsort((tie_order[candidates], -scores[candidates]))
    return candidates[order[:k]]


def filter_mask(tracks: pl.DataFrame, where: dict[str, Any]) -> Bools:
    """Shape (n_tracks,): True where a track passes every filter of `Request.where`.

    Raises:
        SegueError: unknown column.
    """
    mask = np.ones(tracks.height, dtype=bool)
    for column, condition in where.items():
        if column not in tracks.columns:
            raise SegueError(
                f"no track column {column!r} to filter by", cure=f"columns: {', '.join(tracks.columns)}"
            )
        mask &= _passes(tracks[column], condition)
    return mask


def _passes(column: pl.Series, condition: Any) -> Bools:
    """Where one column meets one condition; a missing value meets none but a `not`."""
    if isinstance(condition, dict) and "not" in condition:
        return ~_passes(column, condition["not"])
    if isinstance(condition, dict):
        if not (column.dtype.is_numeric() or column.dtype.is_temporal()):
            raise SegueError(f"no range of {column.name}: it holds no numbers", cure="give a value instead")
        low, high = condition.get("min"), condition.get("max")
        inside = pl.repeat(True, len(column), eager=True)
        if low is not None:
            inside &= column >= low
        if high is not None:
            inside &= column <= high
        return inside.fill_null(False).to_numpy().astype(bool)
    values = condition if isinstance(condition, (list, tuple, set, frozenset)) else [condition]
    if column.dtype == pl.List(pl.String):
        wanted = {str(v).casefold() for v in values}
        return np.array(
            [any(t.casefold() in wanted for t in tags or ()) for tags in column.to_list()], dtype=bool
        )
    if column.dtype == pl.String:
        wanted = {str(v).casefold() for v in values}
        return np.array([v is not None and v.casefold() in wanted for v in column], dtype=bool)
    try:
        if column.dtype.is_numeric():  # Polars compares no int with a float
            column, values = column.cast(pl.Float64), [float(v) for v in values]
        return column.is_in(list(values)).fill_null(False).to_numpy().astype(bool)
    except (ValueError, TypeError, pl.exceptions.PolarsError):
        kind = str(column.dtype)
        cure = "filter by another value"
        raise SegueError(f"{column.name} holds {kind}, not {values}", cure=cure) from None
