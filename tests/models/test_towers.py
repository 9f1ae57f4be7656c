"""Fine-tuned dense and CLAP retrieval: the contract, and what training must and must not change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from command import segue
from segue.data.library import Library
from segue.data.request import Request
from segue.data.store import Feature, save
from segue.encoders.audio.work import load_encoder
from segue.encoders.text import TextEncoder
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.retrieval.clap import Clap, ClapTuned
from segue.models.retrieval.clap import side_of as clap_side
from segue.models.retrieval.dense import Dense
from segue.models.retrieval.dense_tuned import DenseTuned, side_of
from segue.models.retrieval.towers import Towers, TowerSettings, pairs, score
from segue.testing.contract import PLAYED, SAID, TALK, RecommenderContract
from tiny_hub_models import save_clap

Vector = np.ndarray[Any, Any]

QUICK = {"steps": 25, "moments": 60, "lr": 2e-2, "batch": 16}


@pytest.fixture(scope="session")
def kept(text_encoder: TextEncoder) -> Callable[[str], Vector]:
    """The default encoder, which reads a text once for all these tests."""
    return lru_cache(maxsize=None)(lambda text: text_encoder.encode([text])[0])


@pytest.fixture
def one_encoder(kept: Callable[[str], Vector], monkeypatch: pytest.MonkeyPatch) -> None:
    class Kept:
        def encode(self, texts: list[str], *, progress: str = "") -> Vector:
            return np.stack([kept(text) for text in texts])

    monkeypatch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: Kept())


@pytest.mark.usefixtures("one_encoder")
class TestDenseTuned(RecommenderContract):
    informed_by = (SAID, PLAYED, TALK)

    learnt: ClassVar[list[Towers]] = []

    def make(self, workspace: Workspace) -> DenseTuned:
        library = Library.open(workspace)
        if not self.learnt:
            self.learnt.append(DenseTuned.fit(library, QUICK).towers)
        return DenseTuned(Dense.fit(library), self.learnt[0])

    def test_training_twice_gives_the_same_scores(self, workspace: Workspace) -> None:
        again = DenseTuned.fit(Library.open(workspace), QUICK)
        self.assert_same(again.score([SAID, TALK]), self.make(workspace).score([SAID, TALK]))


@pytest.fixture(scope="session")
def heard_template(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkerboard with sounds that a tiny random CLAP has listened to: each community its own tone."""
    root = tmp_path_factory.mktemp("clap")
    workspace = Workspace(shutil.copytree(checkerboard_template, root / "music"))
    save_clap(root / "model")
    encoder, rng = load_encoder(f"clap:{root / 'model'}", device="cpu"), np.random.default_rng(0)
    time = np.arange(9600) / 48_000
    rows = []
    for row in range(24):
        tone = np.sin(2 * np.pi * (200 + 3000 * (row % 2)) * time) + 0.05 * rng.normal(size=len(time))
        rows.append(encoder.encode(iter([tone.astype(np.float32)])).vector)
    present = np.arange(24) != 23
    feature = Feature(np.where(present[:, None], np.stack(rows), 0), present)
    save(workspace, "audio", feature, encoder=f"{encoder.identity}/decoder-1", input_hash="x")
    return root


class OfClap(RecommenderContract):
    @pytest.fixture
    def workspace(self, heard_template: Path, tmp_path: Path) -> Workspace:
        return Workspace(shutil.copytree(heard_template / "music", tmp_path / "music"))

    @pytest.fixture(autouse=True)
    def of(self, heard_template: Path) -> None:
        self.place = str(heard_template / "model")


class TestClap(OfClap):
    def make(self, workspace: Workspace) -> Clap:
        return Clap.fit(Library.open(workspace), {"place": self.place})

    def test_scores_are_cosines_of_words_and_sound(self, workspace: Workspace) -> None:
        model, library = self.make(workspace), Library.open(workspace)
        words = clap_side(library, self.place, 0.2).encode(["please play something with piano"])[0]
        sound = library.feature("audio").matrix[:23]
        wanted = sound @ words / np.linalg.norm(sound, axis=1)
        found = model.score([SAID])[0]
        np.testing.assert_allclose(found[:23], wanted, atol=1e-5)
        assert found[23] == -1, "nobody has listened to it"


class TestClapTuned(OfClap):
    learnt: ClassVar[list[Towers]] = []

    def make(self, workspace: Workspace) -> ClapTuned:
        library = Library.open(workspace)
        if not self.learnt:
            self.learnt.append(ClapTuned.fit(library, QUICK | {"place": self.place}).towers)
        return ClapTuned(clap_side(library, self.place, 0.2), self.learnt[0], self.place)

    def test_it_learns_which_sounds_go_together(self, workspace: Workspace) -> None:
        scores = self.make(workspace).score([PLAYED])
        assert (scores[:, :22:2].mean(axis=1) > scores[:, 1:22:2].mean(axis=1)).all()


@pytest.mark.parametrize("verb", [("fit", "clap"), ("train", "clap-tuned")])
def test_a_workspace_without_audio_gets_one_clear_line(workspace: Workspace, verb: tuple[str, str]) -> None:
    result = segue(*verb, workspace.root)
    assert result.code == 2
    assert "CLAP needs recordings, and no audio feature is here" in result.err
    assert result.err.count("\n") == 1
    assert "--encoder clap" in result.err


def test_vectors_of_other_ears_are_refused(workspace: Workspace, heard_template: Path) -> None:
    feature = Feature(np.ones((24, 24), np.float32), np.ones(24, bool))
    save(workspace, "audio", feature, encoder="musicnn", input_hash="x")
    with pytest.raises(SegueError, match="made by musicnn"):
        Clap.fit(Library.open(workspace), {"place": str(heard_template / "model")})


@pytest.mark.usefixtures("one_encoder")
def test_untrained_maps_are_zero_shot_retrieval(workspace: Workspace) -> None:
    dense = Dense.fit(Library.open(workspace))
    requests = [SAID, TALK, Request()]
    found = score(Towers(dense.vectors.shape[1], dense.decay), side_of(dense), requests)
    np.testing.assert_allclose(found, dense.score(requests), atol=1e-5)


@pytest.mark.usefixtures("one_encoder")
def test_hard_negatives_are_no_targets_and_dislikes_come_first(workspace: Workspace) -> None:
    dense = Dense.fit(Library.open(workspace))
    dialogues = dense.catalogue.dialogues_of("train")
    found = pairs(side_of(dense), dialogues, 20, TowerSettings(negatives=8), 0)
    assert found.parts.shape == (len(found), 4, dense.vectors.shape[1])
    assert all(not set(hard) & set(right) for hard, right in zip(found.hard, found.targets, strict=True))
    assert torch.equal(found.parts[0], pairs(side_of(dense), dialogues, 20, TowerSettings(), 0).parts[0])
