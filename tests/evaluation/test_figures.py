"""The pictures: no colour twice, names at the ends of lines; one table of metrics for both tasks."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from matplotlib.text import Annotation

from segue.evaluation import conversation
from segue.evaluation.figures import GAP, lines, spread, styles
from segue.evaluation.tasks import CONVERSATION, NEXT_TRACK
from segue.kit.metrics import METRICS


def test_no_two_models_share_a_colour_or_all_of_a_line() -> None:
    found = styles([*(f"model {i}" for i in range(24)), "chance"])
    assert len({style["color"] for style in found.values()}) == 25
    assert len({(style["linestyle"], style["marker"]) for style in found.values()}) == 25


@pytest.mark.parametrize("seed", range(5))
def test_names_are_apart_in_their_order_and_inside(seed: int) -> None:
    places = np.random.default_rng(seed).beta(0.3, 2, size=15)
    moved = spread(places, GAP)
    assert (np.argsort(moved, kind="stable") == np.argsort(places, kind="stable")).all()
    assert np.diff(np.sort(moved)).min() >= GAP - 1e-12
    assert moved.min() >= 0
    assert moved.max() <= 1
    np.testing.assert_allclose(spread(np.array([0.5, 0.1, 0.9]), GAP), [0.5, 0.1, 0.9])


def test_every_line_has_its_name_in_its_colour_and_there_is_no_legend() -> None:
    names = ["popularity", "talkplay", "bm25", "hybrid", "chance"]
    rows = [
        {"average": "micro", "subset": f"turn {turn}", "model": name, "requests": 9, "rr": 0.1 * i}
        for i, name in enumerate(names)
        for turn in (1, 2)
    ]
    axes = lines(CONVERSATION, pl.DataFrame(rows), names).axes[0]
    colours = {line.get_label(): line.get_color() for line in axes.lines}
    said = {text.get_text(): text.get_color() for text in axes.texts if isinstance(text, Annotation)}
    assert said == colours
    assert axes.get_legend() is None


def test_both_tasks_take_their_columns_from_one_table() -> None:
    names = {metric.name for metric in METRICS}
    assert names <= set(conversation.SCHEMA)
    assert names <= set(CONVERSATION.metrics)
    assert names == set(NEXT_TRACK.metrics)
