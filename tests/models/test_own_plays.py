from __future__ import annotations

import numpy as np
import pytest
from planted_sessions import asked, catalogue, sessions

from segue.data.library import Library
from segue.data.request import Play, Request
from segue.kit.workspace import Workspace
from segue.models.counting.own_plays import LastSettings, LastTrack, OwnPlays, OwnSettings, RecentPlays
from segue.testing.contract import PLAYED, RecommenderContract


class TestOwnPlays(RecommenderContract):
    def make(self, workspace: Workspace) -> OwnPlays:
        return OwnPlays.fit(Library.open(workspace))


class TestRecentPlays(RecommenderContract):
    def make(self, workspace: Workspace) -> RecentPlays:
        return RecentPlays.fit(Library.open(workspace))

    def test_only_the_last_fifty_plays_count(self) -> None:
        model = RecentPlays.of_sessions(catalogue(6), sessions(6, [5, 4, 5, 3], [5]))
        assert order(model, asked(*[0] * 60, *[1] * 26, *[2] * 24))[:3] == ["t1", "t2", "t5"]


class TestLastTrack(RecommenderContract):
    def make(self, workspace: Workspace) -> LastTrack:
        return LastTrack.fit(Library.open(workspace))


@pytest.fixture
def own() -> OwnPlays:
    return OwnPlays.of_sessions(catalogue(6), sessions(6, [5, 4, 5, 3], [5]))


def order(model: OwnPlays | LastTrack, request: Request) -> list[str]:
    return list(model.recommend([request], 6).ids[0])


def test_most_played_first_then_popular(own: OwnPlays) -> None:
    # t0 three times, t1 and t2 twice (t2 later), then t5, t4 and t3 by training; t3 and t4 tie there.
    assert order(own, asked(0, 0, 0, 1, 1, 2, 2))[:4] == ["t0", "t2", "t1", "t5"]


def test_a_thousand_plays_leave_room_below_for_one_play_and_popularity(own: OwnPlays) -> None:
    scores = own.score([asked(1, *[0] * 10_000)])[0]
    assert scores[0] > scores[1] > scores[5] > scores[3] > scores[2] == 0


def test_recency_never_beats_a_play_more(own: OwnPlays) -> None:
    assert order(own, asked(0, 0, *[1] * 30, *[2] * 29))[:3] == ["t1", "t2", "t0"]


def test_only_the_last_plays_count_where_so_set() -> None:
    settings = OwnSettings(last=2)
    model = OwnPlays.of_sessions(catalogue(6), sessions(6, [5]), settings)
    assert order(model, asked(0, 0, 0, 1, 2))[:3] == ["t2", "t1", "t5"]
    np.testing.assert_array_equal(model.score([asked(0, 0, 0, 1, 2)]), model.score([asked(1, 2)]))


def test_scores_are_shares(own: OwnPlays) -> None:
    requests = [asked(0, 1, 1), Request(), Request(history=(Play("unknown"),))]
    np.testing.assert_allclose(own.score(requests).sum(axis=1), 1, rtol=1e-5)


def test_without_plays_it_is_popularity(own: OwnPlays) -> None:
    np.testing.assert_allclose(own.score([Request()])[0], [0, 0, 0, 0.2, 0.2, 0.6], rtol=1e-6)


def test_nothing_was_ever_played() -> None:
    model = OwnPlays.of_sessions(catalogue(6), sessions(6))
    assert not model.score([Request()]).any()
    assert order(model, asked(3))[0] == "t3"


def test_last_track_repeats_the_latest_first() -> None:
    model = LastTrack.of_sessions(catalogue(6), sessions(6, [5, 4, 5]))
    assert order(model, asked(0, 1, 2, 0, 3))[:6] == ["t3", "t0", "t2", "t1", "t5", "t4"]


def test_settings_come_back_from_disk(workspace: Workspace) -> None:
    LastTrack.fit(Library.open(workspace), LastSettings(last=2)).save(workspace.model("last_track"))
    again = LastTrack.load(workspace.model("last_track"), Library.open(workspace))
    assert again.settings == LastSettings(last=2)
    assert order(again, PLAYED)[:2] == ["t6", "t4"]
