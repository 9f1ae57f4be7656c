"""MusicFM: a Conformer over a log mel spectrum. Source: TalkPlay 2.

transformers has no class for it, but has its Conformer; what is written here is the spectrum and the two
blocks of convolutions before it. Every size is read off the weights, whose names are those of the published
checkpoint.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import Wav2Vec2ConformerConfig
from transformers.audio_utils import mel_filter_bank
from transformers.models.wav2vec2_conformer.modeling_wav2vec2_conformer import Wav2Vec2ConformerEncoder

from segue.encoders.audio.net import SPARE, Net, local_file, local_folder
from segue.kit.errors import SegueError
from segue.kit.workspace import read_json

RATE, N_FFT, HOP, BANDS = 24_000, 2048, 240, 128
LAYER = 7
"""The layer whose output is the encoding: the authors' choice for a frozen model."""
WEIGHTS, STATISTICS = "pretrained_msd.pt", "msd_stats.json"
"""The published files trained on the Million Song Dataset, by its authors better than those on FMA."""
UNUSED = ("quantizer_", "linear.", "cls_token", "preprocessor_", "conformer.pos_conv_embed.", "loss.")
"""Beginnings of weights for training, for the spectrum (computed here), and that the encoder never reads."""


class Residual(nn.Module):
    """Two convolutions beside a third, each with batch normalisation; halves frequency and time."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), nn.BatchNorm2d(n_out)
        self.conv2, self.bn2 = nn.Conv2d(n_out, n_out, 3, padding=1), nn.BatchNorm2d(n_out)
        self.conv3, self.bn3 = nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), nn.BatchNorm2d(n_out)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(n, n_in, bands, frames) -> (n, n_out, bands / 2, frames / 2)."""
        inner = self.bn1(self.conv1(image)).relu()
        outer: torch.Tensor = self.bn2(self.conv2(inner)) + self.bn3(self.conv3(image))
        return outer.relu()


class Subsampling(nn.Module):
    """A spectrum into a quarter as many frames of `hidden` numbers."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(Residual(1, channels), Residual(channels, channels))
        self.linear = nn.Linear(channels * BANDS // 4, hidden)

    def forward(self, spectrum: torch.Tensor) -> torch.Tensor:
        """(n, bands, frames) -> (n, frames / 4, hidden)."""
        image = self.conv(spectrum[:, None])
        frames: torch.Tensor = self.linear(image.flatten(1, 2).transpose(1, 2))
        return frames


class MusicFM(Net):
    """MusicFM up to one of its layers, mean over time.

    Args:
        config: of the Conformer; its `num_hidden_layers` are those of the whole checkpoint.
        mean: of the log mel spectrum over the training data, in decibels.
        layer: whose output is taken, from 1; layers above it are not computed.
    """

    mel: torch.Tensor
    hann: torch.Tensor

    def __init__(
        self, config: Wav2Vec2ConformerConfig, channels: int, mean: float, std: float, *, layer: int = LAYER
    ) -> None:
        super().__init__(RATE, config.hidden_size, least=N_FFT)
        self.mean, self.std = mean, std
        last = layer >= config.num_hidden_layers
        self.conv = Subsampling(channels, config.hidden_size)
        config.num_hidden_layers = min(layer, config.num_hidden_layers)
        self.conformer = _conformer(config, with_norm=last)
        filters = mel_filter_bank(N_FFT // 2 + 1, BANDS, 0.0, RATE / 2, RATE, norm=None, mel_scale="htk")
        self.register_buffer("mel", torch.tensor(filters, dtype=torch.float32), persistent=False)
        self.register_buffer("hann", torch.hann_window(N_FFT), persistent=False)

    def prepare(self, samples: torch.Tensor) -> torch.Tensor:
        """The normalised log mel spectrum (n_windows, n_bands, n_frames), 100 frames a second."""
        spectrum = torch.stft(samples, N_FFT, HOP, window=self.hann, return_complex=True)
        # The authors drop the last frame.
        power = self.mel.T @ spectrum[..., :-1].abs().square()
        return (10 * torch.log10(power.clamp(min=1e-10)) - self.mean) / self.std

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Mean over time of the layer's output."""
        hidden: torch.Tensor = self.conformer(self.conv(inputs)).last_hidden_state
        return hidden.float().mean(dim=1)


def _conformer(config: Wav2Vec2ConformerConfig, *, with_norm: bool) -> Any:
    """transformers' Conformer without the parts that are not in the way from its first to its last layer."""
    encoder: Any = Wav2Vec2ConformerEncoder(config)  # type: ignore[no-untyped-call]
    encoder.pos_conv_embed = nn.Identity()  # made there but never read
    if not with_norm:
        encoder.layer_norm = nn.Identity()  # belongs behind the last layer of the whole
    return encoder


def load(place: str, *, layer: int = LAYER) -> Net:
    """MusicFM from a folder or the hub.

    A folder holds the weights (`*.safetensors`, or the published `pretrained_msd.pt`) and the statistics
    (`msd_stats.json`); where it has several, those of the Million Song Dataset are taken.

    Raises:
        SegueError: a file is missing, or the weights are not those of MusicFM.
    """
    weights, statistics = _files(place)
    state = _state(weights)
    known = read_json(statistics)
    mean, std = float(known["melspec_2048_mean"]), float(known["melspec_2048_std"])
    if "conv.linear.weight" not in state:
        raise SegueError(
            "not the weights of MusicFM (lacks conv.linear.weight)", str(weights), "give another file"
        )
    channels = state["conv.conv.0.conv1.weight"].shape[0]
    net = MusicFM(configuration(state), channels, mean, std, layer=layer)
    wanted = net.state_dict()
    missing = sorted(k for k in wanted.keys() - state.keys() if not k.endswith(SPARE))
    if missing:
        raise SegueError(
            f"not the weights of MusicFM (lacks {missing[0]})", str(weights), "give another file"
        )
    net.load_state_dict({k: v for k, v in state.items() if k in wanted}, strict=False)
    return net


def configuration(state: Mapping[str, torch.Tensor]) -> Wav2Vec2ConformerConfig:
    """The Conformer's settings, read off the shapes of the weights.

    Only the activation (swish) is not in them, and 16 heads where the rotary positions are not stored: those
    of the configuration that the authors start from, `facebook/wav2vec2-conformer-rope-large-960h-ft`.
    """
    layers = {int(m[1]) for key in state if (m := re.match(r"conformer\.layers\.(\d+)\.", key))}
    hidden = state["conv.linear.weight"].shape[0]
    first, rotary = "conformer.layers.0.", state.get("conformer.embed_positions.inv_freq")
    config = Wav2Vec2ConformerConfig(
        hidden_size=hidden,
        num_hidden_layers=len(layers),
        num_attention_heads=hidden // (2 * len(rotary)) if rotary is not None else 16,
        intermediate_size=state[first + "ffn1.intermediate_dense.weight"].shape[0],
        conv_depthwise_kernel_size=state[first + "conv_module.depthwise_conv.weight"].shape[2],
        position_embeddings_type="rotary",
        hidden_act="swish",
        num_conv_pos_embedding_groups=1,
    )
    config._attn_implementation = "sdpa"
    return config


def _files(place: str) -> tuple[Path, Path]:
    """The weights and the statistics of a place."""
    folder = local_folder(place)
    if not folder:
        return Path(str(local_file(place, WEIGHTS))), Path(str(local_file(place, STATISTICS)))
    found = []
    for patterns, what in ((("*.safetensors", "*.pt"), WEIGHTS), (("*stats.json",), STATISTICS)):
        paths = sorted((p for g in patterns for p in folder.glob(g)), key=lambda p: "msd" not in p.name)
        if not paths:
            raise SegueError(f"no {what} there", str(folder), "put the files of minzwon/MusicFM there")
        found.append(paths[0])
    return found[0], found[1]


def _state(path: Path) -> dict[str, torch.Tensor]:
    """The weights of a file by the names of this module, without those that are not used.

    The published file is a PyTorch checkpoint; `weights_only=True` makes tensors of it and runs no code.
    """
    if path.suffix == ".safetensors":
        raw = load_file(path)
    else:
        raw = torch.load(path, map_location="cpu", weights_only=True)
        raw = raw.get("state_dict", raw)
    named = {key.removeprefix("model."): value for key, value in raw.items()}
    return {key: value for key, value in named.items() if not key.startswith(UNUSED)}
