from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from listening_streams import at, catalogue_of, plays_of, workspace_of
from segue.data.catalogue import PLAYLISTS, PLAYS, Catalogue, conform, empty
from segue.data.log import EVENTS, Log
from segue.data.request import History, Play, Request
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions

ROWS = [
    ("u", "b", "train", 0.5), ("u", "a", "train", None), ("u", "c", "validation", 1.0),
    ("u", "a", "test", None),
    ("v", "a", "train", 0.25), ("v", "d", "test", 0.75), ("v", "a", "test", None),
    ("w", "c", "test", None),
]  # fmt: skip


def events() -> pl.DataFrame:
    table = [
        (u, 1, track, at(100 * n), None, ratio, "unknown", split)
        for n, (u, track, split, ratio) in enumerate(ROWS)
    ]
    return pl.DataFrame(table, schema=EVENTS, orient="row")


@pytest.fixture
def log() -> Log:
    return Log.of_events(events(), catalogue_of(plays_of([]), dict.fromkeys("abcd", 1.0)))


def test_arrays_are_the_table(log: Log) -> None:
    assert log.users == ["u", "v", "w"]
    assert log.starts.tolist() == [0, 4, 7, 8]
    assert log.owner.tolist() == [0, 0, 0, 0, 1, 1, 1, 2]
    assert "".join(log.ids[log.rows]) == "bacaadac"
    assert log.splits.tolist() == [0, 0, 1, 2, 0, 2, 2, 2]
    np.testing.assert_array_equal(log.completion, [0.5, np.nan, 1, np.nan, 0.25, 0.75, np.nan, np.nan])
    kinds = [a.dtype for a in (log.starts, log.rows, log.completion, log.sessions, log.splits)]
    assert kinds == [np.int64, np.int64, np.float32, np.int32, np.int8]


def test_a_part_has_only_its_plays_and_their_listeners(log: Log) -> None:
    train = log.part("train")
    assert train.users == ["u", "v"]
    assert ["".join(log.ids[s]) for s in train.sequences()] == ["ba", "a"]
    assert set(train.splits) == {0}
    assert train.completion[0] == 0.5
    both = log.part("train", "validation")
    assert ["".join(log.ids[s]) for s in both.sequences()] == ["bac", "a"]
    assert len(log.part("test")) == 4
    nothing = train.part("test")
    assert (len(nothing), nothing.users, nothing.starts.tolist()) == (0, [], [0])


def test_targets_have_something_before_them(log: Log) -> None:
    assert log.targets("test").tolist() == [3, 5, 6]  # w's only play has nothing before it
    assert log.targets("test", first_only=True).tolist() == [3, 5]
    assert log.targets("validation").tolist() == [2]
    assert log.targets("train").tolist() == [1]


def test_histories_end_before_their_event(log: Log) -> None:
    assert [list(log.history(e).ids) for e in range(8)] == [
        [], ["b"], ["b", "a"], ["b", "a", "c"], [], ["a"], ["a", "d"], [],
    ]  # fmt: skip
    assert list(log.history(3)) == [Play("b", 0.5), Play("a"), Play("c", 1.0)]


def test_a_history_is_a_sequence_that_copies_nothing() -> None:
    ids = np.array(["a", "b", "c", "a"], object)
    completion = np.array([0.5, np.nan, 1.0, 0.0], np.float32)
    history = History(ids, completion)
    assert list(history) == [Play("a", 0.5), Play("b"), Play("c", 1.0), Play("a", 0.0)]
    assert history[-1] == Play("a", 0.0)
    part = history[1:3]
    assert isinstance(part, History)
    assert list(part) == [Play("b"), Play("c", 1.0)]
    assert np.shares_memory(part.completion, completion)
    assert Play("b") in history
    assert Request(history=history).accepted == ["a", "b", "c", "a"]
    assert Request(history=part).accepted == Request(history=tuple(part)).accepted
    with pytest.raises(IndexError):
        history[4]
    assert not len(History(ids[:0], completion[:0]))


def test_the_artefact_comes_back_as_it_was_made(tmp_path: Path) -> None:
    rows = [(u, t, 100 * n) for u in "vu" for n, t in enumerate("abcab")]
    workspace = workspace_of(tmp_path / "w", rows, dict.fromkeys("abc", 200.0))
    make_sessions(workspace, SessionOptions.preset("all", split="leave-one-out"))
    log = Log.load(workspace, Catalogue.load(workspace))
    assert log.users == ["u", "v"]
    assert ["".join(log.ids[s]) for s in log.sequences()] == ["abcab"] * 2
    assert log.splits.tolist() == [0, 0, 0, 1, 2] * 2
    np.testing.assert_array_equal(log.completion, [0.5, 0.5, 0.5, 0.5, np.nan] * 2)


def test_plays_without_sessions_are_an_error(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path / "w", [("u", "a", 0)])
    with pytest.raises(SegueError, match="run `segue sessions`"):
        Log.load(workspace, Catalogue.load(workspace))


def test_a_track_that_left_the_catalogue_is_an_error() -> None:
    with pytest.raises(SegueError, match=r"unknown track 'd'.*run `segue sessions` again"):
        Log.of_events(events(), catalogue_of(plays_of([]), dict.fromkeys("abc", 1.0)))


def test_without_plays_each_playlist_is_a_listener(tmp_path: Path) -> None:
    catalogue = catalogue_of(empty(PLAYS), dict.fromkeys("abc", 1.0))
    table = {
        "playlist_id": ["q", "p", "p", "q", "q"],
        "position": [2, 1, 0, 0, 1],
        "track_id": list("cabac"),
        "split": ["test", "train", "train", "test", "test"],
    }
    catalogue.playlists = conform("playlists", pl.DataFrame(table), PLAYLISTS)
    log = Log.load(Workspace(tmp_path), catalogue)
    assert log.users == ["p", "q"]
    assert ["".join(log.ids[s]) for s in log.sequences()] == ["ba", "acc"]
    assert log.splits.tolist() == [0, 0, 2, 2, 2]
    assert log.targets("test").tolist() == [3, 4]
    assert np.isnan(log.completion).all()
    catalogue.playlists = empty(PLAYLISTS)
    with pytest.raises(SegueError, match="no plays and no playlists"):
        Log.load(Workspace(tmp_path), catalogue)
