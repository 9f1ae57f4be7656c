"""Tiny random-weight models of the hub encoders' architectures, saved as their repositories are laid out."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    ClapAudioConfig,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    ClapTextConfig,
    Data2VecAudioConfig,
    Data2VecAudioModel,
    EncodecConfig,
    EncodecModel,
    HubertConfig,
    HubertModel,
    PreTrainedTokenizerFast,
    Wav2Vec2FeatureExtractor,
)

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
CONVOLUTIONS = {"conv_dim": (16,) * 7, "num_conv_pos_embedding_groups": 4}
WORDS = ["this", "is", "a", "song", "rock", "jazz", "calm", "loud", "piano", "guitar"]


def save_clap(folder: Path, seed: int = 0, *, fusion: bool = False) -> ClapModel:
    """A CLAP with two stages, its feature extractor and a tokenizer of ten words."""
    torch.manual_seed(seed)
    audio = ClapAudioConfig(
        depths=[1, 1],
        num_attention_heads=[2, 2],
        num_hidden_layers=2,
        patch_embeds_hidden_size=16,
        hidden_size=32,
        enable_fusion=fusion,
        fusion_type="aff_2d" if fusion else None,
    )
    words = ["<s>", "<pad>", "</s>", "<unk>", *WORDS]
    text = ClapTextConfig(**SMALL, vocab_size=len(words), max_position_embeddings=40)
    # 24 numbers, not the default 512: the towers must take the size from the joint settings
    model = ClapModel(ClapConfig(text_config=text.to_dict(), audio_config=audio.to_dict(), projection_dim=24))
    model.eval().save_pretrained(folder)
    truncation = "fusion" if fusion else "rand_trunc"
    ClapFeatureExtractor(truncation=truncation, frequency_min=50).save_pretrained(folder)
    tokenizer = Tokenizer(WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    return model


def save_mert(folder: Path, seed: int = 0, *, old_names: bool = True, **settings: Any) -> HubertModel:
    """A MERT with the settings of the 330M checkpoint but for its sizes, in a `pytorch_model.bin`."""
    torch.manual_seed(seed)
    settings = {"do_stable_layer_norm": True, "feat_extract_norm": "group", **settings}
    extra = {"deepnorm": False, "feature_extractor_cqt": False, "feature_extractor_cqt_bins": 336}
    extra |= {"attention_relax": 32.0, "mask_channel_prob": 0.0, "sample_rate": 24000}
    config = HubertConfig(**SMALL, **CONVOLUTIONS, **{k: v for k, v in settings.items() if k not in extra})
    model = HubertModel(config).eval()
    shaken(model)
    folder.mkdir(parents=True, exist_ok=True)
    state = model.state_dict()
    if old_names:  # as weight normalisation was called when the checkpoint was made
        state = {
            k.replace("parametrizations.weight.original0", "weight_g").replace(
                "parametrizations.weight.original1", "weight_v"
            ): v
            for k, v in state.items()
        }
    torch.save(state, folder / "pytorch_model.bin")
    written = (
        config.to_dict() | extra | settings | {"model_type": "mert_model", "architectures": ["MERTModel"]}
    )
    written["auto_map"] = {
        "AutoConfig": "configuration_MERT.MERTConfig",
        "AutoModel": "modeling_MERT.MERTModel",
    }
    (folder / "config.json").write_text(json.dumps(written))
    Wav2Vec2FeatureExtractor(sampling_rate=24000, do_normalize=True).save_pretrained(folder)
    return model


def save_music2vec(folder: Path, seed: int = 0) -> Data2VecAudioModel:
    """A Music2Vec; like its repository, without settings of a feature extractor."""
    torch.manual_seed(seed)
    model = Data2VecAudioModel(Data2VecAudioConfig(**SMALL, **CONVOLUTIONS)).eval()
    shaken(model)
    model.save_pretrained(folder)
    return model


def save_encodec(folder: Path, seed: int = 0, **settings: Any) -> EncodecModel:
    """An EnCodec with few filters."""
    torch.manual_seed(seed)
    small = {"num_filters": 4, "hidden_size": 16, "codebook_size": 16, "num_lstm_layers": 1}
    small |= {"target_bandwidths": (1.5,), **settings}
    model = EncodecModel(EncodecConfig(**small)).eval()
    model.save_pretrained(folder)
    return model


def shaken(model: torch.nn.Module) -> None:
    """Biases and norms are born 0 and 1; other values show a loader that drops them."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
