"""Language models that are only read are in memory once, whoever asks."""

import gc
from pathlib import Path
from typing import Any

import pytest
import torch

from segue.llm import load
from segue.llm.adapters import adapt
from segue.llm.load import load_causal_lm, load_size, load_tokenizer, shared_lm
from segue.llm.vocabulary import extend
from segue.testing.tiny_llm import save_tiny

IDS = torch.arange(3, 20)[None]


def storages(model: Any) -> set[int]:
    return {p.untyped_storage().data_ptr() for p in model.parameters()}


@torch.no_grad()
def logits(model: Any) -> torch.Tensor:
    return model(input_ids=IDS).logits


@pytest.fixture(params=[True, False], ids=["tied", "untied"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(save_tiny(tmp_path / "lm", tied=request.param))


def test_two_readers_have_the_same_weights_and_the_right_ones(path: str) -> None:
    one, two, alone = shared_lm(path), shared_lm(path), load_causal_lm(path)
    assert storages(one) == storages(two)
    assert not storages(one) & storages(alone)
    assert torch.equal(logits(one), logits(alone))
    assert (one.get_input_embeddings().weight is one.get_output_embeddings().weight) == (
        alone.get_input_embeddings().weight is alone.get_output_embeddings().weight
    )
    assert storages(load_size(path, shared=True)[0]) == storages(one)
    assert shared_lm(path, torch.bfloat16).dtype == torch.bfloat16


def test_what_one_reader_changes_the_other_does_not_see(path: str) -> None:
    reader = shared_lm(path)
    before, size = logits(reader).clone(), reader.get_input_embeddings().weight.shape[0]
    cut, adapted, extended = shared_lm(path), shared_lm(path), shared_lm(path)
    cut.get_decoder().layers = cut.get_decoder().layers[:1]
    adapt(adapted.get_decoder(), rank=2, alpha=4)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.ones_(parameter)
    tokenizer = load_tokenizer(path)
    extend(extended, tokenizer, ("playlist",), (4,))
    for other in (cut, adapted, extended):
        assert not torch.equal(logits(other)[..., :size], before) or other is extended
    assert torch.equal(logits(reader), before)
    assert not any(p.requires_grad for p in reader.parameters())


def test_a_matrix_with_room_is_copied_before_it_is_written(path: str, tmp_path: Path) -> None:
    roomy = load_causal_lm(path)
    roomy.resize_token_embeddings(len(load_tokenizer(path)) + 64, mean_resizing=False)
    roomy.save_pretrained(tmp_path / "roomy")
    load_tokenizer(path).save_pretrained(tmp_path / "roomy")
    name = str(tmp_path / "roomy")
    reader, writer = shared_lm(name), shared_lm(name)
    before = reader.get_input_embeddings().weight.clone()
    extend(writer, load_tokenizer(name), ("playlist",), (4,))
    assert torch.equal(reader.get_input_embeddings().weight, before)
    assert not torch.equal(writer.get_input_embeddings().weight, before)
    assert len(storages(writer) - storages(reader)) == (1 if reader.config.tie_word_embeddings else 2)


def test_weights_go_with_their_last_reader(path: str) -> None:
    one, two = shared_lm(path), shared_lm(path)
    n = len(load._LOADED)
    del one
    gc.collect()
    assert len(load._LOADED) == n
    del two
    gc.collect()
    assert len(load._LOADED) == n - 1


def test_a_model_that_was_trained_again_is_read_again(path: str) -> None:
    old = shared_lm(path)
    save_tiny(Path(path), seed=1, tied=old.config.tie_word_embeddings)
    assert not torch.equal(logits(shared_lm(path)), logits(old))
