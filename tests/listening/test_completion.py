from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from listening_streams import log_of, plays_of, random_rows, workspace_of
from segue.listening.completion import (
    completion_ratio,
    gaps,
    published_completion_ratio,
    track_lengths,
)
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions


def lengths_of(**seconds: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"track_id": list(seconds), "length_s": list(seconds.values())},
        schema_overrides={"length_s": pl.Float64},
    )


def ratios(rows: list[tuple[Any, ...]], lengths: pl.DataFrame, **options: Any) -> pl.DataFrame:
    return completion_ratio(
        plays_of(rows).sort("user_id", "played_at", maintain_order=True), lengths, **options
    )


def test_the_ratio_is_the_gap_over_the_length() -> None:
    found = ratios(
        [("u", "a", 0), ("u", "a", 50), ("u", "b", 350), ("u", "a", 590)], lengths_of(a=200, b=250)
    )
    assert found["gap_s"].to_list() == [50, 300, 240, None]
    np.testing.assert_allclose(found["completion"].to_list()[:3], [0.25, 1.0, 0.96], rtol=1e-6)
    assert found["state"].to_list() == ["partial", "full", "full", "unknown"]
    assert found["basis"].to_list() == ["gap", "gap", "gap", "no next play"]


def test_a_pause_says_nothing_but_its_gap_is_kept() -> None:
    found = ratios([("u", "a", 0), ("u", "a", 1200), ("u", "a", 2401)], lengths_of(a=2400))
    assert found["gap_s"].to_list() == [1200, 1201, None]
    assert found["completion"].to_list() == [0.5, None, None]
    assert found["basis"].to_list() == ["gap", "pause", "no next play"]


def test_the_next_play_is_the_same_listeners() -> None:
    found = ratios([("u", "a", 0), ("v", "a", 100), ("v", "a", 160)], lengths_of(a=200))
    assert found["completion"].round(6).to_list() == [None, pytest.approx(0.3), None]


def test_full_begins_where_asked() -> None:
    rows = [("u", "a", 0), ("u", "a", 90), ("u", "a", 179), ("u", "a", 1000)]
    assert ratios(rows, lengths_of(a=100))["state"].to_list() == ["full", "partial", "full", "unknown"]
    assert ratios(rows, lengths_of(a=100), full_at=0.95)["state"][0] == "partial"


def test_exact_seconds_come_before_the_gap() -> None:
    rows = [("u", "a", 0, 20.0), ("u", "a", 100, 100.0), ("u", "a", 9000, 0.0), ("u", "a", 9100, 150.0)]
    found = ratios(rows, lengths_of(a=100))
    np.testing.assert_allclose(found["completion"], [0.2, 1.0, 0.0, 1.0], rtol=1e-6)  # a pause and an end too
    assert set(found["basis"]) == {"seconds"}


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_senseless_seconds_are_not_known(bad: float) -> None:
    found = ratios([("u", "a", 0, bad), ("u", "a", 50, bad)], lengths_of(a=100))
    assert found["completion"].to_list() == [0.5, None]
    assert found["basis"].to_list() == ["gap", "no next play"]


@pytest.mark.parametrize("length", [0.0, -3.0, math.nan, math.inf, None])
def test_senseless_lengths_are_unknown(length: float | None) -> None:
    found = ratios([("u", "a", 0), ("u", "a", 50, 20.0), ("u", "b", 60)], lengths_of(a=length, b=9))
    assert found["completion"].to_list() == [None] * 3
    assert found["basis"].to_list() == ["no length", "no length", "no next play"]
    assert set(found["state"]) == {"unknown"}


def test_of_plays_in_one_second_only_the_last_can_be_known() -> None:
    found = ratios([("u", "a", 0), ("u", "b", 0), ("u", "a", 100)], lengths_of(a=100, b=100))
    assert found["gap_s"].to_list() == [0.0, 100.0, None]
    assert found["completion"].to_list() == [None, 1.0, None]
    assert found["state"].to_list() == ["unknown", "full", "unknown"]
    assert found["basis"][0] == "next play in the same second"


def test_one_play_has_no_gap() -> None:
    assert gaps(plays_of([("u", "a", 0)])).to_list() == [None]


def of_lengths(
    rows: list[tuple[Any, ...]], n_training: int, duration: float | None = None, **options: Any
) -> tuple[Any, ...]:
    """Length and whether it is estimated of the one track, from the first plays."""
    plays = plays_of(rows)
    training = pl.Series([n < n_training for n in range(len(rows))])
    durations = pl.DataFrame(
        {"track_id": ["a"], "duration_s": [duration]}, schema_overrides={"duration_s": pl.Float64}
    )
    return track_lengths(plays, durations, training, gap_s=1200, **options).row(0)[1:]


def test_a_length_is_the_median_gap_of_training_plays() -> None:
    times = np.cumsum([0, 100, 210, 200, 0, 1201, 180, 250, 9, 9, 9])
    rows = [("u", "a", int(t)) for t in times]
    # gaps 100 210 200 (0) (1201) 180 250 | 9 9 9: without zeros, pauses and what comes after training
    assert of_lengths(rows, 7, min_observations=5) == (200, True)
    assert of_lengths(rows, 7, min_observations=6) == (None, False)
    assert of_lengths(rows, 11, min_observations=5)[0] == pytest.approx(140)
    assert of_lengths(rows, 7, 321.0) == (321.0, False)
    assert of_lengths(rows, 7, 0.0) == (200, True)


def test_where_seconds_are_exact_the_length_is_near_their_upper_end() -> None:
    rows = [("u", "a", 1000 * n, s) for n, s in enumerate([30.0, 200, 200, 12, 200, 5, 8, 3, 4, 200])]
    assert of_lengths(rows, 10) == (200, True)


def test_what_was_heard_does_not_depend_on_what_is_dropped_later() -> None:
    """A listener repeats b: the published gap of the first b spans both, ours does not."""
    rows = [("u", t, 100 * n) for n, t in enumerate("abbcbd")]
    durations = dict.fromkeys("abcd", 400.0)
    found = []
    for drop in (False, True):
        options = SessionOptions.preset("all", split="leave-one-out", drop_repeats=drop)
        events = log_of(rows, options, durations)
        found.append(dict(events.select("play", "completion").iter_rows()))
    assert found[0] == {0: 0.25, 1: 0.25, 2: 0.25, 3: 0.25, 4: 0.25, 5: None}
    assert found[1] == {play: found[0][play] for play in (0, 1, 3, 5)}
    events = plays_of(rows).with_columns(session_id=pl.lit(1))
    old = published_completion_ratio(events, lengths_of(**durations))
    assert old.to_list() == [0.25, 0.5, 0.5, None]


def test_the_published_ratio_never_knows_the_last_of_a_session() -> None:
    rows = [(u, f"t{n}", 60 * n) for u in "uv" for n in range(12)]
    events = plays_of(rows).with_columns(session_id=pl.lit(1))
    lengths = lengths_of(**{f"t{n}": 120.0 for n in range(12)})
    assert published_completion_ratio(events, lengths).to_list() == ([0.5] * 9 + [None]) * 2
    assert len(published_completion_ratio(events, lengths, truncate=None)) == 24


@pytest.mark.parametrize("filters", [{}, {"min_plays_track": 20, "min_session": 3, "drop_repeats": True}])
def test_ratios_by_hand_on_a_random_log(filters: dict[str, Any]) -> None:
    """Each event's ratio is that of its raw play, whatever was dropped around it."""
    rows = random_rows(30, 700)
    durations = {f"t{n:02}": 150.0 + 10 * n for n in range(0, 25, 2)}
    stream: dict[str, list[tuple[int, int]]] = {}
    for play, (user, _, time) in sorted(enumerate(rows), key=lambda p: (p[1][0], p[1][2])):
        stream.setdefault(user, []).append((play, time))
    following = {
        play: later[1] - time for theirs in stream.values() for (play, time), later in pairwise(theirs)
    }
    events = log_of(rows, SessionOptions.preset("all", min_observations=10**6, **filters), dict(durations))
    for play, track, gap, ratio, state in events.select(
        "play", "track_id", "gap_s", "completion", "state"
    ).iter_rows():
        assert gap == following.get(play)
        if gap is None or gap > 1200 or gap == 0 or track not in durations:
            assert (ratio, state) == (None, "unknown")
        else:
            assert ratio == pytest.approx(min(1, gap / durations[track]), rel=1e-6)
            assert state == ("full" if gap / durations[track] >= 0.9 else "partial")


def test_held_out_plays_change_no_estimate() -> None:
    """The last listens of every listener are cut short: lengths and earlier ratios stay."""
    rows = [(u, f"t{n % 3}", 200 * n) for u in "uvwxyz" for n in range(30)]
    firsts = []
    for rushed in (False, True):
        changed = [(u, t, time - (150 if rushed and time == 200 * 29 else 0)) for u, t, time in rows]
        events = log_of(changed, SessionOptions.preset("all", split="leave-one-out"))
        assert events.filter(state="full").height == 29 * 6 - 6 * rushed
        firsts.append(events.filter(split="train").select("play", "completion", "state", "basis"))
    assert firsts[0].equals(firsts[1])
    assert set(firsts[0]["basis"]) == {"gap, estimated length"}


def test_the_report_says_how_the_ratios_are_spread(tmp_path: Path) -> None:
    rows = [("u", t, time) for t, time in zip("abcabc", (0, 100, 100, 300, 900, 9000), strict=True)]
    workspace = workspace_of(tmp_path / "w", rows, {"a": 300.0, "b": 200.0})
    make_sessions(workspace, SessionOptions.preset("all", split="leave-one-out"))
    card = json.loads((workspace.root / "listening" / "card.json").read_text("utf-8"))["completion"]
    # a 100/300, b 0/200 in one second, c without length, a 600/300, b before a pause, c without a next play
    assert card["ours"] == {
        "plays": 6, "known": 2, "under_half": 1, "mean": pytest.approx(2 / 3), "median": pytest.approx(2 / 3),
    }  # fmt: skip
    assert card["states"] == {"full": 1, "partial": 1, "unknown": 4}
    reasons = ("no next play", "pause", "next play in the same second", "no length")
    assert card["bases"] == {"gap": 2, **dict.fromkeys(reasons, 1)}
    text = (workspace.report("listening") / "report.md").read_text("utf-8")
    assert "| ours | 6 | 2 (33.3%) | 1 (50.0%) | 0.667 | 0.667 |" in text
