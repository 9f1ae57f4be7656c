from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from planted_sessions import asked, catalogue, random_sessions, sessions, shares

from segue.data.catalogue import PLAYLISTS, Catalogue, conform
from segue.data.library import Library
from segue.data.log import EVENTS, Log
from segue.kit.workspace import Workspace, write_json
from segue.models.counting.session_knn import KnnSettings, SessionKNN
from segue.models.counting.sessions import Sessions
from segue.testing.contract import PLAYED, TALK, RecommenderContract


class TestSessionKNN(RecommenderContract):
    informed_by = (PLAYED, TALK)

    def make(self, workspace: Workspace) -> SessionKNN:
        return SessionKNN.fit(Library.open(workspace))


def votes(training: list[list[int]], n_tracks: int, query: list[int], s: KnnSettings) -> np.ndarray:
    """The evidence for a query by plain loops over all sessions of two plays or more."""
    kept = [session for session in training if len(session) > 1]
    holders = [[n for n, session in enumerate(kept) if t in session] for t in range(n_tracks)]
    idf = np.log1p([len(kept) / max(len(h), 1) for h in holders])
    played: dict[int, float] = {}
    for back, t in enumerate(query[::-1][: s.last]):
        played.setdefault(t, s.decay**back)
    value = np.zeros(len(kept))
    for t, weight in played.items():
        value[holders[t][-s.sample :]] += weight * idf[t] ** s.idf
    for n, session in enumerate(kept):
        age = (len(kept) - 1 - n) / len(kept)
        value[n] = (value[n] / len(session) ** s.length) ** s.sharpness * np.exp(-age / s.age_scale)
    evidence = np.zeros(n_tracks)
    for n in np.argsort(-value, kind="stable")[: s.neighbours]:
        if value[n] == 0:
            continue
        session = kept[n]
        top = max(played.get(t, 0) for t in session)
        latest = max(i for i, t in enumerate(session) if played.get(t, 0) == top)
        for place, match in enumerate(session):
            weight = 1 if place == latest else s.others * played.get(match, 0) / top
            for i, t in enumerate(session):
                near = np.exp(-(abs(i - place) - 1) / s.reach) * (s.backwards if i < place else 1)
                evidence[t] += value[n] * weight * (s.again if i == place else near) * idf[t] ** s.rarity
    return evidence


@pytest.mark.parametrize(
    "settings",
    [
        KnnSettings(),
        KnnSettings(neighbours=5, sample=7, last=3, backoff=0.1),
        KnnSettings(idf=1.0, length=0.5, sharpness=1.0, others=0.0, rarity=0.0, age_scale=0.2, again=1.0),
    ],
)
def test_scores_are_those_of_plain_loops(settings: KnnSettings) -> None:
    training = random_sessions(40, 100)
    data = sessions(40, *training)
    model = SessionKNN.of_sessions(catalogue(40), data, settings)
    queries = random_sessions(40, 25, seed=1)
    found = model.score([asked(*query) for query in queries])
    for query, scores in zip(queries, found, strict=True):
        wanted = shares(votes(training, 40, query, settings), data.counts(), settings.backoff)
        np.testing.assert_allclose(scores, wanted, atol=2e-4)  # votes below a thousandth are left out


def test_what_came_after_the_match_beats_what_came_before() -> None:
    model = SessionKNN.of_sessions(catalogue(5), sessions(5, [0, 1, 2, 3, 4]))
    assert list(model.recommend([asked(2)], 5).ids[0][:4]) == ["t3", "t4", "t1", "t0"]


def test_the_newer_of_two_like_sessions_counts_more() -> None:
    model = SessionKNN.of_sessions(catalogue(4), sessions(4, [0, 1], [0, 2], [3, 3]))
    scores = model.score([asked(0)])[0]
    assert scores[2] > scores[1] > scores[3]


def test_the_latest_play_decides() -> None:
    model = SessionKNN.of_sessions(catalogue(6), sessions(6, [0, 2], [1, 3], [4, 5]))
    assert model.recommend([asked(0, 1)], 1).ids[0, 0] == "t3"
    assert model.recommend([asked(1, 0)], 1).ids[0, 0] == "t2"


def test_a_long_history_is_its_last_plays() -> None:
    data = sessions(20, *random_sessions(20, 50))
    model = SessionKNN.of_sessions(catalogue(20), data, KnnSettings(last=3))
    np.testing.assert_array_equal(model.score([asked(*range(12))]), model.score([asked(9, 10, 11)]))


def test_settings_come_back_from_disk(workspace: Workspace) -> None:
    settings = KnnSettings(reach=7.0, last=None)
    SessionKNN.fit(Library.open(workspace), settings).save(workspace.model("session_knn"))
    assert SessionKNN.load(workspace.model("session_knn"), Library.open(workspace)).settings == settings


def log(users: list[str], per_user: list[int], session_ids: list[int]) -> Log:
    """A log whose i-th event is a play of row i."""
    n = sum(per_user)
    starts = np.cumsum([0, *per_user]).astype(np.int64)
    numbers = np.array(session_ids, np.int32)
    unknown = np.full(n, np.nan, np.float32)
    ids = np.array([f"t{row}" for row in range(n)], object)
    return Log(users, starts, np.arange(n), unknown, numbers, np.zeros(n, np.int8), ids)


def test_sessions_are_cut_at_listeners_and_session_ids_and_sorted_by_time() -> None:
    listened = log(["a", "b"], [4, 3], [1, 1, 2, 2, 2, 2, 3])
    found = Sessions.of_log(listened, np.array([10, 20, 70, 80, 30, 40, 50]))
    parts = np.split(found.rows, found.starts[1:-1])
    assert [part.tolist() for part in parts] == [[0, 1], [4, 5], [6], [2, 3]]
    np.testing.assert_allclose(found.age, [0.75, 0.5, 0.25, 0])
    assert found.earlier(0.25).rows.tolist() == [0, 1, 4, 5, 6]


def test_no_plays_no_sessions() -> None:
    assert len(Sessions.of_log(log([], [], []), np.empty(0, np.int64))) == 0


def test_only_the_training_part_teaches(workspace: Workspace) -> None:
    known = Catalogue.load(workspace)
    lists = pl.DataFrame(
        {
            "playlist_id": ["new", "new", "old", "old", "other", "other"],
            "position": [0, 1, 0, 1, 0, 1],
            "track_id": ["t0", "t1", "t2", "t3", "t4", "t5"],
            "created_at": [2, 2, 1, 1, 3, 3],
            "split": ["train"] * 4 + ["test"] * 2,
        }
    ).with_columns(pl.from_epoch("created_at").dt.replace_time_zone("UTC"))
    Catalogue(known.tracks, known.plays, conform("playlists", lists, PLAYLISTS), []).save(workspace)
    assert Sessions.of_library(Library.open(workspace)).rows.tolist() == [2, 3, 0, 1]
    model = SessionKNN.fit(Library.open(workspace))
    assert not model.prior[4:].any()
    assert model.recommend([asked(4)], 24).scores[0, 4] == 0


def test_the_listening_log_goes_before_the_playlists(workspace: Workspace) -> None:
    second = [50, 60, 10, 20, 90]
    events = pl.DataFrame(
        {
            "user_id": ["a", "a", "b", "b", "b"],
            "session_id": [1, 1, 1, 1, 2],
            "track_id": ["t1", "t2", "t3", "t4", "t5"],
            "played_at": second,
            "gap_s": [None] * 5,
            "completion": [None] * 5,
            "state": ["unknown"] * 5,
            "split": ["train"] * 4 + ["test"],
        }
    ).with_columns(pl.from_epoch("played_at").dt.replace_time_zone("UTC"))
    folder = workspace.root / "listening"
    folder.mkdir()
    events.cast(dict(EVENTS)).write_parquet(folder / "events.parquet")
    write_json(folder / "card.json", {})
    found = Sessions.of_library(Library.open(workspace))
    assert found.rows.tolist() == [3, 4, 1, 2]
    assert found.starts.tolist() == [0, 2, 4]
