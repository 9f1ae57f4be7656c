"""The papers' text encoders: short names, and tiny models of their architectures loaded from a folder."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer, models
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
from tokenizers import models as token_models
from transformers import (
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from segue.encoders.long_text import WholeText
from segue.encoders.text import NAMES, TextEncoder, resolve
from segue.kit.errors import SegueError

CORPUS = ["down by the harbour the lanterns are burning", "nobody answers the letters I send", "愛の歌"]
DIM = 16
SMALL = {"hidden_size": DIM, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
SMALL |= {"initializer_range": 0.5}  # so that the vectors of different texts differ
LIMIT = 64


def tokenizer(pad: str, unknown: str, start: str, end: str) -> PreTrainedTokenizerFast:
    """A tokenizer of pieces of words, trained on a few lines, with marks at the ends of a text."""
    tokens = Tokenizer(token_models.Unigram())
    tokens.normalizer = normalizers.NFKC()
    tokens.pre_tokenizer, tokens.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    marks = list(dict.fromkeys([start, pad, end, unknown] if start else [pad, end, unknown]))
    trainer = trainers.UnigramTrainer(
        vocab_size=120, special_tokens=marks, unk_token=unknown, show_progress=False
    )
    tokens.train_from_iterator(CORPUS * 20, trainer)
    form = f"{start} $A {end}" if start else f"$A {end}"
    ids = [(m, tokens.token_to_id(m)) for m in dict.fromkeys((start, end)) if m]
    tokens.post_processor = processors.TemplateProcessing(single=form, special_tokens=ids)
    named = {"pad_token": pad, "unk_token": unknown, "eos_token": end} | (
        {"bos_token": start} if start else {}
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokens, **named)


def mpnet(folder: Path) -> list[Any]:
    words = tokenizer("<pad>", "[UNK]", "<s>", "</s>")
    config = MPNetConfig(vocab_size=len(words), max_position_embeddings=LIMIT + 2, **SMALL)
    return [*network(folder, MPNetModel(config), words, "mean"), models.Normalize()]


def bge_m3(folder: Path) -> list[Any]:
    words = tokenizer("<pad>", "<unk>", "<s>", "</s>")
    config = XLMRobertaConfig(
        vocab_size=len(words), max_position_embeddings=LIMIT + 2, pad_token_id=1, **SMALL
    )
    return [*network(folder, XLMRobertaModel(config), words, "cls"), models.Normalize()]


def sentence_t5(folder: Path) -> list[Any]:
    words = tokenizer("<pad>", "<unk>", "", "</s>")
    config = T5Config(vocab_size=len(words), d_model=DIM, d_kv=8, d_ff=32, num_layers=2, num_heads=2)
    dense = models.Dense(DIM, 8, bias=False, activation_function=torch.nn.Identity())
    return [*network(folder, T5EncoderModel(config), words, "mean"), dense, models.Normalize()]


def network(folder: Path, model: Any, words: PreTrainedTokenizerFast, pooling: str) -> list[Any]:
    """The first two parts: a network that was saved and loaded, and how its tokens are pooled."""
    model.eval().save_pretrained(folder)
    words.save_pretrained(folder)
    first = models.Transformer(str(folder), max_seq_length=LIMIT)
    return [first, models.Pooling(DIM, pooling)]


BUILDERS = {"mpnet": mpnet, "bge-m3": bge_m3, "sentence-t5": sentence_t5}


@pytest.fixture(scope="module", params=BUILDERS)
def saved(request, tmp_path_factory) -> Path:
    """A tiny model as sentence-transformers saves it."""
    torch.manual_seed(0)
    build: Callable[[Path], list[Any]] = BUILDERS[request.param]
    parts = build(tmp_path_factory.mktemp("network"))
    folder = tmp_path_factory.mktemp(request.param) / "model"
    SentenceTransformer(modules=parts, device="cpu").save(str(folder))
    return folder


def test_a_model_of_the_papers_architecture_loads_from_a_folder(saved):
    encoder = TextEncoder(str(saved), device="cpu", precision="float32")
    vectors = encoder.encode([*CORPUS, CORPUS[0]])
    plain = SentenceTransformer(str(saved), device="cpu").encode(CORPUS, normalize_embeddings=True)
    np.testing.assert_allclose(vectors[:3], plain, atol=1e-5)
    np.testing.assert_array_equal(vectors[0], vectors[3])
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3
    assert not list(saved.rglob("*.bin"))


def test_its_own_limit_is_known_and_long_texts_are_read_whole(saved):
    encoder = TextEncoder(str(saved), device="cpu", precision="float32")
    assert encoder.limit == LIMIT
    text = "\n".join(CORPUS[:2] * 8)
    assert encoder.lengths([text])[0] > 2 * LIMIT
    chunks = WholeText(encoder).chunks(text)
    assert max(n for _, n in chunks) <= LIMIT
    assert [w for chunk, _ in chunks for w in chunk.split()] == text.split()
    other = text + "\n" + "愛の歌 " * 30
    same, different = encoder.encode([text, other]), WholeText(encoder).encode([text, other])
    np.testing.assert_allclose(same[0], same[1], atol=1e-5)
    assert np.abs(different[0] - different[1]).max() > 1e-3


def test_the_short_names_are_the_papers_models():
    assert resolve("mpnet") == "sentence-transformers/all-mpnet-base-v2"
    assert resolve("bge-m3") == "BAAI/bge-m3"
    assert TextEncoder("mpnet").identity == TextEncoder("sentence-transformers/all-mpnet-base-v2").identity
    assert TextEncoder("minilm").identity == TextEncoder().identity
    assert {"sentence-t5", "nv-embed-v2", "multilingual-mpnet"} <= set(NAMES)


def test_a_folder_comes_before_a_short_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mpnet").mkdir()
    assert resolve("mpnet") == "mpnet"
    assert TextEncoder("mpnet").identity.startswith("mpnet@")


def test_code_of_the_model_s_own_is_not_run_unasked(tmp_path):
    with pytest.raises(
        SegueError, match=r"NV-Embed-v2: this text model runs code of its own.*trust_remote_code"
    ):
        TextEncoder("nv-embed-v2").encode(["a"])
    trap = 'from pathlib import Path\nPath("ran").write_text("x")\nclass C: ...\n'
    (tmp_path / "theirs.py").write_text(trap)
    parts = {"AutoConfig": "theirs.C", "AutoModel": "theirs.C"}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "theirs", "auto_map": parts}))
    with pytest.raises(SegueError, match="runs code of its own"):
        TextEncoder(str(tmp_path)).encode(["a"])
    assert not Path("ran").exists()


def test_cut_texts_are_counted_in_a_warning(saved, caplog):
    encoder = TextEncoder(str(saved), device="cpu", precision="float32")
    with caplog.at_level(logging.WARNING, "segue.encoders.text"):
        encoder.encode(CORPUS)
    assert not caplog.records
    long = [" ".join(CORPUS[:2] * 8), " ".join(CORPUS[:2] * 9)]
    with caplog.at_level(logging.WARNING, "segue.encoders.text"):
        encoder.encode([*long, *CORPUS, long[0]])
    assert [r.message.partition(":")[2] for r in caplog.records] == [" 2 of 5 texts are cut"]
    assert f"{LIMIT} tokens" in caplog.text


def test_a_model_that_asks_for_the_mark_of_the_end_gets_it(tmp_path):
    """As NV-Embed's configuration does; here with an architecture that needs no code of its own."""
    torch.manual_seed(0)
    parts = mpnet(tmp_path / "network")
    SentenceTransformer(modules=parts, device="cpu").save(str(tmp_path / "model"))
    plain = TextEncoder(str(tmp_path / "model"), device="cpu", precision="float32")
    expected = plain.encode([CORPUS[0] + "</s>"])
    config = tmp_path / "model" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"add_eos": True}))
    asking = TextEncoder(str(tmp_path / "model"), device="cpu", precision="float32")
    np.testing.assert_allclose(asking.encode([CORPUS[0]]), expected, atol=1e-6)
    assert asking.lengths(CORPUS) == [n + 1 for n in plain.lengths(CORPUS)]
