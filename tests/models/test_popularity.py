from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, Turn, conform, empty
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.workspace import Workspace
from segue.models.counting.popularity import Popularity, training_counts
from segue.testing.contract import RecommenderContract


class TestPopularity(RecommenderContract):
    def make(self, workspace: Workspace) -> Popularity:
        return Popularity.fit(Library.open(workspace))


def catalogue() -> Catalogue:
    tracks = pl.DataFrame({"track_id": list("abcd"), "title": list("abcd"), "artist": list("abcd")})
    lists = pl.DataFrame(
        {
            "playlist_id": ["1", "1", "2", "3"],
            "position": [0, 1, 0, 0],
            "track_id": ["a", "b", "a", "c"],
            "split": ["train", "train", "train", "test"],
        }
    )
    plays = pl.DataFrame(
        {"user_id": ["u"], "track_id": ["b"], "played_at": [datetime(2020, 1, 1, tzinfo=UTC)]}
    )
    turns = (Turn("user", "a"), Turn("music", "a", True), Turn("music", "b"), Turn("music", "c", False))
    dialogues = [
        Dialogue("1", turns, "train"),
        Dialogue("2", turns, "validation"),
        Dialogue("3", turns, "test"),
    ]
    return Catalogue(
        conform("tracks", tracks, TRACKS),
        conform("plays", plays, PLAYS),
        conform("playlists", lists, PLAYLISTS),
        dialogues,
    )


def test_only_what_training_accepted_counts() -> None:
    assert training_counts(catalogue()) == {"a": 3, "b": 3}


def test_scores_are_log_counts() -> None:
    scores = Popularity(catalogue(), {"a": 3, "c": 1, "gone": 9}).score([Request(), Request()])
    np.testing.assert_allclose(scores, [[np.log(4), 0, np.log(2), 0]] * 2, rtol=1e-6)


def test_no_data_no_preference() -> None:
    bare = catalogue()
    bare.playlists, bare.plays, bare.dialogues = empty(PLAYLISTS), empty(PLAYS), []
    assert not Popularity(bare, training_counts(bare)).score([Request()]).any()
