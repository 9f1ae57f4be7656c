"""TalkPlay behind the contract, trained with a tiny random LLM on the checkerboard."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoModelForCausalLM

from segue.data.catalogue import TRACKS, Catalogue, Dialogue, Turn, conform
from segue.data.library import Library
from segue.data.request import Request
from segue.dialogues.format import moments
from segue.features import metadata, playlist, semantic
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.llm.network import MusicLM
from segue.models.recommender import Recommender
from segue.models.retrieval.bm25 import BM25
from segue.models.retrieval.dense import Dense
from segue.models.talkplay.gated.clues import PRIOR, Clues
from segue.models.talkplay.model import TalkPlay
from segue.models.talkplay.sequence import Asked
from segue.testing.contract import PLAYED, REQUESTS, SAID, TALK, RecommenderContract
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny
from segue.tokens.quantise import tokenise

WITH_PRIORS = "talkplay_priors"
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
    told = {"size": str(save_tiny(root / "lm")), "lr": 1e-2, "tokens_a_step": 512, "context": 256}
    TalkPlay.train(Library.open(workspace), {**told, "steps": 150})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: encoder)
        TalkPlay.train(Library.open(workspace), {**told, "steps": 10, "priors": True}, WITH_PRIORS)
    return root / "music"


@pytest.fixture
def workspace(trained_template: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(trained_template, tmp_path / "music")
    return Workspace(tmp_path / "music")


@pytest.fixture(autouse=True)
def no_text_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash encoder stands in for MiniLM."""
    monkeypatch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: HashEncoder())


class Published(RecommenderContract):
    """What holds for the published form, without and with priors."""

    trained: ClassVar[str] = "talkplay"
    informed_by = (SAID,)
    tolerance = 1e-3

    def make(self, workspace: Workspace) -> TalkPlay:
        return TalkPlay.load(workspace.model(self.trained), Library.open(workspace))

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


class TestTalkPlay(Published):
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


def fixed_weights(model: TalkPlay, request: Request) -> np.ndarray[Any, Any]:
    """Log-probability of every track by the fixed weights over the clues; -inf where not allowed."""
    assert model.priors is not None
    scores = model.priors.clues.table([request])[0][:, 1::3] @ np.array(list(PRIOR.values()), np.float32)
    scores[~model.allowed(request)] = -np.inf
    return scores - np.logaddexp.reduce(scores)


class TestWithPriors(Published):
    trained = WITH_PRIORS
    informed_by = (SAID, PLAYED, TALK)

    @pytest.mark.parametrize("request_", [*REQUESTS, Request(SAID.messages, where={"tags": "guitar"})])
    def test_before_training_the_ranking_is_the_fixed_weights(self, model: Any, request_: Any) -> None:
        wanted, found = fixed_weights(model, request_), model.untrained().score([request_])[0]
        there = np.isfinite(wanted)
        np.testing.assert_allclose(found[there], wanted[there], atol=1e-4)
        assert found[~there].max(initial=-np.inf) < found[there].min()

    def test_training_moves_every_part(self, model: Any) -> None:
        begun = dict(model.untrained().priors.gates.named_parameters())
        for name, parameter in model.priors.gates.named_parameters():
            assert not torch.allclose(parameter, begun[name], atol=1e-6), name

    def test_what_is_sampled_is_a_tuple_of_an_allowed_track(self, model: Any) -> None:
        request = Request(SAID.messages, where={"tags": "guitar"})
        tuples = {tuple(c) for c in np.where(model.tokens.codes < 0, -2, model.tokens.codes)[1::2]}
        published = model.published()
        for seed in range(20):
            published.seed = seed
            assert tuple(published.sampled(request)) in tuples

    def test_the_directory_opens_with_stock_transformers(self, workspace: Workspace) -> None:
        directory = workspace.model(self.trained)
        assert type(AutoModelForCausalLM.from_pretrained(directory)).__name__ == "LlamaForCausalLM"
        assert (directory / "priors" / "gates.safetensors").exists()
        assert json.loads((directory / "card.json").read_text())["settings"]["priors"] is True


def test_in_training_the_playlist_of_a_dialogue_does_not_count(workspace: Workspace) -> None:
    library = Library.open(workspace)
    priors = TalkPlay.load(workspace.model(WITH_PRIORS), library).priors
    assert priors is not None
    turns = (Turn("user", "Cedar"), Turn("music", "t2"), Turn("user", "more piano"), Turn("music", "t4"))
    asked = [Asked(1, 2), Asked(3, 4)]
    found = priors.learnt(0, Dialogue("sim-p8-0", turns, "train"), asked, [7])
    catalogue = Catalogue.load(workspace)
    catalogue.playlists = catalogue.playlists.filter(pl.col("playlist_id") != "p8")
    without = Clues(BM25(catalogue, rarity=priors.clues.bm25.rarity), Dense.fit(library))
    request = Request(turns[:3])
    (learnt,) = found
    assert (learnt.place, learnt.track, learnt.allowed.tolist()) == (7, 4, [n != 2 for n in range(24)])
    np.testing.assert_allclose(priors.tables(found)[0], without.table([request])[0], atol=2e-3)
    assert np.abs(priors.tables(found)[0] - priors.clues.table([request])[0]).max() > 0.01


def test_the_loss_of_a_track_is_its_tuples_chance(workspace: Workspace) -> None:
    """By brute force: the priors of the tracks of a tuple, and the model's own logits along the trie."""
    library = Library.open(workspace)
    model = TalkPlay.load(workspace.model(WITH_PRIORS), library)
    priors, encoder, n = model.priors, model.encoder, len(model.vocabulary.sizes)
    assert priors is not None
    turns = (Turn("user", "more piano"), Turn("music", "t4"))
    ids = torch.from_numpy(encoder.encode(turns).ids)[None]
    learn, start = torch.zeros(ids.shape, dtype=torch.bool), ids[0].tolist().index(encoder.start)
    learn[0, start + 1 : start + 1 + n] = True
    states, logits = torch.randn(1, ids.shape[1], 32), torch.randn(n, len(model.vocabulary))
    more = priors.more([Dialogue("d", turns, "train")], encoder, ids, learn)(states, logits)
    gates = priors.gates(states[:, start], torch.tensor([[1.0, 1.0]]))[0]
    scores = priors.clues.table([Request(turns[:1])], ["d"])[0] @ gates.numpy()
    below, codes = np.ones(24, bool), model.codes
    for level, (begin, size) in enumerate(zip(model.vocabulary.offsets, model.vocabulary.sizes, strict=True)):
        first = int(begin) - model.vocabulary.first
        own = torch.log_softmax(logits[level, first : first + size], 0).numpy()
        own = np.append(own, np.log(np.exp(own) @ model.shares[level]))
        weight = float(priors.gates.own[level])
        chances = {
            c: weight * own[c] + np.logaddexp.reduce(scores[below & (codes[:, level] == c)])
            for c in set(codes[below, level].tolist())
        }
        code = int(codes[4, level])
        wanted = np.logaddexp.reduce(list(chances.values())) - chances[code]
        assert float(more[level]) == pytest.approx(wanted, abs=2e-2)
        below &= codes[:, level] == code


def test_dialogues_put_aside_set_the_fixed_gates_and_the_trust_alone(workspace: Workspace) -> None:
    model = TalkPlay.load(workspace.model(WITH_PRIORS), Library.open(workspace)).untrained()
    priors, held = model.priors, model.catalogue.dialogues_of("validation")
    assert priors is not None
    found = [m for d in held for m in moments(d)]

    def likely() -> float:
        scores = model.score([m.request for m in found])
        return float(
            np.mean([line[model.catalogue.rows[m.targets[0]]] for line, m in zip(scores, found, strict=True)])
        )

    before = {name: t.clone() for name, t in priors.gates.state_dict().items()}, likely()
    priors.settle(lambda request: model.score([request])[0], held[:10], seed=0)
    assert all(torch.equal(t, before[0][name]) for name, t in priors.gates.state_dict().items())
    priors.settle(lambda request: model.score([request])[0], held, seed=0)
    changed = {n for n, t in priors.gates.state_dict().items() if not torch.equal(t, before[0][n])}
    assert {"static"} <= changed <= {"static", "trust"}
    model._asked = None
    assert likely() > before[1] + 0.1


def test_gradients_reach_the_gates_and_the_model(workspace: Workspace) -> None:
    model = TalkPlay.load(workspace.model(WITH_PRIORS), Library.open(workspace))
    priors, encoder = model.priors, model.encoder
    assert priors is not None
    priors.gates.requires_grad_(True)
    network = MusicLM(model.model, model.vocabulary, train_words=False)
    turns = (Turn("user", "more piano"), Turn("music", "t4"))
    encoded = encoder.encode(turns)
    ids, learn = (torch.from_numpy(x)[None] for x in (encoded.ids, encoded.learn))
    found = network.loss(ids, learn, more=priors.more([Dialogue("d", turns, "train")], encoder, ids, learn))
    parts = [*priors.gates.parameters(), network.table.music]
    grads = torch.autograd.grad(found.music, parts)
    assert all(bool((g != 0).any()) for g in grads)
