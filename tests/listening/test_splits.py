from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from listening_streams import START, at, log_of, plays_of, random_rows, workspace_of
from segue.data.catalogue import SPLITS, Catalogue
from segue.data.log import Log
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions
from segue.listening.splits import (
    Cuts,
    in_training,
    leave_one_out,
    percentile,
    rule_of,
    temporal,
    temporal_cuts,
    training_ends,
    validation_listeners,
    within,
)

CUTS = Cuts(at(100), at(200))


def sorted_plays(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return plays_of(rows).sort("user_id", "played_at", maintain_order=True)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 11, 101, 997])
def test_the_cut_is_numpys_percentile(n: int) -> None:
    seconds = np.random.default_rng(n).integers(0, 10**7, n)
    times = pl.Series([at(int(s)) for s in seconds])
    expected = np.quantile(seconds.astype(float), 0.9)
    assert (percentile(times) - START).total_seconds() == pytest.approx(expected, abs=2e-6)


def test_the_cuts_by_hand() -> None:
    # 0..100: place 90 of 100; before it 0..89: place 80.1 of 89.
    cuts = temporal_cuts(pl.Series([at(n) for n in range(101)]))
    assert cuts == (at(80) + timedelta(microseconds=100_000), at(90))


def test_all_at_one_time_has_one_cut() -> None:
    assert temporal_cuts(pl.Series([at(5)] * 4)) == (at(5), at(5))


def test_validation_listeners_are_a_share_and_depend_on_the_seed_alone() -> None:
    ids = pl.Series([f"u{n}" for n in range(814)])
    chosen = validation_listeners(ids, 0.1, 42)
    assert len(chosen) == 81  # as published
    shuffled = ids.sample(fraction=1, shuffle=True, seed=1)
    assert validation_listeners(pl.concat([shuffled, shuffled]), 0.1, 42).equals(chosen)
    assert not validation_listeners(ids, 0.1, 43).equals(chosen)
    assert validation_listeners(ids, 1.0, 0).equals(ids.sort())
    assert len(validation_listeners(ids, 0.0, 0)) == 0


def split_of(events: pl.DataFrame) -> dict[str, str]:
    """Listener -> first letters of the splits of the plays in order."""
    return {
        str(user[0]): "".join(s[0] + s[1] for s in part["split"].cast(pl.String))
        for user, part in events.group_by("user_id", maintain_order=True)
    }


STREAM = [
    *[("both", "a", t) for t in (0, 99, 100, 199, 200, 300)],
    *[("early", "a", t) for t in (0, 50, 100, 150, 199)],
    *[("late", "a", t) for t in (200, 201, 202, 203, 204)],
    *[("few", "a", t) for t in (0, 150, 250)],
]


def test_plays_are_split_at_the_cuts() -> None:
    events, counts = temporal(sorted_plays(STREAM), CUTS, validation_users=1.0, others="keep", min_events=0)
    assert split_of(events) == {
        "both": "trtrvavatete", "early": "trtrvavava", "few": "trvate", "late": "tetetetete",
    }  # fmt: skip
    assert counts == {}
    events, _ = temporal(sorted_plays(STREAM), CUTS, validation_users=0.0, others="keep")
    assert split_of(events)["both"] == "trtrtrtrtete"


def test_listeners_who_cannot_be_tested_train_or_go() -> None:
    events, counts = temporal(sorted_plays(STREAM), CUTS, validation_users=1.0)
    assert split_of(events) == {"both": "trtrvavatete", "early": "trtrtrtrtr", "few": "trtr"}
    reasons = {
        "listener with fewer than 5 plays": 1,
        "listener with no play for training": 1,
        "listener with no play for the test": 1,
    }
    assert counts == reasons | {"play after the test cut of a listener who cannot be tested": 6}
    events, counts = temporal(sorted_plays(STREAM), CUTS, validation_users=1.0, others="drop")
    assert split_of(events) == {"both": "trtrvavatete"}
    assert counts == reasons | {"play of a listener who cannot be tested": 13}


def test_leave_one_out_by_hand() -> None:
    rows = [
        (u, t, n)
        for u, n_plays in (("a", 1), ("b", 2), ("c", 3), ("d", 5))
        for n, t in enumerate("xyzxy"[:n_plays])
    ]
    assert split_of(leave_one_out(sorted_plays(rows))) == {
        "a": "tr", "b": "trtr", "c": "trvate", "d": "trtrtrvate",
    }  # fmt: skip


def test_leave_one_out_of_ties_keeps_the_order_of_the_table() -> None:
    events = leave_one_out(sorted_plays([("u", t, 0) for t in "cabd"]))
    assert dict(zip(events["track_id"], events["split"], strict=True)) == {
        "c": "train", "a": "train", "b": "validation", "d": "test",
    }  # fmt: skip


def test_training_ends_where_something_is_held_out() -> None:
    events, _ = temporal(sorted_plays(STREAM), CUTS, validation_users=1.0)
    ends = dict(training_ends(events, CUTS).iter_rows())
    assert ends == {"both": at(100), "early": at(200), "few": at(200)}
    rows = [("u", "a", n) for n in range(5)] + [("v", "a", 0)]
    assert dict(training_ends(leave_one_out(sorted_plays(rows)), None).iter_rows()) == {"u": at(3), "v": None}


def test_a_play_is_in_training_once_it_is_over() -> None:
    plays = sorted_plays(
        [("u", "a", t) for t in (0, 50, 99, 100)] + [("other", "a", t) for t in (150, 199, 201)]
    )
    events = plays.filter(user_id="u").with_columns(split=pl.lit("train"))
    events[3, "split"] = "validation"
    inside = in_training(plays, events, CUTS)
    assert inside.to_list() == [True, False, False, True, True, False, False]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("others", ["train", "drop", "keep"])
def test_nothing_of_the_future_is_trained_on(seed: int, others: str) -> None:
    rng = np.random.default_rng(seed)
    spans = np.sort(rng.integers(0, 1000, (30, 2)), axis=1)  # some come late, some leave early
    spans[:10] = 0, 1000
    rows = [
        (f"u{u:02}", f"t{t}", int(t)) for u, (a, b) in enumerate(spans) for t in rng.integers(a, b + 1, 40)
    ]
    cuts = temporal_cuts(pl.Series([at(r[2]) for r in rows]))
    options = SessionOptions.preset("all", others=others, min_events=5, validation_users=0.6)
    events = log_of(rows, options).cast({"user_id": pl.String, "split": pl.String})
    assert set(events["split"]) == set(SPLITS)
    validating = set(events.filter(split="validation")["user_id"])
    for user, time, split in events.select("user_id", "played_at", "split").iter_rows():
        end = cuts.validation if user in validating else cuts.test
        assert (split == "train") == (time < end)
        assert (split == "test") == (time >= cuts.test)
    tested = set(events.filter(split="test")["user_id"])
    if others != "keep":
        assert tested <= set(events.filter(split="train")["user_id"])


@pytest.mark.parametrize("rule", ["temporal", "leave-one-out"])
def test_a_history_is_the_listeners_own_and_before_its_target(tmp_path: Path, rule: str) -> None:
    rows = random_rows(20, 600)
    workspace = workspace_of(tmp_path / "w", rows)
    make_sessions(workspace, SessionOptions.preset("all", split=rule, validation_users=1.0))
    catalogue = Catalogue.load(workspace)
    log = Log.load(workspace, catalogue)
    events = pl.read_parquet(workspace.root / "listening" / "events.parquet")
    streams: dict[str, list[tuple[Any, str]]] = {}
    for user, track, time in sorted(rows, key=lambda r: (r[0], r[2])):
        streams.setdefault(user, []).append((at(time), track))
    seen = Counter[str]()
    for event in range(len(log)):
        user, time = events["user_id"][event], events["played_at"][event]
        assert log.users[log.owner[event]] == user
        expected = streams[user][: seen[user]]
        assert list(log.history(event).ids) == [track for _, track in expected]
        assert all(before <= time for before, _ in expected)
        seen[user] += 1
    # At test time what was held out for validation is part of the history: no hole between the cuts.
    for event in log.targets("test"):
        assert len(log.history(event)) == event - log.starts[log.owner[event]]


def test_within_leaves_everybody_a_test_of_their_own_last_plays() -> None:
    """Six logs of different years, of which one cut in time leaves one listener a test."""
    rows = [(f"u{u}", "t", 10**8 * u + 100 * n) for u in range(6) for n in range(40)] + [("v", "t", 0)]
    events, dropped = within(sorted_plays(rows))
    for (user,), own in events.group_by("user_id"):
        counts = own["split"].cast(pl.String).value_counts()
        found = dict(counts.iter_rows())
        assert found == ({"train": 1} if user == "v" else {"train": 32, "validation": 4, "test": 4})
        assert own.sort("played_at")["split"].to_physical().is_sorted()
    assert dropped == {"listener with too few plays to hold any out": 1}
    assert within(sorted_plays(rows), others="drop")[0]["user_id"].n_unique() == 6


def test_auto_says_which_split_it_took_and_why(tmp_path: Path) -> None:
    rows = [(f"u{u}", f"t{n % 7}", 10**6 * u + 4000 * n) for u in range(3) for n in range(20)]
    said = make_sessions(workspace_of(tmp_path, rows), SessionOptions.preset("all"))
    assert any("split: within (each listener's own last plays: of 3 listeners" in line for line in said)
    assert rule_of(SessionOptions(), 20)[0] == "temporal"
    assert rule_of(SessionOptions(split="leave-one-out"), 1) == ("leave-one-out", "")
