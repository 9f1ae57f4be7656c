"""The contract of every recommender: fit, save, load, score, recommend; track ids in, track ids out."""

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel
from safetensors import SafetensorError

from segue.data import stages, track_map
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import History, Request
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError, readable
from segue.kit.settings import Settings, make
from segue.kit.stage import Made
from segue.kit.workspace import read_card, read_json, whole_directory, write_json

UNREADABLE = (OSError, json.JSONDecodeError, SafetensorError, pl.exceptions.PolarsError)
"""What reading files that were cut off raises."""


class Recommendation(NamedTuple):
    """Ids (n_requests, k), `None` where nothing is left, and scores (n_requests, k), `-inf` there."""

    ids: np.ndarray[Any, np.dtype[np.object_]]
    scores: Floats


class Recommender(ABC):
    """Base of all recommenders. A subclass writes `_fit`, `score`, `_save` and `_load`.

    Higher scores are better. Ties are broken by a fixed pseudo-random order of the rows (the same on every
    machine), so that neither catalogue order nor popularity leaks into them.
    """

    name: ClassVar[str]
    verb: ClassVar[str] = "fit"
    """Which verb of the command makes it."""
    settings_type: ClassVar[type[Any]] = Settings
    """What it can be told: a subclass of `kit.settings.Settings`."""
    reads: ClassVar[tuple[str, ...]] = ()
    """What it is fitted from, as `data.stages.inputs` names it; what `load` reads anew does not count."""
    uses: ClassVar[tuple[str, ...]] = ()
    """Other recommenders that it is also made of, where they are fitted."""
    any_order: ClassVar[bool] = False
    """Whether it keeps its tracks' ids and finds them in a catalogue of another order."""
    made: Made | None = None
    """What it was fitted from, where that was a workspace's."""
    beside: Sequence[Path] = ()
    """Files to copy into the model's directory at `save`: the log of a training, its curve."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        # One fixed number for all models: equal scores are broken alike, so that models can be compared.
        self.tie_order = np.random.default_rng(20250213).permutation(len(catalogue))

    @classmethod
    def fit(cls, library: Library, settings: BaseModel | Mapping[str, Any] | None = None) -> Self:
        """The recommender trained on the training part of the library, in memory.

        Args:
            library: of a workspace, or of tables in memory.
            settings: of `settings_type`, or values by name.

        Raises:
            SegueError: an unknown setting, or the library lacks what this recommender needs.
        """
        # Before the work: an import that comes in meanwhile makes the model stale, as it should.
        if not isinstance(library, Library):
            cure = "give `segue.open(WORKSPACE)` or `segue.Library.of(TRACKS)`"
            raise SegueError(f"no library, but a {type(library).__name__}", cls.name, cure)
        made = cls.made_of(library)
        model = cls._fit(library, make(cls.settings_type, settings))
        model.made = made
        return model

    @classmethod
    def made_of(cls, library: Library) -> Made | None:
        """What a fit now is made of: what it reads, the models it uses that are there; None in memory."""
        if not library.in_workspace:
            return None
        models = [f"model {name}" for name in cls.uses if is_fitted(library, name)]
        return stages.made(library.workspace, f"models/{cls.name}", (*cls.reads, *models))

    @classmethod
    def made_by(cls) -> str:
        """The command that makes it, as errors name it."""
        return f"{cls.verb} {cls.name}"

    @classmethod
    @abstractmethod
    def _fit(cls, library: Library, settings: Any) -> Self:
        """What `fit` does, with settings of `settings_type`."""

    @abstractmethod
    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores of every track for every request, float32 (n_requests, n_tracks), without masks."""

    @abstractmethod
    def _save(self, directory: Path) -> None:
        """Write what `fit` learnt into an existing empty directory."""

    @classmethod
    @abstractmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        """Read what `_save` wrote."""

    def save(self, directory: Path | str) -> None:
        """Write the recommender into `directory`, whole or not at all."""
        with whole_directory(Path(directory)) as temporary:
            self._save(temporary)
            for file in self.beside:
                shutil.copy(file, temporary)
            path = temporary / "card.json"
            card = read_json(path) if path.exists() else {}
            write_json(path, {"recommender": self.name} | card | track_map.marks(self.catalogue))
            if self.made is not None:
                self.made.record(temporary)

    @classmethod
    def load(cls, directory: Path | str, library: Library) -> Self:
        """The recommender of `directory` over the library's catalogue as it is now.

        Raises:
            SegueError: nothing finished is there, it cannot be read, or it was made for other tracks.
        """
        directory, made_by = Path(directory), cls.made_by()
        card = read_card(directory, made_by)
        if not cls.any_order:
            track_map.check(card, library.catalogue, str(directory), made_by)
        with readable(directory, f"run `segue {made_by}` again", *UNREADABLE):
            return cls._load(directory, library)

    def allowed(self, request: Request) -> Bools:
        """Shape (n_tracks,): True where the request's exclusions and filters let a track through."""
        mask = filter_mask(self.catalogue.tracks, request.where)
        rows = [self.catalogue.rows[i] for i in request.exclude if i in self.catalogue.rows]
        mask[rows] = False
        return mask if request.wanted is None else mask & request.wanted.allowed

    def heard(self, request: Request, last: int | None = None) -> NDArray[np.int64]:
        """Rows of the plays and accepted tracks that the catalogue knows, oldest first, int64 (n,).

        Args:
            last: only so many of the last plays are looked at.
        """
        plays = request.history if last is None else request.history[max(0, len(request.history) - last) :]
        ids = plays.ids if isinstance(plays, History) else [p.track_id for p in plays]
        music = [t.content for t in request.messages if t.role == "music" and t.liked is not False]
        rows = self.catalogue.rows
        found = np.array([rows[i] for i in [*ids, *music] if i in rows], np.int64)
        return found if last is None else found[max(0, len(found) - last) :]

    def recommend(self, requests: Sequence[Request] | Request, k: int = 10) -> Recommendation:
        """The best k tracks for each request, best first; k is cut to the catalogue's size.

        Args:
            requests: a batch; one alone is a batch of one.
        """
        requests = [requests] if isinstance(requests, Request) else requests
        k = min(k, len(self.catalogue))
        ids = np.full((len(requests), k), None, dtype=object)
        best = np.full((len(requests), k), -np.inf, dtype=np.float32)
        for n, (request, scores) in enumerate(zip(requests, self.score(requests), strict=True)):
            allowed = self.allowed(request)
            masked = np.where(allowed, preferred(scores, allowed, request), -np.inf)
            order = top_rows(masked, k, self.tie_order)
            # Where fewer tracks than k are allowed, the rest would be excluded ones.
            order = order[masked[order] > -np.inf]
            ids[n, : len(order)] = self.catalogue.ids[order]
            best[n, : len(order)] = masked[order]
        return Recommendation(ids, best)


def preferred(scores: Floats, allowed: Bools, request: Request) -> Floats:
    """The scores (n_tracks,) with what the request prefers added, in units of the allowed ones' spread."""
    if request.wanted is None or not allowed.any():
        return scores
    # In units of the spread, because every model has scores of its own scale.
    spread = float(scores[allowed].std()) or 1.0
    return np.asarray(scores + spread * request.wanted.preference, np.float32)


R = TypeVar("R", bound=Recommender)


def is_fitted(library: Library, name: str) -> bool:
    """Whether the library's workspace has a finished recommender of this name."""
    return library.in_workspace and (library.workspace.model(name) / "card.json").exists()


def fitted(kind: type[R], library: Library, name: str = "") -> R:
    """The workspace's recommender of a kind, under `name` (the kind's by default); loaded once a library.

    Raises:
        SegueError: it is not fitted.
    """
    directory = library.workspace.model(name or kind.name)
    return library.once(("model", directory.name), lambda: kind.load(directory, library))


def top_rows(scores: Floats, k: int, tie_order: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Rows of the k highest scores, best first; equal scores in `tie_order` (lower first)."""
    if k < len(scores):
        # All that tie with the k-th are kept until `tie_order` has chosen: `partition` alone cuts them
        # anyhow.
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
        # So a missing value passes: what is not known to be jazz is "not jazz".
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
