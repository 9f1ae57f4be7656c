"""Low-rank adapters (LoRA) on a language model's linear layers."""

from collections.abc import Sequence
from typing import Any


def add_adapters(model: Any, rank: int = 32) -> Any:
    """The model with LoRA adapters on every linear layer of its body; only they learn."""
    from peft import LoraConfig, get_peft_model

    # Alpha twice the rank: an update counts the same at every rank.
    config = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear")
    return get_peft_model(model, config)


def adapt(body: Any, *, rank: int, alpha: int, dropout: float = 0.0, targets: Sequence[str] = ()) -> None:
    """Give a model's body LoRA adapters in place, on the named or all linear layers; only they learn."""
    from peft import LoraConfig, inject_adapter_in_model

    names = list(targets) or "all-linear"
    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=names)
    inject_adapter_in_model(config, body)
    for name, parameter in body.named_parameters():
        parameter.requires_grad_("lora_" in name)
        if parameter.requires_grad:
            # Over 4-bit or bfloat16 weights too: AdamW's small steps would be rounded away.
            parameter.data = parameter.data.float()
