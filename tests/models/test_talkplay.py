"""TalkPlay behind the contract, trained with a tiny random LLM on the checkerboard."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import TRACKS, Catalogue, Dialogue, Turn, conform
from segue.data.library import Library
from segue.data.request import Request
from segue.features import metadata, playlist, semantic
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.recommender import Recommender
from segue.models.talkplay.learn import Settings
from segue.models.talkplay.model import TalkPlay
from segue.testing.contract import REQUESTS, SAID, TALK, RecommenderContract
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny
from segue.tokens.quantise import tokenise

INSTRUMENTS = ("piano", "guitar")
"""Of the two communities of the checkerboard."""


@pytest.fixture(scope="session")
def trained_template(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkerboard with tokens and a trained model; to be copied, never written to."""
    root = tmp_path_factory.mktemp("talkplay")
    shutil.copytree(checkerboard_template, root / "music")
    workspace = Workspace(root / "music")
    encoder = HashEncoder()
    semantic.compute(workspace, encoder=encoder)
    metadata.compute(workspace, encoder=encoder)
    tokenise(workspace, clusters=6)
    catalogue, rng = Catalogue.load(workspace), np.random.default_rng(0)
    for n in range(120):
        side, row = n % 2, int(rng.integers(12))
        asked = f"please play something with {INSTRUMENTS[side]}"
        turns = (
            Turn("user", asked),
            Turn("music", f"t{2 * row + side}", True),
            Turn("assistant", "here it is"),
        )
        catalogue.dialogues.append(Dialogue(f"asked-{n}", turns, "train"))
    catalogue.save(workspace)
    lm = save_tiny(root / "lm")
    TalkPlay.train(
        Library.open(workspace), Settings(size=str(lm), steps=150, lr=1e-2, tokens_a_step=512, context=256)
    )
    return root / "music"


@pytest.fixture
def workspace(trained_template: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(trained_template, tmp_path / "music")
    return Workspace(tmp_path / "music")


class TestTalkPlay(RecommenderContract):
    informed_by = (SAID,)
    tolerance = 1e-3

    @pytest.fixture(autouse=True)
    def no_text_encoder(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The hash encoder stands in for MiniLM."""
        monkeypatch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: HashEncoder())

    def make(self, workspace: Workspace) -> TalkPlay:
        return TalkPlay.load(workspace.model("talkplay"), Library.open(workspace))

    def test_tracks_that_came_after_fit_are_scored(
        self, model: Any, workspace: Workspace, tmp_path: Path
    ) -> None:
        catalogue = Catalogue.load(workspace)
        new = pl.DataFrame(
            {"track_id": ["new1", "new2"], "title": ["Zircon", "Quince"], "artist": ["A", "B"]}
        )
        catalogue.tracks = pl.concat([catalogue.tracks, conform("tracks", new, TRACKS)])
        catalogue.save(workspace)
        with pytest.raises(SegueError, match="segue"):
            self.make(workspace)
        playlist.compute(workspace)
        semantic.compute(workspace, encoder=HashEncoder())
        metadata.compute(workspace, encoder=HashEncoder())
        tokenise(workspace)
        again = self.make(workspace)
        scores = again.score(REQUESTS)
        assert scores.shape == (len(REQUESTS), 26)
        assert np.isfinite(scores).all()
        assert "new2" in again.recommend([TALK], 26).ids[0]

    def test_published_decoding_gives_weighted_overlaps(self, model: Any) -> None:
        scores = model.published().score([SAID])[0]
        sums = {a + b + c for a in (0, 25) for b in (0, 16) for c in (0, 9)}
        assert set(scores.tolist()) <= sums

    @pytest.mark.parametrize("request_", [*REQUESTS, Request(SAID.messages, where={"tags": "guitar"})])
    def test_published_lookup_gives_what_sorting_all_scores_gives(self, model: Any, request_: Any) -> None:
        published = model.published()
        fast, plain = (kind.recommend(published, [request_], 30) for kind in (TalkPlay, Recommender))
        assert fast.ids.tolist() == plain.ids.tolist()
        assert fast.scores.tolist() == plain.scores.tolist()

    def test_reply_gives_tracks_then_a_sentence_that_names_the_first(self, model: Any) -> None:
        ids, sentence = list(model.reply(SAID, 3))
        assert ids == model.recommend([SAID], 3).ids[0].tolist()
        assert isinstance(sentence, str)
        assert sentence

    def test_training_beats_the_untrained_self(self, model: Any) -> None:
        right = np.arange(24) % 2 == 0
        trained, fresh = (m.score([SAID])[0] for m in (model, model.untrained()))
        gap = [s[right].mean() - s[~right].mean() for s in (trained, fresh)]
        assert gap[0] > gap[1] + 0.5

    def test_tracks_of_one_tuple_are_ordered_by_what_was_said(self, model: Any) -> None:
        model.codes[:] = model.codes[0]
        model.trie = type(model.trie)(model.codes)
        model.crowd[:] = 0
        encoder, vectors = model.ask
        wanted = np.argsort(-(vectors @ encoder([SAID.said[-1]])[0]), kind="stable")
        found = np.argsort(-model.score([SAID])[0], kind="stable")
        assert found[:3].tolist() == wanted[:3].tolist()
