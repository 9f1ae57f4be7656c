"""Training TalkPlay from a workspace to a directory, on a planted pattern."""

import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from segue.data import store
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, Turn, conform, empty
from segue.data.codes import Tokens
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.llm.network import MusicLM
from segue.models.talkplay.learn import Batches, Settings
from segue.models.talkplay.model import TalkPlay
from segue.models.talkplay.sequence import Encoded
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny
from segue.tokens.quantise import tokenise
from segue.tokens.vocabulary import Vocabulary

WORDS = ("calm", "happy", "slow", "rock", "jazz", "river")
ASKS = ("play {} please", "more {} please")
SPOKEN = "here is <|title|> by <|artist|>"


def planted(root: Path) -> Workspace:
    """Six tracks, each asked for by its own word; one modality tells it modulo three, the other the rest."""
    workspace, rng = Workspace(root), np.random.default_rng(0)
    rows = [{"track_id": f"t{n}", "title": word, "artist": f"band {n}"} for n, word in enumerate(WORDS)]
    dialogues = []
    for n in range(160):
        turns: list[Turn] = []
        for row in rng.integers(len(WORDS), size=2).tolist():
            said = ASKS[int(rng.integers(len(ASKS)))].format(WORDS[row])
            turns += [Turn("user", said), Turn("music", f"t{row}", True), Turn("assistant", SPOKEN)]
        dialogues.append(Dialogue(f"d{n}", tuple(turns), "train"))
    tracks = conform("tracks", pl.DataFrame(rows), TRACKS)
    Catalogue(tracks, empty(PLAYS), empty(PLAYLISTS), dialogues).save(workspace)
    for modality, kinds in (("playlist", [0, 1, 2, 0, 1, 2]), ("semantic", [0, 0, 0, 1, 1, 1])):
        matrix = rng.normal(size=(3, 8)).astype(np.float32)[kinds]
        feature = store.Feature(matrix, np.ones(len(WORDS), dtype=bool))
        store.save(workspace, modality, feature, encoder="made-up", input_hash=modality)
    tokenise(workspace, clusters=4)
    return workspace


def save_wide(path: Path) -> str:
    """The tiny model with layers wide enough for its 32 dimensions: it learns in a fraction of the steps."""
    model = AutoModelForCausalLM.from_pretrained(save_tiny(path))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.mul_(3 if "embed" in name else 6)
    model.save_pretrained(path)
    return str(path)


@pytest.fixture(scope="module")
def lm(tmp_path_factory) -> str:
    return save_wide(tmp_path_factory.mktemp("lm") / "tiny")


def settings_of(lm: str, steps: int = 150, lr: float = 5e-3, **more: Any) -> Settings:
    return Settings(size=lm, steps=steps, lr=lr, tokens_a_step=256, context=128, drop=0.05, **more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, lm) -> tuple[Workspace, Path]:
    workspace = planted(tmp_path_factory.mktemp("planted") / "music")
    return workspace, TalkPlay.train(Library.open(workspace), settings_of(lm))


def losses(directory: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


def share_right(model: TalkPlay) -> float:
    """How often the best track is the one asked for, in the wordings of training."""
    asked = list(product(range(len(WORDS)), ASKS))
    requests = [Request((Turn("user", ask.format(WORDS[row])),)) for row, ask in asked]
    best = model.recommend(requests, 1).ids[:, 0]
    return float(np.mean([i == f"t{row}" for i, (row, _) in zip(best, asked, strict=True)]))


def test_the_planted_pattern_is_learnt(trained) -> None:
    workspace, directory = trained
    found = losses(directory)
    assert np.mean([line["music_loss"] for line in found[-10:]]) < 0.2 * found[0]["music_loss"]
    assert (directory / "loss.png").stat().st_size > 1000
    model = TalkPlay.load(directory, Library.open(workspace))
    assert share_right(model) > 0.9
    assert share_right(model.untrained()) < 0.5
    assert model.say(Request((Turn("user", "play jazz please"),)), "t4") == "here is jazz by band 4"


def test_the_directory_opens_with_stock_transformers(trained) -> None:
    workspace, directory = trained
    model, words = (kind.from_pretrained(directory) for kind in (AutoModelForCausalLM, AutoTokenizer))
    messages = [{"role": "user", "content": "play happy please"}]
    text = words.apply_chat_template(messages, tokenize=False) + "<start_of_music>"
    ids = words(text, add_special_tokens=False, return_tensors="pt")
    drawn = words.decode(model.generate(**ids, max_new_tokens=3, do_sample=False)[0, -3:])
    first, second = Tokens.load(workspace).codes[WORDS.index("happy")]
    assert drawn == f"<|playlist-{first}|><|semantic-{second}|><end_of_music>"
    assert json.loads((directory / "card.json").read_text())["modalities"] == ["playlist", "semantic"]


def test_adapters_are_merged_into_a_plain_model(tmp_path, trained, lm) -> None:
    workspace = Workspace(shutil.copytree(trained[0].root, tmp_path / "music"))
    directory = TalkPlay.train(Library.open(workspace), settings_of(lm, steps=80, lr=1e-2, adapters=True))
    assert not list(directory.glob("adapter*"))
    stock = AutoModelForCausalLM.from_pretrained(directory)
    assert type(stock).__name__ == "LlamaForCausalLM"
    base = AutoModelForCausalLM.from_pretrained(lm)
    assert {n for n, _ in stock.named_parameters()} == {n for n, _ in base.named_parameters()}
    words = base.get_input_embeddings().weight
    assert torch.equal(stock.get_input_embeddings().weight[: len(words)], words)
    projections = [m.model.layers[0].self_attn.q_proj.weight for m in (stock, base)]
    assert not torch.allclose(*projections, atol=1e-4)
    found = losses(directory)
    assert found[-1]["music_loss"] < 0.7 * found[0]["music_loss"]
    model = TalkPlay.load(directory, Library.open(workspace))
    assert share_right(model) > share_right(model.untrained())


@pytest.mark.parametrize("priors", [False, True])
def test_an_interrupted_training_ends_with_the_same_weights(
    tmp_path, trained, lm, monkeypatch, priors: bool
) -> None:
    monkeypatch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: HashEncoder())
    settings = settings_of(lm, steps=12, priors=priors)
    whole = TalkPlay.train(Library.open(shutil.copytree(trained[0].root, tmp_path / "a")), settings)
    workspace = Workspace(shutil.copytree(trained[0].root, tmp_path / "b"))
    shutil.rmtree(workspace.model("talkplay"))
    real, calls = MusicLM.loss, []

    def interrupted(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return real(self, *args, **kwargs)

    monkeypatch.setattr(MusicLM, "loss", interrupted)
    with pytest.raises(KeyboardInterrupt):
        TalkPlay.train(Library.open(workspace), settings)
    assert not workspace.model("talkplay").exists()
    resumed = TalkPlay.train(Library.open(workspace), settings)
    assert len(calls) == 6 + 7
    assert losses(resumed) == losses(whole)
    for file in ("model.safetensors", "priors/gates.safetensors")[: 1 + priors]:
        first, second = (load_file(d / file) for d in (whole, resumed))
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)
    assert not (workspace.root / "models" / ".talkplay-training").exists()


def test_refitted_codebooks_need_another_training(tmp_path, trained) -> None:
    workspace = Workspace(shutil.copytree(trained[0].root, tmp_path / "music"))
    tokenise(workspace, clusters=2)
    with pytest.raises(SegueError, match=r"other codebooks.*segue train"):
        TalkPlay.load(workspace.model("talkplay"), Library.open(workspace))


@pytest.mark.parametrize(("gone", "cure"), [("tokens", "segue tokens"), ("dialogues", "segue dialogues")])
def test_what_is_missing_is_named_with_its_cure(tmp_path, trained, lm, gone, cure) -> None:
    workspace = Workspace(shutil.copytree(trained[0].root, tmp_path / "music"))
    if gone == "tokens":
        shutil.rmtree(workspace.tokens)
    else:
        (workspace.catalogue / "dialogues.jsonl").write_text("")
    with pytest.raises(SegueError, match=cure):
        TalkPlay.train(Library.open(workspace), settings_of(lm, steps=2))


def made_up(n: int, vocabulary: Vocabulary) -> list[Encoded]:
    """Dialogues of words whose first id is the dialogue's number, each with codes at random places."""
    rng, found = np.random.default_rng(1), []
    for number in range(n):
        ids = np.concatenate([[number], rng.integers(vocabulary.first, size=rng.integers(3, 60))])
        music = vocabulary.ids(np.stack([rng.integers(s, size=10) for s in vocabulary.sizes], axis=1))
        ids = np.concatenate([ids, music.ravel()])
        found.append(Encoded(ids, ids >= 0))
    return found


VOCABULARY = Vocabulary(("playlist", "semantic"), (7, 5), 500)


def test_batches_are_the_same_in_any_order_of_asking() -> None:
    encoded = made_up(100, VOCABULARY)
    one, other = (Batches(encoded, VOCABULARY, 400, 0.2, seed=3) for _ in range(2))
    forward = [one(step) for step in range(60)]
    for step in (59, 3, 31, 0, 58):
        assert all(torch.equal(a, b) for a, b in zip(forward[step], other(step), strict=True))
    differing = Batches(encoded, VOCABULARY, 400, 0.2, seed=4)
    assert not all(torch.equal(forward[s][0], differing(s)[0]) for s in range(5))


def test_every_dialogue_comes_once_an_epoch_near_others_of_its_length() -> None:
    encoded = made_up(100, VOCABULARY)
    encoded.append(Encoded(np.array([499]), np.array([False])))  # nothing to learn: left out
    batches = Batches(encoded, VOCABULARY, 400, drop=0.0, seed=0)
    orders, step = [], 0
    for _ in range(3):
        seen: list[int] = []
        while len(seen) < 100:
            ids, learn = batches(step)
            seen += ids[:, 0].tolist()
            step += 1
            for row, mask in zip(ids.tolist(), learn, strict=True):
                right = encoded[row[0]].ids.tolist()
                assert row == right + [0] * (len(row) - len(right))
                assert int(mask.sum()) == len(right)
            assert ids.numel() - int(learn.sum()) <= 0.35 * ids.numel()
            assert learn.sum() <= 400 + 80
        assert sorted(seen) == list(range(100))
        orders.append(seen)
    assert orders[0] != orders[1] != orders[2]


def test_codes_are_hidden_as_often_as_asked_and_nothing_else_is_changed() -> None:
    encoded = made_up(200, VOCABULARY)
    plain, hiding = (Batches(encoded, VOCABULARY, 2000, drop, seed=0) for drop in (0.0, 0.25))
    counts = np.zeros((2, 2))
    for step in range(8):
        before, after = plain(step)[0], hiding(step)[0]
        changed = before != after
        for level in range(2):
            none = VOCABULARY.none_id(level)
            is_code = (before >= int(VOCABULARY.offsets[level])) & (before < none)
            counts[level] += [int((changed & is_code).sum()), int(is_code.sum())]
            assert bool((after[changed & is_code] == none).all())
        assert not bool((changed & (before < VOCABULARY.first)).any())
    assert counts[:, 0] / counts[:, 1] == pytest.approx([0.25, 0.25], abs=0.03)


def test_dialogues_without_anything_to_learn_are_an_error() -> None:
    nothing = [Encoded(np.array([1, 2]), np.array([False, False]))]
    with pytest.raises(SegueError, match="anything to learn"):
        Batches(nothing, VOCABULARY, 100, 0.0, 0)
