"""The tests that every recommender inherits."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import TRACKS, Catalogue, Turn, conform
from segue.data.library import Library
from segue.data.request import Play, Request
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.recommender import Recommender

SAID = Request(messages=(Turn("user", "please play something with piano"),))
PLAYED = Request(history=(Play("t0"), Play("t4"), Play("t6", 0.9)))
TALK = Request(
    messages=(
        Turn("user", "please play Cedar"),
        Turn("music", "t2", True),
        Turn("music", "t3", False),
        Turn("assistant", "here it is"),
        Turn("user", "more piano"),
    ),
    exclude=frozenset({"t2", "t3"}),
)
# What a client may send: words of no language, tracks that are not or no longer there.
UNKNOWN = Request(
    messages=(Turn("user", "ЖЖЖ ☃ \x00"), Turn("music", "no such", True), Turn("user", "")),
    history=(Play("neither"),),
    exclude=frozenset({"nor this", "t5"}),
)
READ = ("*.safetensors", "*.parquet", "card.json", "config.json", "weights.json")
"""What a recommender reads back; cut off, each is an error of the user."""
REQUESTS = [Request(), SAID, PLAYED, TALK, UNKNOWN]


def grow(workspace: Workspace) -> None:
    """Two tracks more at the end of the catalogue, which no feature and no model knows."""
    catalogue = Catalogue.load(workspace, described=False)
    new = pl.DataFrame({"track_id": ["new1", "new2"], "title": ["Zircon", "Quince"], "artist": ["A", "B"]})
    catalogue.tracks = pl.concat([catalogue.tracks, conform("tracks", new, TRACKS)])
    catalogue.save(workspace)


class RecommenderContract:
    """A subclass says how to `make` the recommender, and which requests tell it of a community."""

    informed_by: ClassVar[tuple[Request, ...]] = ()
    """Requests of the piano community (even rows) that the recommender must understand."""
    tolerance: ClassVar[float] = 1e-5
    """How far equal scores may be apart (a batch may round otherwise than one request)."""

    def make(self, workspace: Workspace) -> Recommender:
        """The recommender fitted on the checkerboard of `workspace`."""
        raise NotImplementedError

    @pytest.fixture
    def model(self, workspace: Workspace) -> Recommender:
        return self.make(workspace)

    def test_scores_are_finite_float32_of_every_track(self, model: Recommender) -> None:
        scores = model.score(REQUESTS)
        assert scores.shape == (len(REQUESTS), len(model.catalogue))
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()

    def test_no_request_at_all_is_fine(self, model: Recommender) -> None:
        assert model.score([]).shape == (0, len(model.catalogue))
        assert model.recommend([], 3).ids.shape == (0, 3)

    def test_round_trip_through_disk_keeps_the_scores(
        self, model: Recommender, workspace: Workspace, tmp_path: Path
    ) -> None:
        model.save(tmp_path / "saved")
        again = type(model).load(tmp_path / "saved", Library.open(workspace))
        self.assert_same(again.score(REQUESTS), model.score(REQUESTS))
        # Here and not alone: to make the model is what takes its time.
        for file in [f for pattern in READ for f in (tmp_path / "saved").rglob(pattern)]:
            whole = file.read_bytes()
            file.write_bytes(whole[: len(whole) // 2])
            with pytest.raises(SegueError):
                type(model).load(tmp_path / "saved", Library.open(workspace))
            file.write_bytes(whole)

    def test_loading_nothing_is_an_error_of_the_user(
        self, model: Recommender, workspace: Workspace, tmp_path: Path
    ) -> None:
        with pytest.raises(SegueError, match="not made yet"):
            type(model).load(tmp_path / "nothing", Library.open(workspace))

    def test_same_seed_same_scores(self, model: Recommender, workspace: Workspace) -> None:
        self.assert_same(self.make(workspace).score(REQUESTS), model.score(REQUESTS))

    def test_a_batch_equals_one_by_one(self, model: Recommender) -> None:
        one_by_one = np.concatenate([model.score([request]) for request in REQUESTS])
        self.assert_same(model.score(REQUESTS), one_by_one)

    def test_scoring_leaves_no_trace(self, model: Recommender) -> None:
        before = model.score([TALK]).copy()
        model.score(REQUESTS[::-1])
        self.assert_same(model.score([TALK]), before)

    def test_excluded_tracks_never_come_back(self, model: Recommender) -> None:
        request = Request(TALK.messages, PLAYED.history, frozenset(f"t{row}" for row in range(20)))
        ids = model.recommend([request], 10).ids[0].tolist()
        assert set(ids[:4]) == {"t20", "t21", "t22", "t23"}
        assert ids[4:] == [None] * 6

    @pytest.mark.parametrize(
        ("where", "rows"),
        [
            ({"title": "amber"}, {0}),
            ({"title": ["Amber", "topaz"]}, {0, 19}),
            ({"year": {"min": 1992, "max": 1994}}, {2, 3, 4}),
            ({"year": {"max": 1991}}, {0, 1}),
            ({"tags": "guitar", "year": {"min": 2010}}, {21, 23}),
            ({"tags": {"not": ["wild", "guitar"]}, "year": {"max": 2000}}, {0, 4, 8}),
        ],
    )
    def test_filters_are_obeyed(self, model: Recommender, where: dict[str, Any], rows: set[int]) -> None:
        for request in (SAID, PLAYED):
            asked = Request(request.messages, request.history, where=where)
            ids = [i for i in model.recommend([asked], 24).ids[0] if i is not None]
            assert sorted(ids) == sorted(f"t{row}" for row in rows)

    def test_a_filter_that_nothing_passes_gives_nothing(self, model: Recommender) -> None:
        found = model.recommend([Request(SAID.messages, where={"year": {"min": 3000}})], 5)
        assert found.ids.tolist() == [[None] * 5]
        assert np.isneginf(found.scores).all()

    def test_more_than_there_is_gives_all_there_is(self, model: Recommender) -> None:
        found = model.recommend([SAID, Request()], 1000)
        assert found.ids.shape == found.scores.shape == (2, len(model.catalogue))
        for ids, scores in zip(found.ids, found.scores, strict=True):
            assert set(ids) == set(model.catalogue.ids)
            assert (np.diff(scores) <= 0).all()

    def test_planted_pattern_is_found(self, model: Recommender) -> None:
        for request in self.informed_by:
            given = set(request.accepted)
            scores = dict(zip(model.catalogue.ids, model.score([request])[0], strict=True))
            right = [scores[f"t{row}"] for row in range(0, 24, 2) if f"t{row}" not in given]
            wrong = [scores[f"t{row}"] for row in range(1, 24, 2)]
            wins = np.mean(np.array(right)[:, None] > np.array(wrong))
            # Pairs, not ranks: the moods cut across the communities and may move single tracks.
            assert wins > 0.9, request

    def test_tracks_that_came_after_fit_are_scored(
        self, model: Recommender, workspace: Workspace, tmp_path: Path
    ) -> None:
        model.save(tmp_path / "saved")
        grow(workspace)
        again = type(model).load(tmp_path / "saved", Library.open(workspace))
        scores = again.score([*REQUESTS, Request(history=(Play("new1"),))])
        assert scores.shape == (len(REQUESTS) + 1, 26)
        assert np.isfinite(scores).all()
        # It may stand last, but it can be had.
        assert "new2" in again.recommend([TALK], 26).ids[0]

    def assert_same(self, found: Any, wanted: Any) -> None:
        """Equal up to rounding, relative to the spread of the scores."""
        np.testing.assert_allclose(found, wanted, atol=self.tolerance * max(1.0, float(np.abs(wanted).max())))
