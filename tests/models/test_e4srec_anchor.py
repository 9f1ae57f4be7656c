"""E4SRec that starts where its ID encoder stands: the same ranks at step 0, never below it on validation."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from segue.data import store
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import History, Play, Request
from segue.data.store import Feature
from segue.features import metadata
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.e4srec.model import E4SRec
from segue.models.e4srec.network import Network
from segue.models.e4srec.settings import Settings
from segue.models.gated_history.model import GatedHistory
from segue.models.heard import Heard
from segue.models.sequential.model import SASRec
from segue.testing.contract import REQUESTS
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny

FAST: dict[str, Any] = {
    "frame": "short", "tokens_a_step": 300, "lr": 5e-3, "gain": 1.0, "bf16": False, "seed": 1,
    "validation": 30, "checks": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny(tmp_path_factory.mktemp("lm") / "tiny"))


@pytest.fixture(scope="module")
def home(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory, lm: str) -> Path:
    """The checkerboard with a metadata feature, a SASRec and an E4SRec over it; never written to."""
    workspace = Workspace(shutil.copytree(checkerboard_template, tmp_path_factory.mktemp("a") / "music"))
    metadata.compute(workspace, encoder=HashEncoder())
    catalogue = Catalogue.load(workspace)
    later = pl.col("playlist_id").is_in([f"p{n}" for n in range(12)])
    split = pl.when(later).then(pl.lit("validation")).otherwise("split").alias("split")
    catalogue.playlists = catalogue.playlists.with_columns(split)
    catalogue.save(workspace)
    SASRec.train(Library.open(workspace), {"epochs": 4, "dim": 16, "plays_a_step": 64, "bf16": False})
    E4SRec.train(Library.open(workspace), FAST | {"size": lm, "steps": 10})
    return workspace.root


@pytest.fixture
def workspace(home: Path, tmp_path: Path) -> Workspace:
    return Workspace(shutil.copytree(home, tmp_path / "music"))


def asked(library: Library) -> list[Request]:
    """The contract's requests, and longer histories."""
    rng = np.random.default_rng(0)
    ids = [str(i) for i in library.catalogue.ids]
    more = [Request(history=tuple(Play(ids[r]) for r in rng.integers(24, size=n))) for n in (1, 7, 60)]
    return [*REQUESTS, *more]


def test_from_gated_evidence_it_ranks_as_that_and_never_below(workspace: Workspace, lm: str) -> None:
    library = Library.open(workspace)
    quick = {"dim": 16, "length": 8, "epochs": 1, "plays_a_step": 64, "bf16": False}
    GatedHistory.train(library, quick | {"moments": 200})
    encoder = GatedHistory.load(workspace.model("gated_history"), library)
    given = FAST | {"size": lm, "length": 5, "steps": 3, "validation": 10}
    model = E4SRec.zero_shot(library, Settings(**given))
    assert model.settings.ids == "gated_history"
    ids = np.array([f"t{n}" for n in (1, 2, 3, 1, 2, 7, 8, 9)], object)
    history = History(ids, np.full(8, np.nan, np.float32), np.arange(8) * 10**9)
    requests = [*asked(library), Request(history=history, at=9 * 10**9)]
    np.testing.assert_array_equal(model.score(requests), encoder.score(requests))
    # The language model learns beside its sequence model.
    network, anchor = model.built.network, model.built.network.anchor
    heard = [np.array([3, 4, 5]), np.array([7])]
    plays = [Heard(rows, np.full(len(rows), np.nan, np.float32)) for rows in heard]
    table = network.table(torch.arange(len(library)), network.fused())
    found = (network.answer(torch.randn(2, 32), heard) @ table.T).detach().softmax(1)
    share = encoder.fitted.evidence.shares(plays)[0][0]
    assert anchor is not None
    np.testing.assert_allclose(found[:, encoder.fitted.evidence.network.scored], share, atol=1e-4)
    trained = E4SRec.fit(library, given)
    assert trained.card["validation_ndcg10"] >= trained.card["encoder_ndcg10"]
    trained.save(workspace.model("e4srec"))
    again = E4SRec.load(workspace.model("e4srec"), library)
    np.testing.assert_allclose(again.score(requests), trained.score(requests), atol=1e-5)


@pytest.mark.parametrize("head", ["tied", "free"])
def test_at_step_0_it_ranks_as_its_encoder(home: Path, lm: str, head: str) -> None:
    library = Library.open(home)
    encoder = SASRec.load(library.workspace.model("sasrec"), library)
    model = E4SRec.zero_shot(library, Settings(**FAST, size=lm, head=head))
    assert model.settings.anchored
    requests = asked(library)
    np.testing.assert_allclose(model.score(requests), encoder.score(requests), atol=1e-6)
    # The loss, too, begins as the encoder's: what is multiplied in training gives its scores.
    network, anchor = model.built.network, model.built.network.anchor
    assert anchor is not None
    heard = [np.array([3, 4, 5]), np.array([7])]
    whole = [Heard(rows, np.full(len(rows), np.nan, np.float32)) for rows in heard]
    query = network.answer(torch.randn(2, 32), heard)
    rows = torch.arange(len(library))
    table = network.table(rows, network.fused())
    met = encoder.met
    found = (query @ table.T).detach().numpy()[:, met]
    np.testing.assert_allclose(found, anchor.scores(whole)[:, met], atol=1e-4)


def test_on_validation_it_is_never_below_its_encoder(home: Path) -> None:
    card = E4SRec.load(Workspace(home).model("e4srec"), Library.open(home)).card
    assert card["validation_ndcg10"] >= card["encoder_ndcg10"]
    assert card["gate_learnt"] != 0


def test_where_the_language_model_does_harm_the_gate_is_closed(
    workspace: Workspace, lm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def against(network: Network, prompter: object, plays: Sequence[Heard]) -> Floats:
        """The opposite of what the encoder says, at any gate but zero."""
        assert network.anchor is not None
        return np.asarray(-1e6 * network.anchor.scores(plays), np.float32)

    monkeypatch.setattr("segue.models.e4srec.learn.llm_scores", against)
    library = Library.open(workspace)
    model = E4SRec.fit(library, FAST | {"size": lm, "steps": 3})
    monkeypatch.undo()
    assert model.card["gate"] == 0
    encoder = SASRec.load(workspace.model("sasrec"), library)
    np.testing.assert_allclose(model.score(asked(library)), encoder.score(asked(library)), atol=1e-6)


def test_it_keeps_its_encoder_whatever_becomes_of_the_workspaces(workspace: Workspace) -> None:
    """SASRec trained again and the catalogue turned around: every track keeps its score."""
    library = Library.open(workspace)
    model = E4SRec.load(workspace.model("e4srec"), library)
    requests = asked(library)
    wanted = [dict(zip(model.catalogue.ids, line, strict=True)) for line in model.score(requests)]
    SASRec.train(library, {"steps": 1, "dim": 8, "plays_a_step": 64})
    catalogue = Catalogue.load(workspace)
    catalogue.tracks = catalogue.tracks.reverse()
    catalogue.save(workspace)
    feature, card, _ = store.load_any(workspace, "metadata")
    turned = Feature(feature.matrix[::-1].copy(), feature.present[::-1].copy())
    store.save(workspace, "metadata", turned, encoder=card["encoder"], input_hash="2", space=card["space"])
    again = E4SRec.load(workspace.model("e4srec"), Library.open(workspace))
    for line, was in zip(again.score(requests), wanted, strict=True):
        assert dict(zip(again.catalogue.ids, line, strict=True)) == pytest.approx(was, abs=1e-4)


def test_the_published_form_stands_beside_it(home: Path, lm: str) -> None:
    library = Library.open(home)
    alone = E4SRec.zero_shot(library, Settings(**FAST, size=lm, start="random"))
    assert alone.built.network.anchor is None
    published = E4SRec.zero_shot(library, Settings(**FAST, size=lm, as_published=True))
    assert published.built.network.anchor is None
    with pytest.raises(SegueError, match="no sequential recommender to start from"):
        E4SRec.zero_shot(library, Settings(**FAST, size=lm, ids="playlist", start="encoder"))
