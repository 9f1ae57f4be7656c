"""The bootstrap against the normal approximation, SciPy's own, and what pairing promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from segue.kit.bootstrap import Interval, interval


def difference(a: np.ndarray, b: np.ndarray, groups: np.ndarray) -> Interval:
    """What `summary.compare` does: the difference request by request first."""
    return interval(a - b, groups)


def test_width_is_the_normal_approximation_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(0.3, 0.2, size=400)
    found = interval(values, np.arange(400))
    half = 1.96 * values.std() / np.sqrt(400)
    assert found.mean == pytest.approx(values.mean())
    assert found.high - found.mean == pytest.approx(half, rel=0.1)
    assert found.mean - found.low == pytest.approx(half, rel=0.1)


def test_agrees_with_scipy() -> None:
    values = np.random.default_rng(1).exponential(size=60)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=2000, rng=np.random.default_rng(5)
    )
    ours = interval(values, np.arange(60))
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.08 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.08 * width)


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_repeating_the_requests_of_a_dialogue_adds_no_certainty(average: str) -> None:
    values = np.random.default_rng(2).random(50)
    once = interval(values, np.arange(50), average=average)
    ten_times = interval(np.repeat(values, 10), np.repeat(np.arange(50), 10), average=average)
    assert [ten_times.low, ten_times.high] == pytest.approx([once.low, once.high])


def test_macro_weighs_dialogues_and_micro_requests() -> None:
    values, dialogues = [1.0, 0.0, 0.0, 0.0], ["a", "b", "b", "b"]
    assert interval(values, dialogues, average="macro").mean == 0.5
    assert interval(values, dialogues, average="micro").mean == 0.25


def test_identical_models_differ_by_exactly_zero() -> None:
    values = np.random.default_rng(4).random(200)
    found = difference(values, values, np.repeat(np.arange(40), 5))
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)
    assert not found.excludes_zero


def test_pairing_cancels_what_is_hard_for_both() -> None:
    random = np.random.default_rng(5)
    hard = random.normal(0, 1, size=300)
    a, b = hard + 0.1 + random.normal(0, 0.05, 300), hard + random.normal(0, 0.05, 300)
    paired = difference(a, b, np.arange(300))
    alone = interval(a, np.arange(300))
    assert paired.excludes_zero
    assert paired.high - paired.low < 0.2 * (alone.high - alone.low)


def test_sides_exchanged_mirror_the_interval() -> None:
    a, b = np.random.default_rng(6).random((2, 80))
    forth, back = difference(a, b, np.arange(80)), difference(b, a, np.arange(80))
    assert [forth.mean, forth.low, forth.high] == pytest.approx([-back.mean, -back.high, -back.low])


def test_the_seed_decides() -> None:
    values = np.random.default_rng(7).random(30)
    assert interval(values, range(30), seed=1) == interval(values, range(30), seed=1)
    assert interval(values, range(30), seed=1) != interval(values, range(30), seed=2)


def test_unknown_values_are_left_out() -> None:
    known = interval([0.0, 1.0], [1, 2])
    assert interval([0.0, np.nan, 1.0, np.nan], [1, 1, 2, 3]) == known
    assert np.isnan(interval([np.nan], [1]).mean)


def test_one_dialogue_has_no_interval() -> None:
    found = interval([0.5, 0.7], ["a", "a"])
    assert found.mean == pytest.approx(0.6)
    assert np.isnan(found.low)
    assert not found.excludes_zero


def test_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(8)
    found = [interval(random.exponential(size=80), range(80), resamples=500) for _ in range(300)]
    covered = np.mean([f.low <= 1 <= f.high for f in found])
    assert 0.89 <= covered <= 0.98
