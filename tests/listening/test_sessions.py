from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from listening_streams import at, catalogue_of, log_of, plays_of, random_rows, workspace_of
from segue.data.catalogue import Catalogue
from segue.data.log import EVENTS, Log
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions
from segue.listening.splits import temporal_cuts
from segue.models.counting.popularity import training_counts


def made(workspace: Workspace) -> tuple[pl.DataFrame, dict[str, Any]]:
    folder = workspace.root / "listening"
    card = json.loads((folder / "card.json").read_text("utf-8"))
    return pl.read_parquet(folder / "events.parquet"), card


def test_the_artefact_has_the_columns_of_the_contract(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path / "w", random_rows(3))
    shown = make_sessions(workspace, SessionOptions.preset("all"))
    events, card = made(workspace)
    assert {c: events.schema[c] for c in EVENTS} == EVENTS
    assert events.select("user_id", "played_at").equals(events.select("user_id", "played_at").sort("*"))
    assert card["lines"] == shown
    report = workspace.report("listening")
    assert {p.name for p in report.iterdir()} == {"report.md", "completion.png", "split.png"}


@pytest.mark.parametrize("rule", ["temporal", "leave-one-out"])
def test_keeping_everything_keeps_every_play(rule: str) -> None:
    rows = random_rows(4)
    events = log_of(rows, SessionOptions.preset("all", split=rule))
    assert sorted(events["play"]) == list(range(len(rows)))


def test_every_event_is_a_play_of_its_own_listener(tmp_path: Path) -> None:
    rows = random_rows(5)
    workspace = workspace_of(tmp_path / "w", rows)
    make_sessions(workspace, SessionOptions(min_plays_user=30, min_session=3, min_sessions=2))
    events, _ = made(workspace)
    for user, track, time, play in events.select("user_id", "track_id", "played_at", "play").iter_rows():
        assert (user, track, time) == (rows[play][0], rows[play][1], at(rows[play][2]))


def test_the_order_of_the_plays_table_matters_only_for_ties() -> None:
    rows = [(u, f"{u}{n}", 10 * n) for u in "uvw" for n in range(30)]
    one, other = (log_of(order, SessionOptions.preset("all")) for order in (rows, rows[::-1]))
    assert one.drop("play").equals(other.drop("play"))


def test_the_published_counts_and_what_was_published_under_their_names(tmp_path: Path) -> None:
    """2 listeners of 3 and 2 sessions of ten tracks; the last track's name is another's in capitals."""
    rows = [
        (user, f"{n}", session * 10_000 + (n - 10) * 60)
        for user, sessions in (("u", 3), ("v", 2))
        for session in range(sessions)
        for n in range(10, 20)
    ]
    catalogue = catalogue_of(plays_of(rows))
    names = [*catalogue.tracks["title"][:-1], catalogue.tracks["title"][0].upper()]
    catalogue.tracks = catalogue.tracks.with_columns(pl.Series("title", names))
    workspace = Workspace(tmp_path / "w")
    catalogue.save(workspace)
    make_sessions(workspace, SessionOptions.preset("all", drop_repeats=True, min_session=10, truncate=10))
    s = made(workspace)[1]["statistics"]
    assert (s["listeners"], s["plays"], s["sessions"], s["session_counters"]) == (2, 50, 5, 3)
    assert (s["tracks"], s["track_names"], s["artist_names"]) == (10, 9, 1)
    assert s["session_minutes_mean"] == s["session_minutes_median"] == pytest.approx(9)
    assert (s["density"], s["density_by_name"]) == (pytest.approx(50 / 20), pytest.approx(50 / 18))
    assert datetime.fromisoformat(s["first"]) == at(0)
    assert datetime.fromisoformat(s["last"]) == at(2 * 10_000 + 9 * 60)
    text = (workspace.report("listening") / "report.md").read_text("utf-8")
    assert "| sessions | 5 |" in text
    assert "| different session numbers | 3 |" in text


def test_statistics_are_those_before_the_split(tmp_path: Path) -> None:
    rows = [("u", "a", 100 * n) for n in range(20)] + [("v", "b", 100 * n) for n in range(6)]
    workspace = workspace_of(tmp_path / "w", rows)
    shown = make_sessions(
        workspace, SessionOptions.preset("all", others="drop", min_events=5, split="temporal")
    )
    events, card = made(workspace)
    assert (card["statistics"]["listeners"], card["statistics"]["plays"]) == (2, 26)
    assert set(events["user_id"]) == {"u"}
    assert shown[0] == "sessions: 26 plays, 2 listeners, 2 sessions, 2 tracks"
    assert card["dropped"] == {
        "listener with no play for the test": 1,
        "play of a listener who cannot be tested": 6,
    }


def test_steps_are_counted(tmp_path: Path) -> None:
    rows = [("u", t, 60 * n) for n, t in enumerate("abcab")] + [("v", "a", 0)]
    workspace = workspace_of(tmp_path / "w", rows)
    changes = {"min_plays_user": 2, "drop_repeats": True, "split": "leave-one-out"}
    make_sessions(workspace, SessionOptions.preset("all", **changes))
    steps = made(workspace)[1]["steps"]
    assert [(s["plays"], s["listeners"], s["tracks"]) for s in steps] == [
        (6, 2, 3), (5, 1, 3), (5, 1, 3), (3, 1, 3), (3, 1, 3),
    ]  # fmt: skip


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path / "w", random_rows(6), {"t01": 200.0})
    options = SessionOptions.preset("all")
    first = make_sessions(workspace, options)
    stamp = (workspace.root / "listening" / "card.json").stat().st_mtime_ns
    assert make_sessions(workspace, options)[0] == first[0] + " (unchanged)"
    assert (workspace.root / "listening" / "card.json").stat().st_mtime_ns == stamp
    assert "(unchanged)" not in make_sessions(workspace, SessionOptions.preset("all", gap_s=600))[0]
    catalogue_of(plays_of(random_rows(6)), {"t01": 100.0}).save(workspace)
    assert "(unchanged)" not in make_sessions(workspace, SessionOptions.preset("all", gap_s=600))[0]
    catalogue_of(plays_of(random_rows(7)), {"t01": 100.0}).save(workspace)
    assert "(unchanged)" not in make_sessions(workspace, SessionOptions.preset("all", gap_s=600))[0]


def test_same_seed_same_log() -> None:
    options = SessionOptions.preset("all", validation_users=0.4)
    assert log_of(random_rows(8), options).equals(log_of(random_rows(8), options))


def test_without_plays_the_user_is_told(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path / "w", [], {"a": None})
    with pytest.raises(SegueError, match="no plays to make sessions of"):
        make_sessions(workspace)
    with pytest.raises(SegueError, match="no catalogue here"):
        make_sessions(Workspace(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("changes", "step", "option"),
    [
        ({"min_plays_user": 99_999}, "listeners with at least 99,999 plays", "--min-plays-user"),
        ({"min_plays_track": 99_999}, "tracks with at least 99,999 plays", "--min-plays-track"),
        ({"min_session": 99_999}, "sessions of at least 99,999 plays", "--min-session"),
        ({"min_sessions": 99_999}, "listeners with at least 99,999 sessions", "--min-sessions"),
    ],
)
def test_filters_that_leave_nothing_say_which(
    tmp_path: Path, changes: dict[str, Any], step: str, option: str
) -> None:
    workspace = workspace_of(tmp_path / "w", random_rows(9))
    with pytest.raises(SegueError) as caught:
        make_sessions(workspace, SessionOptions.preset("all", **changes))
    assert step in str(caught.value)
    assert f"lower {option} " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (workspace.root / "listening").exists()


def test_all_plays_in_one_second_cannot_be_cut_in_time(tmp_path: Path) -> None:
    rows = [(u, t, 7) for u in "uv" for t in "abcd"]
    workspace = workspace_of(tmp_path / "w", rows)
    with pytest.raises(SegueError, match="leave-one-out"):
        make_sessions(workspace, SessionOptions.preset("all", split="temporal"))
    make_sessions(workspace, SessionOptions.preset("all", split="leave-one-out"))
    events, _ = made(workspace)
    assert "".join(events["track_id"]) == "abcdabcd"  # the order of the table
    assert events["split"].to_list() == ["train", "train", "validation", "test"] * 2


def test_a_single_play_and_odd_rows(tmp_path: Path) -> None:
    rows = [("u", "a", 0), ("ü ß", "日本語", 5), ("u", "日本語", 9), ("u", "b", 12)]
    workspace = workspace_of(tmp_path / "w", rows)
    catalogue = catalogue_of(plays_of(rows))
    hole = plays_of([("u", "gone", 3)])
    catalogue.plays = pl.concat([catalogue.plays, hole, hole.with_columns(played_at=None)])
    catalogue.save(workspace)
    make_sessions(workspace, SessionOptions.preset("all", split="leave-one-out"))
    events, card = made(workspace)
    assert events["user_id"].to_list() == ["u", "u", "u", "ü ß"]
    assert events["split"].to_list() == ["train", "validation", "test", "train"]
    assert card["dropped"] == {"play without listener, time or known track": 2}


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("none", {}, "no preset 'none'"),
        ("all", {"gap_s": 0}, "--gap-s"),
        ("default", {"min_session": -1}, "--min-session"),
        ("published", {"split": "random"}, "--split"),
        ("default", {"gap": 3}, "--gap"),
    ],
)
def test_bad_options_are_one_line(name: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SegueError) as caught:
        SessionOptions.preset(name, **changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_published_values_are_the_defaults() -> None:
    o = SessionOptions.preset("published")
    assert (o.min_plays_user, o.min_plays_track, o.gap_s, o.min_session) == (1000, 7, 1200, 10)
    assert (o.truncate, o.min_sessions, o.drop_repeats, o.validation_users) == (10, 50, True, 0.1)
    assert (o.seed, o.min_events, o.others, o.split) == (42, 5, "drop", "temporal")
    assert SessionOptions().model_dump() == o.model_dump() | {
        "truncate": None,
        "others": "train",
        "split": "auto",
    }


def test_the_limits_can_be_counted_before_the_cuts() -> None:
    """A track that is new after the cut is not chosen for its later plays."""
    rows = [("u", "old", 100 * n) for n in range(900)] + [("u", "new", 100 * n) for n in range(900, 1000)]
    for only_train, expected in ((False, {"old", "new"}), (True, {"old"})):
        changes = {"min_plays_track": 50, "count_on_train_only": only_train}
        events = log_of(rows, SessionOptions.preset("all", **changes))
        assert set(events["track_id"].cast(pl.String)) == expected
    with pytest.raises(SegueError, match="needs cuts in time"):
        log_of(rows, SessionOptions.preset("all", count_on_train_only=True, split="leave-one-out"))


def test_later_plays_change_no_count_before_the_cut() -> None:
    rows = random_rows(10)
    options = SessionOptions.preset("all", min_plays_track=5, min_plays_user=10, count_on_train_only=True)
    chosen = []
    cut = temporal_cuts(pl.Series([at(r[2]) for r in rows])).validation
    for _ in range(2):
        events = log_of(rows, options)
        before = events.cast({"user_id": pl.String, "track_id": pl.String}).filter(pl.col("played_at") < cut)
        chosen.append(before.select("user_id", "session_id", "track_id", "played_at", "split"))
        # Other tracks after the cut, the same times: the same cuts, and the same choice before them.
        rows = [(u, "t00" if at(t) >= cut else track, t) for u, track, t in rows]
    assert chosen[0].equals(chosen[1])


def test_models_count_training_plays_only(tmp_path: Path) -> None:
    rows = [("u", t, 60 * n) for n, t in enumerate("aabcd")]
    workspace = workspace_of(tmp_path / "w", rows)
    before = Catalogue.load(workspace)
    assert training_counts(before) == {"a": 2, "b": 1, "c": 1, "d": 1}
    assert not before.cold.any()
    make_sessions(workspace, SessionOptions.preset("all", split="leave-one-out"))
    after = Catalogue.load(workspace)
    assert training_counts(after) == {"a": 2, "b": 1}
    assert after.cold.tolist() == [False, False, True, True]
    train = Log.load(workspace, after).part("train")
    assert Counter(after.ids[train.rows]) == training_counts(after)


def test_a_failure_leaves_the_old_log(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path / "w", random_rows(11))
    make_sessions(workspace, SessionOptions.preset("all"))
    old = made(workspace)[0]
    with pytest.raises(SegueError):
        make_sessions(workspace, SessionOptions.preset("all", min_session=99_999))
    assert made(workspace)[0].equals(old)
