"""CLAP: sound and words in one space. Its audio tower makes the audio feature, its text tower the tags."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import normalize, pad
from transformers import (
    AutoTokenizer,
    ClapAudioModelWithProjection,
    ClapConfig,
    ClapFeatureExtractor,
    ClapTextModelWithProjection,
)

from segue.encoders.audio.net import Net, local_folder, pretrained, quiet, told
from segue.kit.arrays import Floats
from segue.kit.device import best_device

PLACE = "laion/larger_clap_music_and_speech"
"""The papers' checkpoint."""
SILENCE = 1e-10
"""The least power of a band before the logarithm."""


class Clap(Net):
    """CLAP's audio tower, vectors of unit length.

    A window is as long as the model's own maximum, 10 s. Of the paper's 30 s chunks the model's feature
    extractor keeps one stretch of 10 s, cut out at random: two thirds of the music unheard, and another
    vector at each run. The log mel spectrum equals the extractor's, but is computed on the device.
    """

    mel: torch.Tensor
    hann: torch.Tensor

    def __init__(self, model: ClapAudioModelWithProjection, extractor: ClapFeatureExtractor) -> None:
        rate, dim = int(extractor.sampling_rate), int(model.config.projection_dim)
        super().__init__(rate, dim, seconds=float(extractor.max_length_s), least=rate // 10)
        self.longest = self.size
        self.model = model
        self.n_fft, self.hop = int(extractor.fft_window_size), int(extractor.hop_length)
        self.padding, self.fusion = str(extractor.padding), extractor.truncation == "fusion"
        filters = extractor.mel_filters if self.fusion else extractor.mel_filters_slaney
        self.register_buffer("mel", torch.tensor(filters, dtype=torch.float32))
        self.register_buffer("hann", torch.hann_window(self.n_fft))

    def prepare(self, samples: torch.Tensor) -> torch.Tensor:
        """Log mel spectra (n_windows, 1 or 4, n_frames, n_bands); what is shorter is repeated or padded."""
        n_samples = samples.shape[1]
        times = {"repeatpad": self.longest // n_samples, "repeat": self.longest // n_samples + 1}
        samples = samples.repeat(1, times.get(self.padding, 1))[:, : self.longest]
        samples = pad(samples, (0, self.longest - samples.shape[1]))
        spectrum = torch.stft(samples, self.n_fft, self.hop, window=self.hann, return_complex=True)
        power = spectrum.abs().square().transpose(1, 2) @ self.mel
        decibels = 10 * torch.log10(power.clamp(min=SILENCE))
        return decibels[:, None].expand(-1, 4 if self.fusion else 1, -1, -1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The projected output of the tower, of unit length."""
        # a fused model has a second path for recordings above 10 s; the extractor sends a random window there
        longer = torch.zeros(len(inputs), 1, dtype=torch.bool, device=inputs.device)
        vectors: torch.Tensor = self.model(inputs, is_longer=longer).audio_embeds
        return normalize(vectors.float(), dim=1)


def load(place: str) -> Net:
    """The audio tower of a CLAP model in a folder or on the hub."""
    config = ClapConfig.from_pretrained(place).audio_config
    model = pretrained(ClapAudioModelWithProjection, place, config=config)
    return Clap(model, ClapFeatureExtractor.from_pretrained(place))


class ClapText:
    """CLAP's text tower, loaded when first used."""

    def __init__(self, place: str = "", *, device: str = "", batch_size: int = 64) -> None:
        self.place, self.batch_size = place or PLACE, batch_size
        self.device = device or best_device().type
        local_folder(self.place)

    @cached_property
    def _towers(self) -> tuple[Any, Any]:
        """The tokenizer and the model."""
        with quiet(), told(self.place):
            local = Path(self.place).is_dir()
            tokenizer = AutoTokenizer.from_pretrained(self.place, local_files_only=local)
            config = ClapConfig.from_pretrained(self.place).text_config
            model = pretrained(ClapTextModelWithProjection, self.place, config=config)
            return tokenizer, model.eval().requires_grad_(False).to(self.device)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, float32 (n_texts, dim), in the space of the audio tower's."""
        tokenizer, model = self._towers
        parts = []
        for start in range(0, len(texts), self.batch_size):
            batch = list(texts[start : start + self.batch_size])
            inputs = tokenizer(batch, padding=True, truncation=True, return_tensors="pt").to(self.device)
            with torch.inference_mode():
                parts.append(normalize(model(**inputs).text_embeds, dim=1).cpu().numpy())
        return np.concatenate(parts, dtype=np.float32)
