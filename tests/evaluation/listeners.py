"""A hand-made listening log whose right answers are known, and recommenders that know them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from segue.data import store
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.data.log import EVENTS
from segue.data.request import History, Request
from segue.kit.arrays import Floats
from segue.kit.workspace import Workspace, write_json
from segue.models.unsaved import Unsaved

N_TRACKS = 60
N_LISTENERS = 24
N_TRAIN, N_TEST = 20, 10
Rule = Callable[[Request, int], np.ndarray[Any, Any]]


class ByHistory(Unsaved):
    """Scores by a function of the request and the number of tracks; remembers what it was asked."""

    name: ClassVar[str] = "by-history"

    def __init__(self, catalogue: Catalogue, rule: Rule) -> None:
        super().__init__(catalogue)
        self.rule = rule
        self.asked: list[Request] = []

    def score(self, requests: Sequence[Request]) -> Floats:
        self.asked += requests
        return np.stack([self.rule(r, len(self.catalogue)) for r in requests]).astype(np.float32)


def plays(seed: int = 0) -> dict[str, list[int]]:
    """Listener -> rows played, oldest first: 20 of training, 10 of test; rows from 50 only in test plays."""
    generator = np.random.default_rng(seed)
    found = {}
    for number in range(N_LISTENERS):
        past = generator.integers(0, 50, N_TRAIN) * generator.integers(0, 2, N_TRAIN)
        found[f"u{number:02}"] = [*past.tolist(), *generator.integers(0, N_TRACKS, N_TEST).tolist()]
    return found


def ids_of(history: Any) -> list[str]:
    """The track ids of a history."""
    assert isinstance(history, History)
    return [str(i) for i in history.ids]


def listeners_workspace(root: Path, extra: Sequence[tuple[str, int, str]] = ()) -> Workspace:
    """60 tracks of which every third has a lyrics vector; 24 listeners, then the `extra` plays."""
    workspace = Workspace(root)
    ids = [f"t{i}" for i in range(N_TRACKS)]
    columns = {"track_id": ids, "title": [f"Title {i}" for i in ids], "artist": ["Someone"] * N_TRACKS}
    rows = [
        (user, f"t{row}", "train" if place < N_TRAIN else "test")
        for user, found in plays().items()
        for place, row in enumerate(found)
    ]
    rows += [(user, f"t{row}", split) for user, row, split in extra]
    start = datetime(2020, 1, 1, tzinfo=UTC)
    events = pl.DataFrame(rows, schema=["user_id", "track_id", "split"], orient="row").with_columns(
        played_at=pl.Series([start + timedelta(minutes=i) for i in range(len(rows))]).cast(
            EVENTS["played_at"]
        ),
        session_id=pl.lit(1, pl.Int32),
        gap_s=pl.lit(60.0, pl.Float32),
        completion=pl.lit(0.5, pl.Float32),
        state=pl.lit("full"),
    )
    raw = conform("plays", events.select("user_id", "track_id", "played_at"), PLAYS)
    tracks = conform("tracks", pl.DataFrame(columns), TRACKS)
    Catalogue(tracks, raw, empty(PLAYLISTS), []).save(workspace)
    folder = workspace.root / "listening"
    folder.mkdir()
    events.select(list(EVENTS)).write_parquet(folder / "events.parquet")
    write_json(folder / "card.json", {})
    present = np.arange(N_TRACKS) % 3 == 0
    feature = store.Feature(np.ones((N_TRACKS, 2), np.float32), present)
    store.save(workspace, "lyrics", feature, encoder="none", input_hash="")
    return workspace


def oracle_rule(request: Request, n_tracks: int) -> np.ndarray[Any, Any]:
    """Puts what really comes next first: knows every listener by the first plays."""
    heard = [int(i[1:]) for i in ids_of(request.history)]
    (ahead,) = [found for found in plays().values() if found[: len(heard)] == heard]
    return np.arange(n_tracks) == ahead[len(heard)]


def noise_rule(seed: int, head_start: float = 0.0) -> Rule:
    """Random scores rounded so that many tie; what comes next may get a head start."""

    def rule(request: Request, n_tracks: int) -> np.ndarray[Any, Any]:
        heard = ids_of(request.history)
        key = [seed, len(heard), *(int(i[1:]) for i in heard)]
        scores = np.random.default_rng(key).integers(0, 12, n_tracks) / 12
        return scores + head_start * oracle_rule(request, n_tracks) if head_start else scores

    return rule
