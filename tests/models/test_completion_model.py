"""Completion learnt from exact plays: from the past alone, better than means, and meaning what it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import PLAYLISTS, TRACKS, Catalogue, conform, empty
from segue.data.library import Library
from segue.data.request import Play, Request
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions
from segue.models.completion import measure
from segue.models.completion.evidence import NAMES, Counts, Heard, Tracks, before, now
from segue.models.completion.model import Completion, Settings

N = 40


def music(root: Path, *, seconds: bool = True) -> Workspace:
    """Listeners who hear out what is of the artists they like (odd or even), and mostly skip the rest."""
    rng = np.random.default_rng(0)
    columns = {"track_id": [f"t{i}" for i in range(N)], "title": [f"S{i}" for i in range(N)]}
    columns |= {"artist": [f"A{i % 8}" for i in range(N)]}
    tracks = conform("tracks", pl.DataFrame(columns).with_columns(duration_s=200.0), TRACKS)
    rows = []
    for user in range(24):
        at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=int(rng.integers(600)))
        for _ in range(120):
            track = int(rng.integers(N))
            full = rng.random() < (0.9 if track % 2 == user % 2 else 0.2)
            heard = 200.0 if full else 20.0
            rows.append((f"u{user:02}", f"t{track}", at, heard if seconds else None))
            at += timedelta(seconds=heard, minutes=int(rng.integers(1, 5)))
    plays = pl.DataFrame(rows, ["user_id", "track_id", "played_at", "played_s"], orient="row")
    workspace = Workspace(root)
    Catalogue(tracks, plays, empty(PLAYLISTS), []).save(workspace)
    make_sessions(workspace, SessionOptions.preset("all", split="temporal"))
    return workspace


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = music(tmp_path_factory.mktemp("c") / "music")
    Completion.fit(Library.open(workspace), Settings(steps=150)).save(workspace.model("completion"))
    return workspace


@pytest.fixture
def model(home: Workspace) -> Completion:
    return Completion.load(home.model("completion"), Library.open(home))


def test_it_beats_the_blend_and_means_what_it_says(model: Completion) -> None:
    test = model.card["test"]
    assert test["model"]["auc"] > test["blend"]["auc"] + 0.05
    assert test["model"]["brier"] < test["blend"]["brier"]
    assert f"{test['model']['auc']:.4f}" in "\n".join(model.lines)
    assert test["model"]["calibration_error"] < 0.12  # some three hundred plays


def test_nothing_of_the_future_is_seen(home: Workspace) -> None:
    """The future shuffled and turned around: the numbers of the plays before it stay the same."""
    heard, tracks = Heard.of(Library.open(home)), Tracks.of(Library.open(home))
    cut = np.quantile(heard.time, 0.6)
    past = heard.time < cut
    wanted = before(heard, tracks, 0.5)[past]
    rng = np.random.default_rng(1)
    row, full = heard.row.copy(), heard.full.copy()
    row[~past] = rng.integers(N, size=(~past).sum())
    full[~past] = ~full[~past]
    changed = Heard(heard.user, row, heard.time, full, heard.split, heard.users)
    np.testing.assert_array_equal(before(changed, tracks, 0.5)[past], wanted)
    # Nor of the play itself.
    own = Heard(heard.user, heard.row, heard.time, np.where(past, heard.full, ~heard.full), heard.split, [])
    first = np.flatnonzero(~past)[np.argmin(heard.time[~past])]
    np.testing.assert_array_equal(before(own, tracks, 0.5)[first], before(heard, tracks, 0.5)[first])


def test_a_request_has_the_numbers_of_the_play(home: Workspace) -> None:
    """What `now` says of a history is what `before` says of the play after it (where counts are the same)."""
    library = Library.open(home)
    heard, tracks = Heard.of(library), Tracks.of(library)
    event = int(np.flatnonzero(heard.user == 3)[20])
    start = int(np.flatnonzero(heard.user == 3)[0])
    earlier = heard.time < heard.time[event]
    counts = Counts.of(heard.row[earlier], heard.full[earlier], tracks)
    counts = Counts(counts.track_full, counts.track_all, counts.artist_full, counts.artist_all, 0.5)
    ratios = np.where(heard.full[start:event], 1.0, 0.1).astype(np.float32)
    found = now(heard.row[start:event], ratios, tracks, counts)[heard.row[event]]
    wanted = before(heard, tracks, 0.5)[event]
    timed = NAMES.index("timed")
    np.testing.assert_allclose(found[:timed], wanted[:timed], atol=1e-3)
    assert not found[timed:].any()


def test_it_ranks_and_filters_by_what_the_listener_finishes(model: Completion) -> None:
    history = tuple(Play(f"t{i}", 1.0 if i % 2 else 0.1) for i in range(16))
    p = model.probabilities(Request(history=history), datetime(2024, 1, 2, 12, tzinfo=UTC))
    assert p[1::2].mean() > p[::2].mean() + 0.3
    mask = model.likely(Request(history=history))
    assert mask[1::2].mean() > 0.8 > 0.2 > mask[::2].mean()
    assert model.score([Request(), Request(history=history)]).shape == (2, N)


def test_saved_and_read_it_says_the_same(model: Completion, tmp_path: Path) -> None:
    request = Request(history=(Play("t1", 1.0), Play("t2", 0.2), Play("unknown", 1.0)))
    model.save(tmp_path / "again")
    again = Completion.load(tmp_path / "again", model.library)
    np.testing.assert_allclose(again.score([request]), model.score([request]), atol=1e-6)
    assert (tmp_path / "again" / "calibration.png").exists()


def test_gaps_are_no_seconds(tmp_path: Path) -> None:
    library = Library.open(music(tmp_path / "music", seconds=False))
    with pytest.raises(SegueError, match="no play of the log says how long"):
        Completion.fit(library)


def test_measures_know_the_answer() -> None:
    y = np.array([True, False, True, False])
    assert measure.auc(np.array([0.9, 0.1, 0.8, 0.2]), y) == 1
    assert measure.auc(np.array([0.5, 0.5, 0.5, 0.5]), y) == 0.5
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    assert measure.calibration_error(p, rng.random(20_000) < p) < 0.02
    assert measure.calibration_error(p, rng.random(20_000) < p / 2) > 0.2
