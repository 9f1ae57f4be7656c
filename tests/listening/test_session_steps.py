from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import polars as pl
import pytest

from listening_streams import START, at, plays_of, random_rows
from segue.listening.options import SessionOptions
from segue.listening.sessions import numbered, steps_of

FREE = SessionOptions.preset("all")


def after_steps(rows: list[tuple[Any, ...]], options: SessionOptions) -> pl.DataFrame:
    """What the last step leaves."""
    kinds = {"track_id": pl.Enum(sorted({r[1] for r in rows}))}
    plays = plays_of(rows).cast(kinds).sort("user_id", "played_at", maintain_order=True)
    return list(steps_of(plays, options))[-1][2]


def test_a_session_ends_after_more_than_the_gap() -> None:
    rows = [("u", "a", 0), ("u", "b", 1200), ("u", "c", 2401), ("u", "d", 2402), ("v", "a", 2403)]
    assert after_steps(rows, FREE)["session_id"].to_list() == [1, 1, 2, 2, 1]


def test_sessions_count_from_one_for_each_listener() -> None:
    rows = [("v", "a", 0), ("v", "b", 5000), ("u", "a", 1), ("u", "b", 6000), ("u", "b", 12000)]
    events = after_steps(rows, FREE)
    assert list(zip(events["user_id"], events["session_id"], strict=True)) == [
        ("u", 1), ("u", 2), ("u", 3), ("v", 1), ("v", 2),
    ]  # fmt: skip


def test_only_the_first_play_of_a_track_in_a_session_counts() -> None:
    rows = [("u", t, 100 * n) for n, t in enumerate("abacb")] + [("u", "a", 9000)]
    events = after_steps(rows, FREE.model_copy(update={"drop_repeats": True}))
    assert events["track_id"].to_list() == ["a", "b", "c", "a"]
    assert events["played_at"].to_list() == [at(0), at(100), at(300), at(9000)]


def test_short_sessions_go_and_long_ones_are_cut() -> None:
    rows = [("u", t, 100 * n) for n, t in enumerate("abcde")]
    rows += [("u", t, 50_000 + 100 * n) for n, t in enumerate("ab")]
    rows += [("u", t, 90_000 + 100 * n) for n, t in enumerate("edc")]
    events = after_steps(rows, FREE.model_copy(update={"min_session": 3, "truncate": 3}))
    assert "".join(events["track_id"]) == "abcedc"
    assert events["session_id"].to_list() == [1, 1, 1, 3, 3, 3]  # the number is that among all sessions


def test_repeats_do_not_make_a_session_long_enough() -> None:
    rows = [("u", t, 100 * n) for n, t in enumerate("aaab")] + [
        ("v", t, 100 * n) for n, t in enumerate("abc")
    ]
    events = after_steps(rows, FREE.model_copy(update={"drop_repeats": True, "min_session": 3}))
    assert set(events["user_id"]) == {"v"}


def test_tracks_are_counted_once_after_the_listeners_were_chosen() -> None:
    rows = [("u", "a", n * 10) for n in range(4)] + [("u", "b", 50)] + [("v", "b", n * 10) for n in range(3)]
    events = after_steps(rows, FREE.model_copy(update={"min_plays_user": 4, "min_plays_track": 2}))
    # v goes first, so that b is left with one play; u then has four plays of five and stays.
    assert Counter(events["track_id"]) == {"a": 4}


def test_listeners_need_sessions() -> None:
    rows = [("u", "a", n * 5000) for n in range(3)] + [("v", "a", n) for n in range(9)]
    events = after_steps(rows, FREE.model_copy(update={"min_sessions": 3}))
    assert set(events["user_id"]) == {"u"}


def test_zero_leaves_a_step_out() -> None:
    rows = random_rows(1, 200)
    zeros = dict.fromkeys(("min_plays_user", "min_plays_track", "min_session", "truncate", "min_sessions"), 0)
    assert after_steps(rows, FREE.model_copy(update=zeros)).equals(after_steps(rows, FREE))


def by_hand(rows: list[tuple[Any, ...]], o: SessionOptions) -> list[tuple[str, int, str, int]]:
    """The recipe without any table library: (listener, session, track, seconds)."""
    plays = sorted(rows, key=lambda r: (r[0], r[2]))
    users = Counter(r[0] for r in plays)
    plays = [r for r in plays if users[r[0]] >= (o.min_plays_user or 0)]
    tracks = Counter(r[1] for r in plays)
    plays = [r for r in plays if tracks[r[1]] >= (o.min_plays_track or 0)]
    sessions: dict[str, list[list[tuple[str, int]]]] = defaultdict(list)
    last: dict[str, int] = {}
    for user, track, time in plays:
        if user not in last or time - last[user] > o.gap_s:
            sessions[user].append([])
        sessions[user][-1].append((track, time))
        last[user] = time
    found = []
    for user, theirs in sessions.items():
        kept = []
        for number, session in enumerate(theirs, 1):
            seen: set[str] = set()
            unique = []
            for track, time in session:
                if track not in seen:
                    unique.append((track, time))
                seen.add(track)
            session = unique if o.drop_repeats else session
            if len(session) >= (o.min_session or 0):
                kept.append((number, session[: o.truncate or None]))
        if len(kept) >= (o.min_sessions or 0):
            found += [(user, number, track, time) for number, session in kept for track, time in session]
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_pipeline_does_what_plain_python_does(seed: int) -> None:
    rows = random_rows(seed)
    options = SessionOptions(
        min_plays_user=40 + 20 * (seed % 3),
        min_plays_track=seed % 5 * 6,
        drop_repeats=seed % 2 == 0,
        min_session=seed % 4,
        truncate=None if seed % 3 else 4,
        min_sessions=seed % 6,
        gap_s=(240, 1200, 1200.5)[seed % 3],
    )
    events = after_steps(rows, options)
    seconds = (events["played_at"] - START).dt.total_seconds()
    ours = zip(events["user_id"], events["session_id"], events["track_id"], seconds, strict=True)
    assert list(ours) == by_hand(rows, options)


def test_numbering_needs_no_listener_to_be_alone() -> None:
    one = plays_of([("u", "a", 0)])
    assert numbered(one, 1200)["session_id"].to_list() == [1]
