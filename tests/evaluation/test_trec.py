"""TREC files say to `ir-measures` what segue says itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import pytest
from ir_measures import RR, nDCG

from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.evaluation import conversation, trec
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.recommender import Recommender
from segue.models.unsaved import Unsaved


class Drawn(Unsaved):
    """Scores drawn for each request, all different unless `levels` says how many there are."""

    levels = 0

    def score(self, requests: Sequence[Request]) -> np.ndarray[Any, Any]:
        """Drawn by the length of the dialogue."""
        found = np.stack(
            [np.random.default_rng(len(r.messages)).normal(size=len(self.catalogue)) for r in requests]
        )
        return (np.round(found * self.levels) if self.levels else found).astype(np.float32)


@pytest.fixture
def library(workspace: Workspace) -> Library:
    """The checkerboard with several targets a request, dislikes, and ids that need encoding."""
    tables = Catalogue.load(workspace)
    ids = tables.ids.tolist()
    talks = []
    for n in range(12):
        a, b, c, d = (ids[(7 * n + k) % 24] for k in range(4))
        turns = [Turn("user", "x"), Turn("music", a), Turn("music", b, False), Turn("assistant", "y")]
        turns += [Turn("user", "z"), Turn("music", c), Turn("music", d)]
        talks.append(Dialogue(f"talk {n}", tuple(turns), "test"))
    tables.dialogues = talks
    tables.save(workspace)
    return Library.open(workspace)


@pytest.mark.parametrize("levels", [0, 2])
def test_the_same_figures_in_ir_measures(library: Library, tmp_path: Path, levels: int) -> None:
    model = Drawn(library.catalogue)
    model.levels = levels
    models: dict[str, Recommender] = {"drawn": model}
    table = trec.write(library, models, tmp_path / "out")
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "out" / "qrels.txt")))
    run = list(ir_measures.read_trec_run(str(tmp_path / "out" / "drawn.run")))
    theirs = ir_measures.calc_aggregate([RR, nDCG @ 20], qrels, run)
    told = dict(zip(table[0], table[1], strict=True))
    assert float(told["RR"]) == pytest.approx(theirs[RR], abs=6e-5)
    assert float(told["nDCG@20"]) == pytest.approx(theirs[nDCG @ 20], abs=6e-5)
    ours = conversation.evaluate(library, models)
    own = ours.filter(model="drawn")
    assert float(told["RR as segue measures"]) == pytest.approx(own["rr"].mean(), abs=6e-5)
    assert float(told["nDCG@20 as segue measures"]) == pytest.approx(own["ndcg20"].mean(), abs=6e-5)
    assert (told["RR"] == told["RR as segue measures"]) == (levels == 0)
    assert (told["requests tied"] == "0%") == (levels == 0)
    assert {q.relevance for q in qrels} == {0, 1}


def test_scores_fall_strictly_and_hardly_change() -> None:
    scores = np.array([3e4, 2.0, 2.0, 2.0, 1e-30, 0.0, 0.0, -0.0, -1.0, -1.0, -np.inf, -np.inf], np.float32)
    found = trec.strictly_falling(scores)
    assert (np.diff(found) < 0).all()
    assert np.allclose(found[:10], scores[:10], atol=1e-6)
    assert found[0] == scores[0]


def test_what_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no model"):
        trec.write(library, {}, tmp_path / "out")
    with pytest.raises(SegueError, match="no validation dialogue"):
        trec.write(library, {"m": Drawn(library.catalogue)}, tmp_path / "out", split="validation")
    assert not (tmp_path / "out").exists()
