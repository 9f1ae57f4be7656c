"""MERT, Music2Vec and EnCodec: networks that read the waveform itself. Source: multimodal E4SRec 5.1."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    Data2VecAudioModel,
    EncodecModel,
    HubertConfig,
    HubertModel,
    Wav2Vec2FeatureExtractor,
)

from segue.encoders.audio.net import SECONDS, Net, local_file, pretrained
from segue.kit.errors import SegueError

MERT_RATE, MUSIC2VEC_RATE = 24_000, 16_000
MERT_PARTS = {"feature_extractor_cqt": "constant-Q input", "deepnorm": "DeepNorm layers"}
"""Settings of MERT that HuBERT does not have; both are off in MERT-v1-95M and MERT-v1-330M."""


class Hidden(Net):
    """The last hidden layer of a HuBERT-like model, mean over time.

    Args:
        model: takes samples (n_windows, n_samples), gives hidden states (n_windows, n_frames, dim).
        normalise: bring each window to mean 0 and variance 1, as the model's feature extractor does.
    """

    def __init__(self, model: Any, rate: int, *, normalise: bool) -> None:
        config = model.config
        least = receptive_field(config.conv_kernel, config.conv_stride)
        super().__init__(rate, config.hidden_size, least=least)
        self.model, self.normalise = model, normalise

    def prepare(self, samples: torch.Tensor) -> torch.Tensor:
        """The samples, normalised where the model was trained so."""
        if not self.normalise:
            return samples
        variance, mean = torch.var_mean(samples, dim=1, correction=0, keepdim=True)
        return (samples - mean) / torch.sqrt(variance + 1e-7)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Mean over time of the last hidden layer."""
        hidden: torch.Tensor = self.model(inputs).last_hidden_state
        return hidden.float().mean(dim=1)


class Codec(Net):
    """What EnCodec's encoder gives before quantisation, mean over time.

    In float32 always: errors of an LSTM add up over thousands of steps. A model with a chunk length of its
    own (1 s in that for 48 kHz stereo) gets windows of that length, and normalised ones if it asks.
    """

    def __init__(self, model: EncodecModel) -> None:
        config = model.config
        seconds = float(config.chunk_length_s or SECONDS)
        rate, dim = config.sampling_rate, config.hidden_size
        super().__init__(rate, dim, seconds=seconds, least=config.hop_length, exact=True)
        self.encoder, self.channels, self.normalise = model.encoder, config.audio_channels, config.normalize

    def prepare(self, samples: torch.Tensor) -> torch.Tensor:
        """The samples (n_windows, n_channels, n_samples), the same in each channel."""
        if self.normalise:
            samples = samples / (samples.square().mean(dim=1, keepdim=True).sqrt() + 1e-8)
        return samples[:, None].expand(-1, self.channels, -1).contiguous()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Mean over time of the encoder's output."""
        encoded: torch.Tensor = self.encoder(inputs)
        return encoded.mean(dim=2)


def load_mert(place: str, *, trust_remote_code: bool = False) -> Net:
    """MERT by the native HuBERT class.

    MERT is HuBERT at 24 kHz with three options of its own. With constant-Q input and DeepNorm off, as in the
    v1 checkpoints, layers, order and names of the weights are those of HuBERT; the third option, the relaxed
    attention (32 in the 330M configuration), subtracts the maximum before the softmax, which changes nothing,
    and is read by the DeepNorm layers alone.

    Raises:
        SegueError: the checkpoint has one of these options on, so that HuBERT is not the same.
    """
    rate, normalise = _extractor(place, MERT_RATE)
    if trust_remote_code:
        return Hidden(
            pretrained(AutoModel, place, trust_remote_code=trust_remote_code), rate, normalise=normalise
        )
    settings = json.loads(Path(str(local_file(place, "config.json"))).read_text("utf-8"))
    for name, what in MERT_PARTS.items():
        if settings.get(name):
            raise SegueError(f"a MERT with {what}, which HuBERT has not", place, "allow its own code")
    known = {k: v for k, v in settings.items() if k not in ("model_type", "auto_map", "architectures")}
    model = pretrained(HubertModel, place, config=HubertConfig(**known))
    return Hidden(model, rate, normalise=normalise)


def load_music2vec(place: str) -> Net:
    """Music2Vec by the native data2vec class."""
    rate, normalise = _extractor(place, MUSIC2VEC_RATE)
    return Hidden(pretrained(Data2VecAudioModel, place), rate, normalise=normalise)


def load_encodec(place: str) -> Net:
    """EnCodec by its native class."""
    return Codec(pretrained(EncodecModel, place))


def receptive_field(kernels: Sequence[int], strides: Sequence[int]) -> int:
    """How many samples a stack of convolutions needs for its first frame."""
    samples = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        samples = (samples - 1) * stride + kernel
    return samples


def _extractor(place: str, rate: int) -> tuple[int, bool]:
    """The sample rate and whether windows are normalised, from the settings beside the model.

    Music2Vec has none; its card takes those of data2vec, which normalise.
    """
    if not local_file(place, "preprocessor_config.json", needed=False):
        return rate, True
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(place)
    return int(extractor.sampling_rate), bool(extractor.do_normalize)
