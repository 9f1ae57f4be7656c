"""Tiny random-weight language models with a real tokenizer, made in the test, never downloaded."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

CHATML = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
CORPUS = [
    "play something calm by the river", "more songs like this one please",
    "a happy rock song from the eighties",
    "here is a slow jazz tune for you", "not this one, something else", "alpha beta gamma delta epsilon zeta",
]  # fmt: skip


def tokenizer(chat: bool = True) -> PreTrainedTokenizerFast:
    """A byte-level BPE of a few hundred tokens."""
    raw = Tokenizer(BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(CORPUS * 3, trainer)
    made: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=raw, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    if chat:
        made.chat_template = CHATML
    return made


def save_tiny(
    path: Path, *, tied: bool = True, kind: str = "llama", chat: bool = True, seed: int = 0
) -> Path:
    """A directory with a random model of the Llama or Qwen2 architecture and its tokenizer."""
    torch.manual_seed(seed)
    words = tokenizer(chat)
    shape: dict[str, Any] = {
        "vocab_size": len(words), "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": tied,
        "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "max_position_embeddings": 2048,
    }  # fmt: skip
    model: Any
    if kind == "llama":
        model = LlamaForCausalLM(LlamaConfig(**shape))
    else:
        model = Qwen2ForCausalLM(Qwen2Config(**shape))
    model.save_pretrained(path)
    words.save_pretrained(path)
    return path
