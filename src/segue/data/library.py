"""The library: what is known about tracks and listeners, each part read once, when it is asked for.

Every recommender is fitted from one and loaded over one, so that nine models hold one catalogue and not nine.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import polars as pl

from segue.data import store
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, conform, empty
from segue.data.codes import Tokens
from segue.data.log import Log
from segue.data.store import MODALITIES, Feature
from segue.data.turned import turned
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, read_card

T = TypeVar("T")


class Library:
    """A lazy, shared view of a workspace, or of tables in memory.

    Args:
        workspace: where everything is read from; None for tables in memory.
        catalogue: the tables, where they are in memory already.
        features: modality -> feature in memory, a row for each track.
    """

    def __init__(
        self,
        workspace: Workspace | None = None,
        *,
        catalogue: Catalogue | None = None,
        features: Mapping[str, Feature] | None = None,
    ) -> None:
        self._workspace, self._given = workspace, dict(features or {})
        self._kept: dict[object, Any] = {}
        if catalogue is not None:
            self.catalogue = catalogue

    @classmethod
    def open(cls, workspace: Workspace | Path | str) -> Self:
        """The library of a workspace; nothing but its tables' existence is looked at yet.

        Raises:
            SegueError: there is no catalogue.
        """
        root = workspace.root if isinstance(workspace, Workspace) else workspace
        return cls(Workspace(root, must_exist=True))

    @classmethod
    def of(
        cls,
        tracks: pl.DataFrame,
        *,
        plays: pl.DataFrame | None = None,
        playlists: pl.DataFrame | None = None,
        dialogues: Iterable[Dialogue] = (),
        features: Mapping[str, Feature] | None = None,
    ) -> Self:
        """A library of tables in memory, with the columns of the catalogue's; all of it is for training.

        Raises:
            SegueError: a table is none, a required column is missing, a value cannot be cast, or an id is
                missing or stands there twice.
        """

        def table(name: str, given: Any, schema: dict[str, Any]) -> pl.DataFrame:
            return empty(schema) if given is None else conform(name, _frame(name, given), schema)

        lists = table("playlists", playlists, PLAYLISTS).with_columns(pl.col("split").fill_null("train"))
        given = table("tracks", tracks, TRACKS).with_columns(pl.col("title", "artist").fill_null(""))
        ids = given["track_id"]
        if bad := ids.filter(ids.is_null() | ids.is_duplicated()).to_list():
            cure = "every track needs an id of its own: `tracks.unique('track_id', maintain_order=True)`"
            what = "a track without an id" if bad[0] is None else f"track id {bad[0]!r} stands there twice"
            raise SegueError(what, "tracks", cure)
        catalogue = Catalogue(turned(given), table("plays", plays, PLAYS), lists, list(dialogues))
        return cls(catalogue=catalogue, features=features)

    def __len__(self) -> int:
        return len(self.catalogue)

    @property
    def workspace(self) -> Workspace:
        """The workspace; raises `SegueError` where the library is in memory."""
        if self._workspace is None:
            raise SegueError("this needs a workspace, the library is in memory", cure="use Library.open")
        return self._workspace

    @property
    def in_workspace(self) -> bool:
        """Whether there is a workspace behind it."""
        return self._workspace is not None

    @property
    def where(self) -> str:
        """The workspace's folder, for errors."""
        return str(self._workspace.root) if self._workspace else "in memory"

    @cached_property
    def catalogue(self) -> Catalogue:
        """Tracks, plays, playlists and dialogues, with what segue found out in words."""
        return Catalogue.load(self.workspace)

    @cached_property
    def log(self) -> Log:
        """The listening log, or the playlists as one.

        Raises:
            SegueError: neither plays nor playlists, or `segue sessions` was not run.
        """
        if self._workspace is not None:
            return Log.load(self._workspace, self.catalogue)
        return Log.of_tables(self.catalogue)

    @cached_property
    def times(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """When each event of the log happened, microseconds, int64 (n_events,); 0 where it is not known."""
        if self.catalogue.events is not None:
            times = pl.scan_parquet(self.catalogue.events).select("played_at").collect()["played_at"]
        elif self.catalogue.plays.height:
            times = self.catalogue.plays.sort("user_id", "played_at", maintain_order=True)["played_at"]
        else:
            lists = self.catalogue.playlists
            times = lists.sort("playlist_id", "position", maintain_order=True)["created_at"]
        return np.asarray(times.to_physical().fill_null(0).to_numpy(), np.int64)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities whose feature is there, in the order of `MODALITIES`."""
        if self._workspace is None:
            return tuple(m for m in MODALITIES if m in self._given)
        return store.available(self._workspace)

    def has(self, modality: str) -> bool:
        """Whether a feature is there."""
        if self._workspace is None:
            return modality in self._given
        return (self._workspace.feature(modality) / "card.json").exists()

    def feature(self, modality: str) -> Feature:
        """A feature over the catalogue as it is now: tracks that came after it was made have no vector.

        Raises:
            SegueError: it is not made yet, or cannot be read.
        """
        return self.once(("feature", modality), lambda: self._feature(modality))

    def _feature(self, modality: str) -> Feature:
        if self._workspace is None:
            if modality not in self._given:
                raise SegueError(f"no feature {modality!r} here", self.where, "give it to Library.of")
            found = self._given[modality]
        else:
            found = store.load_any(self._workspace, modality)[0]
        n = len(self.catalogue)
        more = max(0, n - len(found.present))
        if not more and len(found.present) == n:
            return found
        return Feature(np.pad(found.matrix[:n], ((0, more), (0, 0))), np.pad(found.present[:n], (0, more)))

    def card(self, modality: str) -> dict[str, Any]:
        """The card of a feature: its encoder, space, coverage; empty for one in memory."""
        if self._workspace is None:
            return {}
        return read_card(self._workspace.feature(modality), f"features --modality {modality}")

    @cached_property
    def tokens(self) -> Tokens:
        """Codebooks and codes.

        Raises:
            SegueError: they are not made yet, or not those of the catalogue as it is now.
        """
        return Tokens.load(self.workspace)

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call with this key and shared by all after it."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found


def _frame(name: str, given: Any) -> pl.DataFrame:
    """A table as a data frame: one of polars as it is, what polars makes one of otherwise."""
    if isinstance(given, pl.LazyFrame):
        given = given.collect()
    try:
        if isinstance(given, str):  # polars would make a table of one cell of it
            raise TypeError
        return given if isinstance(given, pl.DataFrame) else pl.DataFrame(given)
    # Polars, pandas and Arrow each have errors of their own.
    except Exception:
        what = f"no table, but a {type(given).__name__}"
        raise SegueError(what, name, "give a data frame: `polars.read_csv(FILE)`") from None
