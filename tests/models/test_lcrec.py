"""LC-Rec behind the contract, trained with a tiny random LLM on the checkerboard."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from segue.data.catalogue import TRACKS, Catalogue, conform
from segue.data.library import Library
from segue.data.log import Log
from segue.features import metadata
from segue.kit.errors import SegueError
from segue.kit.settings import read
from segue.kit.workspace import Workspace
from segue.models.lcrec.learn import (
    Settings,
    batches_of,
    learn_ids,
    start,
    vectors_of,
)
from segue.models.lcrec.model import LCRec
from segue.models.listening_lm import collate, put_below
from segue.testing.contract import PLAYED, REQUESTS, RecommenderContract, grow
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny

STEPS = 300
QUICK: dict[str, Any] = {"levels": 2, "codes": 6, "id_steps": 100, "plays_a_step": 64, "align": 0.05}


@pytest.fixture(scope="session")
def lm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random backbone."""
    return save_tiny(tmp_path_factory.mktemp("lcrec") / "lm")


@pytest.fixture(scope="session")
def lcrec_template(lm: Path, checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkerboard with a trained LC-Rec; to be copied, never written to."""
    root = tmp_path_factory.mktemp("lcrec") / "music"
    shutil.copytree(checkerboard_template, root)
    LCRec.train(Library.open(root), Settings(size=str(lm), steps=STEPS, lr=1e-2, **QUICK))
    return root


@pytest.fixture
def workspace(lcrec_template: Path, tmp_path: Path) -> Workspace:
    return Workspace(shutil.copytree(lcrec_template, tmp_path / "music"))


class TestLCRec(RecommenderContract):
    informed_by = (PLAYED,)
    tolerance = 1e-3

    def make(self, workspace: Workspace) -> LCRec:
        return LCRec.load(workspace.model("lcrec"), Library.open(workspace))

    def test_a_small_catalogue_is_scored_exactly(self, model: LCRec) -> None:
        scores = model.score([PLAYED])[0]
        prompt = model.writer.prompt(np.array([0, 4, 6]))
        for row in (0, 1, 10, 23):
            assert scores[row] == pytest.approx(plainly(model, prompt, row), abs=1e-3)

    @pytest.mark.parametrize("width", [1, 3, 10])
    def test_narrow_beams_give_tracks_that_exist_before_all_others(
        self, model: LCRec, monkeypatch: Any, width: int
    ) -> None:
        exact = model.score(REQUESTS)
        monkeypatch.setattr("segue.models.lcrec.model.EXACT", 1)
        model.settings = model.settings.model_copy(update={"width": width})
        for scores, wanted in zip(model.score(REQUESTS), exact, strict=True):
            best = np.argsort(-scores)[:width]
            # What a beam ended with exists and has its own probability; all else stays below.
            np.testing.assert_allclose(scores[best], wanted[best], atol=1e-3)
            assert np.delete(scores, best).max() < scores[best].min()

    def test_a_track_without_an_id_comes_last_until_its_features_are_there(
        self, workspace: Workspace, lm: Path
    ) -> None:
        metadata.compute(workspace, encoder=HashEncoder())
        LCRec.train(Library.open(workspace), Settings(size=str(lm), steps=3, lr=1e-2, **QUICK))
        catalogue = Catalogue.load(workspace)
        new = pl.DataFrame(
            {"track_id": ["new"], "title": ["Amber"], "artist": ["Piano Band 0"], "year": [1990]}
        )
        new = conform("tracks", new.with_columns(tags=pl.lit(["piano", "gentle"])), TRACKS)
        catalogue.tracks = pl.concat([catalogue.tracks, new])
        catalogue.save(workspace)
        before = self.make(workspace)
        assert before.codes[24].tolist() == [-1, -1]
        assert before.score([PLAYED])[0].argmin() == 24
        metadata.compute(workspace, encoder=HashEncoder())
        after = self.make(workspace)
        assert (after.codes[24] >= 0).all()
        assert (after.codes[:24] == before.codes[:24]).all()
        assert after.score([PLAYED])[0].argmin() != 24

    def test_a_prompt_that_does_not_fit_is_never_cut(self, model: LCRec) -> None:
        needed = len(model.writer.prompt(np.array([0, 4, 6]))) + 2
        model.model.config.max_position_embeddings = needed
        model.score([PLAYED])
        model.model.config.max_position_embeddings = needed - 1
        with pytest.raises(SegueError, match="1 too many"):
            model.score([PLAYED])

    def test_the_run_is_on_record(self, workspace: Workspace) -> None:
        folder = workspace.model("lcrec")
        card = json.loads((folder / "card.json").read_text())
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        assert card["steps"] == len(lines) == STEPS
        assert 0 <= card["collided_before"] <= 1
        assert card["without_id"] == 0
        assert list(card["spaces"]) == ["playlist"]


@torch.no_grad()
def plainly(model: LCRec, prompt: list[int], row: int) -> float:
    """The log-probability of a track's codes by one pass of the whole sequence, each among its level's."""
    ids = model.writer.ids[row].tolist()
    logits = model.model(torch.tensor([prompt + ids])).logits[0, len(prompt) - 1 : -1]
    total = 0.0
    for level, token in enumerate(ids):
        first = int(model.vocabulary.offsets[level])
        own = logits[level, first : first + model.vocabulary.sizes[level]]
        total += float(own.log_softmax(-1)[token - first])
    return total


@pytest.fixture
def untrained(lm: Path, checkerboard_template: Path) -> tuple[Any, Settings, Log]:
    """An untrained LC-Rec with adapters, and the log it would learn from."""
    workspace = Workspace(checkerboard_template)
    catalogue = Catalogue.load(workspace)
    settings = Settings(size=str(lm), adapters=True, **(QUICK | {"id_steps": 10}))
    _, ids = learn_ids(vectors_of(Library.open(workspace)), settings)
    ids.codes[5] = -1
    return start(catalogue, ids, settings), settings, Log.load(workspace, catalogue)


def test_gradients_reach_the_index_tokens_and_the_adapters_alone(
    untrained: tuple[Any, Settings, Log],
) -> None:
    (network, _, writer), _, log = untrained
    examples = [writer.listening(log.rows[:6]), *writer.alignments(log.rows[:6], 400, to_title=True)]
    found = network.loss(*collate(examples))
    (found.words + found.music).backward()
    trained = {name: p for name, p in network.named_parameters() if p.requires_grad}
    assert all("lora_" in name or "music" in name for name in trained)
    for name, parameter in trained.items():
        # LoRA's A learns only once its B is not zero any more.
        assert "lora_A" in name or float(parameter.grad.abs().sum()) > 0, name


def test_the_three_tasks_teach_what_they_say(untrained: tuple[Any, Settings, Log]) -> None:
    writer = untrained[0][2]
    rows = np.array([3, 5, 7, 9])

    def targets(example: Any) -> list[int]:
        return [i for i, t in zip(example.ids, example.learn, strict=True) if t]

    # Row 5 has no id: it cannot be written.
    wanted = writer.ids[[3, 7, 9]].ravel().tolist()
    assert targets(writer.listening(rows)) == wanted
    assert targets(writer.listening(rows, last_only=True)) == writer.ids[9].tolist()
    (to_id,) = writer.alignments(rows, 1000, to_title=False)
    assert targets(to_id) == wanted
    (to_title,) = writer.alignments(rows, 1000, to_title=True)
    assert targets(to_title) == [t for row in (3, 7, 9) for t in [*writer.texts[row], writer.end]]
    for row in (3, 7, 9):
        assert str(writer.texts[row])[1:-1] in str(to_id.ids)
    assert writer.prompt(rows)[-1] == writer.start
    assert writer.prompt(rows)[:-1] == writer.listening(rows).ids


def test_alignments_fill_the_room_and_no_more(untrained: tuple[Any, Settings, Log]) -> None:
    writer, rows = untrained[0][2], np.arange(24)
    found = writer.alignments(rows, 60, to_title=True)
    assert len(found) > 1
    assert all(len(e.ids) <= 60 for e in found)
    assert sum(e.ids.count(writer.end) for e in found) == 23
    assert len(writer.alignments(rows, 1, to_title=False)) == 23


def test_batches_hold_every_task_and_are_the_same_in_every_run(
    untrained: tuple[Any, Settings, Log],
) -> None:
    (_, _, writer), settings, log = untrained
    settings = settings.model_copy(update={"align": 0.5})
    runs = [batches_of(writer, settings.windows(log.part("train")), settings) for _ in range(2)]
    heads = set()
    for step in range(24):
        (ids, learn), (again, _) = (run(step, 0.0) for run in runs)
        assert torch.equal(ids, again)
        assert learn.any()
        heads.add(tuple(ids[0, :8].tolist()))
    assert heads == {tuple(h[:8]) for h in (writer.played, writer.to_id, writer.to_title)}


def test_training_stops_where_a_prompt_would_not_fit(
    lm: Path, checkerboard_template: Path, tmp_path: Path
) -> None:
    short = shutil.copytree(lm, tmp_path / "short")
    config = json.loads((short / "config.json").read_text())
    (short / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 64}))
    workspace = Workspace(shutil.copytree(checkerboard_template, tmp_path / "music"))
    with pytest.raises(SegueError, match="too many"):
        LCRec.train(Library.open(workspace), Settings(size=str(short), steps=2, **QUICK))
    assert not workspace.model("lcrec").exists()


def test_without_features_it_says_what_to_run(tmp_path: Path, checkerboard_template: Path) -> None:
    workspace = Workspace(shutil.copytree(checkerboard_template, tmp_path / "music"))
    shutil.rmtree(workspace.feature("playlist"))
    with pytest.raises(SegueError, match="segue features"):
        vectors_of(Library.open(workspace))


def test_a_track_that_lacks_a_feature_gets_the_mean_of_it(tmp_path: Path, workspace: Workspace) -> None:
    grow(workspace)
    found = vectors_of(Library.open(workspace))
    assert found.present.tolist() == [True] * 24 + [False] * 2
    assert np.allclose(found.matrix[24], found.matrix[:24].mean(0), atol=1e-6)
    assert (found.matrix[:24] ** 2).sum(1).mean() == pytest.approx(1, abs=1e-3)


def test_what_no_beam_reached_keeps_its_order_below() -> None:
    scores = np.array([-5, -1, -2, -9, -3], np.float32)
    found = put_below(scores, np.array([True, False, False, False, True]))
    assert found[[0, 4]].tolist() == [-5, -3]
    assert np.argsort(-found).tolist() == [4, 0, 1, 2, 3]
    assert (put_below(scores, np.ones(5, bool)) == scores).all()
    already = put_below(scores, np.array([False, True, True, False, True]))
    assert np.argsort(-already).tolist() == [1, 2, 4, 0, 3]


def test_settings_come_from_a_recipe() -> None:
    recipe = Path(__file__).parents[2] / "recipes" / "lcrec-small.toml"
    settings = read(Settings, recipe, {"steps": 7})
    assert (settings.size, settings.minutes, settings.steps, settings.levels) == ("small", None, 7, 4)
    assert read(Settings, None, {}).limit() == (5.0, None)
    with pytest.raises(SegueError, match="colour"):
        read(Settings, recipe, {"colour": "red"})
