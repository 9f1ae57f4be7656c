"""Ranking by the likelihood of names: against one name at a time, and behind the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import segue.models.e4srec.title_likelihood as module
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.e4srec.title_likelihood import OPENING, TitleLikelihood
from segue.testing.contract import PLAYED, RecommenderContract
from segue.testing.tiny_llm import save_tiny


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny(tmp_path_factory.mktemp("lm") / "tiny"))


class TestTitleLikelihood(RecommenderContract):
    """An untrained language model knows nothing of the checkerboard: no pattern to find."""

    @pytest.fixture(autouse=True)
    def language_model(self, lm: str) -> None:
        self.lm = lm

    def make(self, workspace: Workspace) -> TitleLikelihood:
        return TitleLikelihood.fit(Library.open(workspace), {"size": self.lm})

    def test_all_names_at_once_are_each_name_alone(self, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "CHUNK", 100)
        assert len(list(model._parts())) > 1
        found = model.likelihood([0, 4])
        texts = [OPENING, model.names[0] + "\n", model.names[4] + "\n"]
        prompt = [i for text in texts for i in model.tokenizer(text, add_special_tokens=False)["input_ids"]]
        for row in (0, 7, 23):
            ids = model.tokenizer(model.names[row] + "\n", add_special_tokens=False)["input_ids"]
            with torch.no_grad():
                logits = torch.log_softmax(model.lm(torch.tensor([prompt + ids])).logits[0], dim=-1)
            alone = logits[len(prompt) - 1 : -1].gather(1, torch.tensor(ids)[:, None]).mean()
            assert found[row] == pytest.approx(float(alone), abs=1e-4)

    def test_centred_is_less_the_likelihood_after_nothing(self, model: Any) -> None:
        assert model.score([Request()]) == pytest.approx(np.zeros((1, 24)), abs=1e-6)
        wanted = model.likelihood([0, 4, 6]) - model.likelihood([])
        np.testing.assert_allclose(model.score([PLAYED])[0], wanted, atol=1e-5)

    def test_too_many_tracks_are_refused(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST", 20)
        with pytest.raises(SegueError, match="24 tracks are too many"):
            self.make(workspace)

    def test_too_long_a_prompt_is_refused(self, workspace: Workspace, tmp_path: Path) -> None:
        catalogue = Catalogue.load(workspace)
        catalogue.tracks = catalogue.tracks.with_columns(title=catalogue.tracks["title"] + " word" * 900)
        catalogue.save(workspace)
        with pytest.raises(SegueError, match="more than the 2048 that fit"):
            self.make(workspace).score([PLAYED])
