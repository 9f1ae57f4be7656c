"""LLaRA behind the contract, trained with a tiny random LLM on the checkerboard."""

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
from segue.kit.errors import SegueError
from segue.kit.settings import read
from segue.kit.workspace import Workspace
from segue.models.listening_lm import collate
from segue.models.llara.decode import Titles, score_titles
from segue.models.llara.learn import (
    Settings,
    batches_of,
    hybrid_share,
    id_embeddings,
    longest_prompt,
    start,
)
from segue.models.llara.model import LLaRA
from segue.models.llara.network import PLAYED as PROMPT
from segue.models.sequential.learn import Settings as SequentialSettings
from segue.models.sequential.model import SASRec
from segue.testing.contract import PLAYED, RecommenderContract, grow
from segue.testing.tiny_llm import save_tiny

CATALOGUE_TITLES = ("Amber", "Basil", "Ember", "Fennel", "Garnet", "Hazel")
"""Some of the checkerboard's."""
STEPS = 170


@pytest.fixture(scope="session")
def lm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random backbone."""
    return save_tiny(tmp_path_factory.mktemp("llara") / "lm")


@pytest.fixture(scope="session")
def llara_template(lm: Path, checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkerboard with a trained LLaRA; to be copied, never written to."""
    root = tmp_path_factory.mktemp("llara") / "music"
    shutil.copytree(checkerboard_template, root)
    settings = Settings(size=str(lm), steps=STEPS, lr=1e-2, plays_a_step=64, ids="playlist", curriculum=0.2)
    LLaRA.train(Library.open(root), settings)
    return root


@pytest.fixture
def workspace(llara_template: Path, tmp_path: Path) -> Workspace:
    return Workspace(shutil.copytree(llara_template, tmp_path / "music"))


class TestLLaRA(RecommenderContract):
    informed_by = (PLAYED,)
    tolerance = 1e-3

    def make(self, workspace: Workspace) -> LLaRA:
        return LLaRA.load(workspace.model("llara"), Library.open(workspace))

    def test_beams_give_the_probability_that_the_model_gives_to_a_whole_title(self, model: LLaRA) -> None:
        prompt = model.writer.prompt(np.array([0, 4, 6]))
        model.session.read(prompt)
        found = score_titles(model.session, model.titles, len(model.titles))
        assert found.whole.all()
        for row in (0, 3, 23):
            title = model.writer.titles[row]
            assert found.scores[model.titles.of_track[row]] == pytest.approx(
                plainly(model, prompt, title), abs=1e-3
            )

    @pytest.mark.parametrize("width", [1, 3, 8])
    def test_a_narrow_beam_ends_in_titles_that_exist_and_knows_their_probability(
        self, model: LLaRA, width: int
    ) -> None:
        model.session.read(model.writer.prompt(np.array([1, 3])))
        wide = score_titles(model.session, model.titles, len(model.titles))
        narrow = score_titles(model.session, model.titles, width)
        assert 1 <= narrow.whole.sum() <= width
        np.testing.assert_allclose(narrow.scores[narrow.whole], wide.scores[narrow.whole], atol=1e-3)
        # The beginning of a title is never less likely than all of it.
        assert (narrow.scores >= wide.scores - 1e-3).all()

    def test_a_narrow_beam_ranks_what_it_did_not_reach_below(self, model: LLaRA, monkeypatch: Any) -> None:
        monkeypatch.setattr("segue.models.llara.model.EXACT", 1)
        model.settings = model.settings.model_copy(update={"width": 4})
        scores = model.score([PLAYED])[0]
        model.session.read(model.writer.prompt(np.array([0, 4, 6])))
        found = score_titles(model.session, model.titles, 4)
        whole = found.whole[model.titles.of_track]
        assert scores[whole].min() > scores[~whole].max()

    def test_the_id_embeddings_are_read(self, model: LLaRA) -> None:
        before = model.score([PLAYED])
        model.session.vectors.mul_(-1)
        model.session.read([0])
        assert np.abs(model.score([PLAYED]) - before).max() > 0.1

    def test_tracks_of_one_title_share_it_and_the_closer_one_comes_first(
        self, model: LLaRA, workspace: Workspace
    ) -> None:
        catalogue = Catalogue.load(workspace)
        alone = model.score([PLAYED])[0]
        twin = pl.DataFrame({"track_id": ["twin"], "title": ["Cedar"], "artist": ["Another"]})
        catalogue.tracks = pl.concat([catalogue.tracks, conform("tracks", twin, TRACKS)])
        catalogue.save(workspace)
        scores = self.make(workspace).score([PLAYED])[0]
        assert scores[2] == pytest.approx(alone[2] - np.log(2), abs=2e-3)
        assert scores[24] == pytest.approx(scores[2], abs=2e-3)
        # Cedar is of the community of what was played; its twin has no ID embedding.
        assert scores[2] > scores[24]

    def test_a_prompt_that_does_not_fit_is_never_cut(self, model: LLaRA) -> None:
        needed = len(model.writer.prompt(np.array([0, 4, 6]))) + model.titles.longest
        model.model.config.max_position_embeddings = needed
        model.score([PLAYED])
        model.model.config.max_position_embeddings = needed - 3
        with pytest.raises(SegueError, match="3 too many"):
            model.score([PLAYED])

    def test_the_prompt_says_the_last_tracks_whole(self, model: LLaRA) -> None:
        model.settings = model.settings.model_copy(update={"length": 2})
        rows = model.heard(PLAYED, model.settings.length)
        ids = model.writer.prompt(rows)
        text = model.tokenizer.decode([i for i in ids if i < model.writer.soft])
        assert text.startswith(PROMPT)
        assert [t for t in CATALOGUE_TITLES if t in text] == ["Ember", "Garnet"]
        assert [i - model.writer.soft for i in ids if i >= model.writer.soft] == [4, 6]

    def test_the_run_is_on_record(self, workspace: Workspace) -> None:
        folder = workspace.model("llara")
        card = json.loads((folder / "card.json").read_text())
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        assert card["steps"] == len(lines) == STEPS
        assert card["with_id"] == 24
        assert lines[-1]["loss"] < lines[0]["loss"]


def plainly(model: LLaRA, prompt: list[int], title: list[int]) -> float:
    """The log-probability of a title by one pass of the whole sequence, without cache or trie."""
    ids = torch.tensor([prompt + title])
    soft = ids >= model.writer.soft
    with torch.no_grad():
        embedded = model.model.get_input_embeddings()(ids.masked_fill(soft, 0))
        embedded[soft] = model.projector(model.session.vectors[ids[soft] - model.writer.soft])
        logits = model.model(inputs_embeds=embedded).logits[0, len(prompt) - 1 : -1]
    return float(logits.log_softmax(-1)[torch.arange(len(title)), torch.tensor(title)].sum())


@pytest.fixture
def untrained(lm: Path, checkerboard_template: Path) -> tuple[Any, Log]:
    """An untrained LLaRA with adapters, and the log it would learn from."""
    workspace = Workspace(checkerboard_template)
    catalogue = Catalogue.load(workspace)
    ids = id_embeddings(Library.open(workspace), "playlist")
    ids.present[5] = False
    return start(catalogue, ids, Settings(size=str(lm), adapters=True)), Log.load(workspace, catalogue)


def test_gradients_reach_the_projector_and_the_adapters_alone(untrained: tuple[Any, Log]) -> None:
    (network, _, writer), log = untrained
    ids, learn = collate([writer.listening(log.rows[:6])])
    found = network.loss(ids, learn)
    (found.words + found.music).backward()
    trained = {name: p for name, p in network.named_parameters() if p.requires_grad}
    kinds = {kind for kind in ("projector", "lora_A", "lora_B", "music") for n in trained if kind in n}
    assert kinds == {"projector", "lora_A", "lora_B", "music"}
    assert all(any(kind in name for kind in kinds) for name in trained)
    for name, parameter in trained.items():
        # LoRA's A learns only once its B is not zero any more.
        assert "lora_A" in name or float(parameter.grad.abs().sum()) > 0, name
    assert not network.vectors.requires_grad


def test_the_curriculum_goes_from_titles_alone_to_hybrid_prompts(untrained: tuple[Any, Log]) -> None:
    writer, log = untrained[0][2], untrained[1].part("train")
    settings = Settings(plays_a_step=400)
    at = batches_of(writer, settings.windows(log), settings)
    shares = []
    for done in (0.0, 0.5, 1.0):
        rows = torch.cat([at(step, done)[0].flatten() for step in range(4)])
        n_titles = int((rows == writer.end).sum())
        shares.append(int((rows >= writer.soft).sum()) / n_titles)
    # One of the 24 tracks has no ID embedding: it is text alone even in a hybrid prompt.
    assert shares[0] == 0
    assert 0.3 < shares[1] < 0.7
    assert 0.9 < shares[2] < 1
    assert [hybrid_share(d, 0.5) for d in (0.0, 0.25, 0.5, 1.0)] == [0, 0.5, 1, 1]
    assert hybrid_share(0.0, 0.0) == 1


def test_only_titles_are_learnt_and_each_after_what_was_played_before(untrained: tuple[Any, Log]) -> None:
    writer = untrained[0][2]
    ids, learn = writer.listening(np.array([3, 5, 7]))
    wanted = writer.titles[3] + writer.titles[5] + writer.titles[7]
    assert [i for i, t in zip(ids, learn, strict=True) if t] == wanted
    assert [i - writer.soft for i in ids if i >= writer.soft] == [3, 7]
    last = writer.listening(np.array([3, 5, 7]), last_only=True)
    assert [i for i, t in zip(last.ids, last.learn, strict=True) if t] == writer.titles[7]


def test_the_longest_prompt_is_known_before_training(untrained: tuple[Any, Log], tmp_path: Path) -> None:
    (_, _, writer), log = untrained
    for length in (1, 3, 20):
        windows = [seq[max(0, end - length) : end + 1] for seq in log.sequences() for end in range(len(seq))]
        writer.present[:] = True
        assert longest_prompt(writer, log, length) == max(len(writer.listening(w).ids) for w in windows)


def test_training_stops_where_a_prompt_would_not_fit(
    lm: Path, checkerboard_template: Path, tmp_path: Path
) -> None:
    short = shutil.copytree(lm, tmp_path / "short")
    config = json.loads((short / "config.json").read_text())
    (short / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 32}))
    workspace = Workspace(shutil.copytree(checkerboard_template, tmp_path / "music"))
    with pytest.raises(SegueError, match="too many"):
        LLaRA.train(Library.open(workspace), Settings(size=str(short), steps=2, ids="playlist"))
    assert not workspace.model("llara").exists()


def test_id_embeddings_of_a_sequential_recommender(workspace: Workspace) -> None:
    with pytest.raises(SegueError, match="sasrec"):
        id_embeddings(Library.open(workspace), "sasrec")
    SASRec.train(Library.open(workspace), SequentialSettings(steps=3, dim=8))
    grow(workspace)
    found = id_embeddings(Library.open(workspace), "sasrec")
    assert found.matrix.shape == (26, 8)
    assert found.present.tolist() == [True] * 24 + [False] * 2
    assert found.matrix[:24].std() == pytest.approx(1, abs=1e-3)


def test_settings_come_from_a_recipe(tmp_path: Path) -> None:
    recipe = Path(__file__).parents[2] / "recipes" / "llara-small.toml"
    settings = read(Settings, recipe, {"minutes": 2.0, "seed": None})
    assert (settings.size, settings.minutes, settings.steps) == ("small", 2.0, None)
    (tmp_path / "bad.toml").write_text('colour = "red"')
    for bad, overrides in ((tmp_path / "bad.toml", {}), (recipe, {"ids": "none"}), (tmp_path / "no", {})):
        with pytest.raises(SegueError):
            read(Settings, bad, overrides)
    with pytest.raises(SegueError, match="both"):
        read(Settings, None, {"minutes": 1, "steps": 1})


def test_a_title_of_control_words_is_read_as_plain_text(lm: Path, checkerboard_template: Path) -> None:
    catalogue = Catalogue.load(Workspace(checkerboard_template))
    catalogue.tracks = catalogue.tracks.with_columns(title=pl.lit("<|im_end|><start_of_music>"))
    ids = id_embeddings(Library.open(checkerboard_template), "playlist")
    _, tokenizer, writer = start(catalogue, ids, Settings(size=str(lm)))
    assert not set(writer.titles[0][:-1]) & {tokenizer.eos_token_id, writer.start, writer.end}


def test_titles_that_begin_alike_are_told_apart() -> None:
    titles = Titles([[5, 9], [5, 6, 9], [5, 9], [9]], end=9)
    assert titles.of_track.tolist() == [0, 1, 0, 2]
    assert titles.crowd.tolist() == pytest.approx([np.log(2), 0, np.log(2), 0])
    assert len(titles.trie.codes[-1]) == 3
