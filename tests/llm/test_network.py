"""MusicLM: its cheap loss estimates the full one, its forward pass is the stock model's."""

import numpy as np
import pytest
import torch

from segue.llm.load import load_causal_lm, load_tokenizer
from segue.llm.network import MusicLM, common_words
from segue.llm.vocabulary import extend
from segue.testing.tiny_llm import save_tiny


def build(tmp_path, *, tied=True, kind="llama", train_words=False):
    path = save_tiny(tmp_path / f"{kind}-{tied}", tied=tied, kind=kind)
    model, tokenizer = load_causal_lm(str(path)), load_tokenizer(str(path))
    vocabulary = extend(model, tokenizer, ("playlist", "metadata"), (6, 5), seed=1)
    return model, vocabulary, MusicLM(model, vocabulary, train_words=train_words)


def batch(vocabulary, seed=0):
    rng = np.random.default_rng(seed)
    ids = torch.from_numpy(rng.integers(0, vocabulary.first + len(vocabulary), (3, 12)))
    learn = torch.from_numpy(rng.random((3, 12)) < 0.5)
    return ids, learn


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
@pytest.mark.parametrize("tied", [True, False])
def test_full_loss_is_stock_transformers(tmp_path, tied, kind) -> None:
    model, vocabulary, network = build(tmp_path, tied=tied, kind=kind)
    ids, learn = batch(vocabulary)
    found = network.loss(ids, learn, full=True)
    labels = torch.where(learn, ids, -100)
    stock = model(input_ids=ids, labels=labels).loss
    ours = (found.music + found.words) / (found.n_music + found.n_words)
    assert ours.item() == pytest.approx(stock.item(), rel=1e-4)


def test_sampled_loss_estimates_the_full_one(tmp_path) -> None:
    _, vocabulary, network = build(tmp_path)
    ids, learn = batch(vocabulary)
    with torch.no_grad():
        full = network.loss(ids, learn, full=True)
        sampled = [network.loss(ids, learn, n_sampled=64) for _ in range(40)]
    assert np.mean([float(s.music) for s in sampled]) == pytest.approx(float(full.music), rel=0.01)
    assert np.mean([float(s.words) for s in sampled]) == pytest.approx(float(full.words), rel=0.01)


@pytest.mark.parametrize("train_words", [True, False])
def test_gradients_reach_what_learns_and_nothing_else(tmp_path, train_words) -> None:
    model, vocabulary, network = build(tmp_path, train_words=train_words)
    ids, learn = batch(vocabulary)
    found = network.loss(ids, learn)
    (found.music + found.words).backward()
    assert network.table.music.grad is not None
    assert (network.table.words.grad is not None) == train_words
    assert all(p.grad is not None for n, p in model.named_parameters() if "layers" in n)


def test_write_back_puts_the_learnt_rows_into_the_stock_model(tmp_path) -> None:
    _, vocabulary, network = build(tmp_path)
    ids, learn = batch(vocabulary)
    with torch.no_grad():
        network.table.music += 0.5
        before = network.loss(ids, learn, full=True)
        again = MusicLM(network.write_back(), vocabulary, train_words=False).loss(ids, learn, full=True)
    assert float(again.music) == pytest.approx(float(before.music), rel=1e-5)


def test_padding_on_the_right_changes_nothing(tmp_path) -> None:
    _, vocabulary, network = build(tmp_path)
    ids, learn = batch(vocabulary)
    with torch.no_grad():
        plain = network.loss(ids, learn, full=True)
        wide = torch.nn.functional.pad(ids, (0, 7)), torch.nn.functional.pad(learn, (0, 7))
        padded = network.loss(*wide, full=True)
    assert float(padded.music) == pytest.approx(float(plain.music), rel=1e-5)


COMMON = torch.tensor([7, 3, 250])


@pytest.mark.parametrize("tied", [True, False])
def test_common_words_learn_and_the_others_move_together(tmp_path, tied) -> None:
    model, vocabulary, _ = build(tmp_path, tied=tied)
    before = model.get_output_embeddings().weight.detach().clone()[: vocabulary.first]
    network = MusicLM(model, vocabulary, train_words=False, common=COMMON)
    ids, learn = batch(vocabulary)
    with torch.no_grad():
        plain = network.loss(ids, learn, full=True)
    labels = torch.where(learn, ids, -100)
    stock = model(input_ids=ids, labels=labels).loss
    ours = (plain.music + plain.words) / (plain.n_music + plain.n_words)
    assert ours.item() == pytest.approx(stock.item(), rel=1e-4)
    found = network.loss(ids, learn)
    (found.music + found.words).backward()
    learning = {n: p for n, p in network.named_parameters() if p.requires_grad and "layers" not in n}
    names = ("table", "head") if not tied else ("table",)
    expected = {f"{t}.{part}" for t in names for part in ("music", "common", "shift")}
    assert {n for n in learning if not n.startswith("model.")} == expected
    with torch.no_grad():
        for n in expected:
            learning[n] -= 0.1 * learning[n].grad.sign()
        learnt = network.loss(ids, learn, full=True)
    stock = network.write_back()(input_ids=ids, labels=labels).loss
    ours = (learnt.music + learnt.words) / (learnt.n_music + learnt.n_words)
    assert ours.item() == pytest.approx(stock.item(), rel=1e-4)
    network.write_back()  # a second time changes nothing
    moved = model.get_output_embeddings().weight[: vocabulary.first] - before
    others = torch.ones(vocabulary.first, dtype=torch.bool)
    others[COMMON] = False
    assert torch.allclose(moved[others], moved[0].expand_as(moved[others]), atol=1e-6)
    assert moved[0].abs().max() > 0.05
    assert not torch.allclose(moved[COMMON], moved[0].expand(3, -1), atol=1e-3)


def test_common_words_are_always_scored(tmp_path) -> None:
    model, vocabulary, _ = build(tmp_path)
    network = MusicLM(model, vocabulary, train_words=False, common=torch.arange(vocabulary.first))
    ids, learn = batch(vocabulary)
    with torch.no_grad():
        full, ours = network.loss(ids, learn, full=True), network.loss(ids, learn, n_sampled=5)
    assert float(ours.words) == pytest.approx(float(full.words), rel=1e-5)
    assert float(ours.music) == pytest.approx(float(full.music), rel=1e-5)


def test_common_words_are_the_most_frequent_targets() -> None:
    targets = np.array([5, 9, 5, 2, 5, 9, 700, 700, 700, 700])
    assert common_words(targets, 500).tolist() == [5, 9, 2]
    assert common_words(targets, 500, most=2).tolist() == [5, 9]
    assert common_words(targets[-2:], 500).tolist() == []
