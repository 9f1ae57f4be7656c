"""MusicFM against its parts put together anew: librosa's spectrum, convolutions, transformers' Conformer."""

import json
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import batch_norm, conv2d, linear
from transformers import Wav2Vec2ConformerConfig, Wav2Vec2ConformerModel

from segue.encoders.audio import musicfm
from segue.encoders.audio.hub import load_hub_encoder
from segue.kit.errors import SegueError

HIDDEN, CHANNELS, LAYERS = 32, 4, 9
MEAN, STD = 6.768444971712967, 18.417922652295623


def conformer() -> torch.nn.Module:
    torch.manual_seed(0)
    config = Wav2Vec2ConformerConfig(
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        intermediate_size=48,
        hidden_act="swish",
        position_embeddings_type="rotary",
        num_conv_pos_embedding_groups=4,
    )
    encoder = Wav2Vec2ConformerModel(config).encoder.eval()
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
        for name, buffer in encoder.named_buffers():
            if "running_var" in name:
                buffer += torch.rand_like(buffer)
    return encoder


def checkpoint() -> dict[str, torch.Tensor]:
    """A state with the names of the published one: of training, of the spectrum, and of the network."""
    state = {f"conformer.{k}": v.clone() for k, v in conformer().state_dict().items()}
    for block, n_in in ((0, 1), (1, CHANNELS)):
        for i, inputs in ((1, n_in), (2, CHANNELS), (3, n_in)):
            name = f"conv.conv.{block}."
            state[f"{name}conv{i}.weight"] = torch.randn(CHANNELS, inputs, 3, 3) / 3
            state[f"{name}conv{i}.bias"] = torch.randn(CHANNELS)
            for part in ("weight", "bias", "running_mean"):
                state[f"{name}bn{i}.{part}"] = torch.randn(CHANNELS)
            state[f"{name}bn{i}.running_var"] = torch.rand(CHANNELS) + 0.5
            state[f"{name}bn{i}.num_batches_tracked"] = torch.tensor(3)
    state["conv.linear.weight"] = torch.randn(HIDDEN, CHANNELS * 32) / 10
    state["conv.linear.bias"] = torch.randn(HIDDEN)
    state |= {"linear.weight": torch.randn(64, HIDDEN), "linear.bias": torch.randn(64)}
    state |= {"cls_token": torch.randn(HIDDEN), "quantizer_melspec_2048_0.codebook": torch.randn(64, 16)}
    state["quantizer_melspec_2048_0.random_projection"] = torch.randn(512, 16)
    state["preprocessor_melspec_2048.mel_stft.spectrogram.window"] = torch.hann_window(2048)
    state["preprocessor_melspec_2048.mel_stft.mel_scale.fb"] = torch.rand(1025, 128)
    return state


def save(folder: Path, state: dict[str, torch.Tensor]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    old = {k.replace("parametrizations.weight.original", "weight_"): v for k, v in state.items()}
    torch.save({"state_dict": {f"model.{k}": v for k, v in old.items()}}, folder / "pretrained_msd.pt")
    (folder / "msd_stats.json").write_text(json.dumps({"melspec_2048_mean": MEAN, "melspec_2048_std": STD}))
    return folder


def reference(state: dict[str, torch.Tensor], samples: np.ndarray, layer: int) -> np.ndarray:
    power = librosa.feature.melspectrogram(
        y=samples, sr=24_000, n_fft=2048, hop_length=240, n_mels=128, htk=True, norm=None, pad_mode="reflect"
    )
    decibels = librosa.power_to_db(power, amin=1e-10, top_db=None)[:, :-1]
    x = torch.from_numpy((decibels - MEAN) / STD).float()[None, None]

    def step(x: torch.Tensor, block: int, i: int, stride: int) -> torch.Tensor:
        c, n = f"conv.conv.{block}.conv{i}.", f"conv.conv.{block}.bn{i}."
        x = conv2d(x, state[c + "weight"], state[c + "bias"], stride=stride, padding=1)
        parts = [state[n + p] for p in ("running_mean", "running_var", "weight", "bias")]
        return batch_norm(x, *parts)

    for block in (0, 1):
        x = (step(step(x, block, 1, 2).relu(), block, 2, 1) + step(x, block, 3, 2)).relu()
    frames = x.permute(0, 3, 1, 2).flatten(2)
    frames = linear(frames, state["conv.linear.weight"], state["conv.linear.bias"])
    whole, after = conformer(), []
    whole.load_state_dict({k[10:]: v for k, v in state.items() if k.startswith("conformer.")})
    for part in whole.layers:
        part.register_forward_hook(lambda _, __, output: after.append(output))
    with torch.inference_mode():
        last = whole(frames).last_hidden_state
    found = last if layer == LAYERS else after[layer - 1]
    return found[0].mean(dim=0).numpy()


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(scale=0.1, size=round(24_000 * seconds)).astype(np.float32)


def test_the_encoding_equals_the_parts_put_together_anew(tmp_path):
    state = checkpoint()
    place = str(save(tmp_path, state))
    encoder = load_hub_encoder("musicfm", place, device="cpu", precision="float32")
    assert (encoder.rate, encoder.dim, encoder.net.size) == (24_000, HIDDEN, 720_000)
    encoder.net.size = n = 72_000  # shorter, to be quick
    samples = noise(3.3)
    parts = [reference(state, part, musicfm.LAYER) for part in (samples[:n], samples[n:])]
    found = encoder.encode(iter(np.array_split(samples, 7))).vector
    np.testing.assert_allclose(found, np.average(parts, axis=0, weights=[10, 1]), atol=1e-4)
    half = (
        load_hub_encoder("musicfm", place, device="cpu", precision="bfloat16").encode(iter([samples])).vector
    )
    # coarse, as tiny random layers amplify rounding; at the true size the cosine is 0.99999
    assert half @ found / np.linalg.norm(half) / np.linalg.norm(found) > 0.97


@pytest.mark.parametrize("layer", [1, 4, LAYERS])
def test_any_layer_and_the_norm_after_the_last(layer, tmp_path):
    state = checkpoint()
    net = musicfm.load(str(save(tmp_path, state)), layer=layer).eval()
    samples = noise(2)
    with torch.inference_mode():
        found = net(net.prepare(torch.from_numpy(samples)[None]))[0].numpy()
    np.testing.assert_allclose(found, reference(state, samples, layer), atol=1e-4)


def test_safetensors_give_the_same_and_another_identity_than_other_weights(tmp_path):
    state = checkpoint()
    save(tmp_path / "a", state)
    save(tmp_path / "b", state)
    (tmp_path / "b" / "pretrained_msd.pt").unlink()
    save_file({k: v.contiguous() for k, v in state.items()}, tmp_path / "b" / "model.safetensors")
    save(tmp_path / "c", {**state, "conv.linear.bias": torch.zeros(HIDDEN)})
    encoders = [load_hub_encoder("musicfm", str(tmp_path / n), device="cpu") for n in "abc"]
    a, b, c = (e.encode(iter([noise(1)])).vector for e in encoders)
    np.testing.assert_array_equal(a, b)
    assert not np.allclose(a, c)
    assert len({e.identity for e in encoders}) == 3


@pytest.mark.parametrize("seconds", [0.1, 0.001])
def test_very_short_recordings_and_silence_have_vectors(seconds, tmp_path):
    encoder = load_hub_encoder("musicfm", str(save(tmp_path, checkpoint())), device="cpu")
    for samples in (noise(seconds), np.zeros(round(24_000 * seconds), np.float32)):
        assert np.isfinite(encoder.encode(iter([samples])).vector).all()


def test_what_is_missing_is_named(tmp_path):
    state = checkpoint()
    del state["conformer.layers.2.ffn2.output_dense.bias"]
    save(tmp_path / "lacking", state)
    save(tmp_path / "bare", checkpoint())
    (tmp_path / "bare" / "msd_stats.json").unlink()
    save(tmp_path / "other", {"a": torch.zeros(1)})
    for name, reason in (("lacking", r"layers\.2\.ffn2"), ("bare", "msd_stats"), ("other", "conv.linear")):
        with pytest.raises(SegueError, match=reason):
            load_hub_encoder("musicfm", str(tmp_path / name)).rate  # noqa: B018
