from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted_sessions import asked

from segue.data.library import Library
from segue.data.request import Request
from segue.kit.workspace import Workspace
from segue.models.counting.personal import Personal, WithPersonal, standardised
from segue.models.counting.popularity import Popularity
from segue.models.counting.session_knn import SessionKNN
from segue.testing.contract import PLAYED, TALK, RecommenderContract


class TestWithPersonal(RecommenderContract):
    informed_by = (PLAYED, TALK)

    def make(self, workspace: Workspace) -> WithPersonal:
        return WithPersonal.fit(Library.open(workspace), Personal(weight=0.5, half_life=10))


def test_scores_are_standardised_plus_log_plays(workspace: Workspace) -> None:
    base = Popularity.fit(Library.open(workspace))
    scores = WithPersonal(base, Personal(weight=2.0)).score([asked(3, 3, 7)])[0]
    plain = base.score([Request()])[0].astype(np.float64)
    wanted = (plain - plain.mean()) / plain.std()
    wanted[3] += 2 * np.log(3)
    wanted[7] += 2 * np.log(2)
    np.testing.assert_allclose(scores, wanted, atol=1e-4)


def test_old_plays_fade_and_the_last_ones_may_be_all(workspace: Workspace) -> None:
    base = Popularity.fit(Library.open(workspace))
    plain = standardised(base.score([Request()]))[0]
    faded = WithPersonal(base, Personal(half_life=1)).score([asked(3, 5, 3)])[0] - plain
    np.testing.assert_allclose(faded[[3, 5, 6]], [np.log(1 + 1 + 0.25), np.log(1.5), 0], atol=1e-5)
    short = WithPersonal(base, Personal(last=1)).score([asked(3, 5, 3)])[0] - plain
    np.testing.assert_allclose(short[[3, 5]], [np.log(2), 0], atol=1e-5)


def test_only_the_request_counts(workspace: Workspace) -> None:
    """Nothing of one request reaches another, and no weight leaves the base's order."""
    model = WithPersonal(Popularity.fit(Library.open(workspace)), Personal(weight=5.0))
    together = model.score([asked(1), asked(2), Request()])
    np.testing.assert_array_equal(together[2], model.score([Request()])[0])
    none = WithPersonal(model.base, Personal(weight=0.0)).score([asked(1)])[0]
    np.testing.assert_array_equal(np.argsort(none), np.argsort(together[2]))


def test_equal_scores_say_nothing() -> None:
    scores = np.array([[0.1] * 7, [0.0] * 7, [1, 2, 3, 4, 5, 6, 7]], np.float32)
    found = standardised(scores.copy())
    assert not found[:2].any()
    np.testing.assert_allclose([found[2].mean(), found[2].std()], [0, 1], atol=1e-6)


def test_tiny_scores_are_scores() -> None:
    found = standardised(np.array([[0, 0, 0, 1e-7]], np.float32))[0]
    np.testing.assert_allclose(found, np.array([-1, -1, -1, 3]) / np.sqrt(3), rtol=1e-5)


def test_another_base_is_not_written_as_session_knn(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=SessionKNN.__name__):
        WithPersonal(Popularity.fit(Library.open(workspace))).save(tmp_path / "saved")
    assert not (tmp_path / "saved").exists()
