import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import ClapFeatureExtractor, Wav2Vec2FeatureExtractor

from segue.encoders.audio.hub import HubEncoder, load_hub_encoder
from segue.kit.errors import SegueError
from tiny_hub_models import save_clap, save_encodec, save_mert, save_music2vec

SAVE = {"clap": save_clap, "mert": save_mert, "music2vec": save_music2vec, "encodec": save_encodec}
RATE = {"clap": 48_000, "mert": 24_000, "music2vec": 16_000, "encodec": 24_000}
DIM = {"clap": 24, "mert": 32, "music2vec": 32, "encodec": 16}
KINDS = list(SAVE)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """One saved model a kind: the folder and the model."""
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in KINDS}
    return {kind: (folder, SAVE[kind](folder)) for kind, folder in folders.items()}


def recording(rate: int, seconds: float, seed: int = 0) -> np.ndarray:
    """A chord that glides, in noise, louder and louder: every second differs."""
    time = np.arange(round(rate * seconds)) / rate
    tones = sum(np.sin(2 * np.pi * f * time * (1 + 0.05 * time)) for f in (220, 331, 442))
    noise = np.random.default_rng(seed).normal(size=len(time))
    return ((0.02 + 0.01 * time) * (tones + 0.3 * noise)).astype(np.float32)


def blocks(samples: np.ndarray, size: int = 7_001) -> Iterator[np.ndarray]:
    yield from (samples[i : i + size] for i in range(0, len(samples), size))


def encoder(kind: str, folder: Path, **options) -> HubEncoder:
    return load_hub_encoder(kind, str(folder), **{"device": "cpu", "precision": "float32", **options})


def direct(kind: str, model, folder: Path, samples: np.ndarray) -> np.ndarray:
    """One window by the library's own classes from end to end."""
    with torch.inference_mode():
        if kind == "clap":
            inputs = ClapFeatureExtractor.from_pretrained(folder)(
                samples, sampling_rate=48_000, return_tensors="pt"
            )
            inputs["is_longer"] = torch.zeros_like(inputs["is_longer"])
            return model.get_audio_features(**inputs).pooler_output[0].numpy()
        if kind == "encodec":
            return model.encoder(torch.from_numpy(samples)[None, None])[0].mean(dim=1).numpy()
        extractor = Wav2Vec2FeatureExtractor(sampling_rate=RATE[kind], do_normalize=True)
        inputs = extractor(samples, sampling_rate=RATE[kind], return_tensors="pt")
        return model(**inputs).last_hidden_state[0].mean(dim=0).numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_equals_the_librarys_own_classes(kind, tiny):
    folder, model = tiny[kind]
    ours = encoder(kind, folder)
    assert (ours.rate, ours.dim) == (RATE[kind], DIM[kind])
    samples = recording(ours.rate, 4)
    encoded = ours.encode(blocks(samples))
    assert encoded.vector.dtype == np.float32
    assert encoded.tags == {}
    np.testing.assert_allclose(encoded.vector, direct(kind, model, folder, samples), atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_windows_are_pooled_by_their_real_samples_and_the_last_is_not_padded(kind, tiny):
    folder, model = tiny[kind]
    ours = encoder(kind, folder)
    n = ours.net.size
    assert n == (10 if kind == "clap" else 30) * ours.rate
    n = 2 * ours.rate  # shorter, to be quick
    samples = recording(ours.rate, 4.5)
    parts = [samples[:n], samples[n : 2 * n], samples[2 * n :]]
    each = [direct(kind, model, folder, part) for part in parts]
    mean = np.average(each, axis=0, weights=[len(p) for p in parts])
    found = {p: encoder(kind, folder, pool=p) for p in ("mean", "max", "mean+max")}
    for each_pool in found.values():
        each_pool.net.size = n
    vectors = {p: e.encode(blocks(samples, 100_003)).vector for p, e in found.items()}
    np.testing.assert_allclose(vectors["mean"], mean, atol=3e-5)
    np.testing.assert_allclose(vectors["max"], np.max(each, axis=0), atol=3e-5)
    np.testing.assert_array_equal(vectors["mean+max"], np.r_[vectors["mean"], vectors["max"]])
    assert found["mean+max"].dim == len(vectors["mean+max"]) == 2 * DIM[kind]
    assert len({e.identity for e in found.values()}) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_batches_and_blocks_change_nothing(kind, tiny):
    folder, _ = tiny[kind]
    ours = encoder(kind, folder)
    ours.net.size = ours.rate  # windows of 1 s, to have many
    samples = recording(ours.rate, 5.4)
    one = ours.encode(blocks(samples)).vector
    np.testing.assert_array_equal(one, ours.encode(blocks(samples, 999)).vector)
    ours.batch_size = 3
    np.testing.assert_allclose(one, ours.encode(iter([samples])).vector, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_padding_holds_is_never_read(kind, tiny, monkeypatch):
    folder, _ = tiny[kind]
    ours = encoder(kind, folder)
    samples, n = recording(ours.rate, 1.5), round(1.5 * ours.rate)
    expected = ours.encode(blocks(samples)).vector
    noise = np.random.default_rng(1).normal(size=ours.net.size).astype(np.float32)

    def dirty(found: Iterator[np.ndarray], size: int, *, least: int) -> Iterator[tuple[np.ndarray, int]]:
        yield np.r_[np.concatenate(list(found)), noise[n:]], n

    monkeypatch.setattr("segue.encoders.audio.hub.windows", dirty)
    np.testing.assert_array_equal(ours.encode(blocks(samples)).vector, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0.1, 0.001])
def test_very_short_recordings_and_silence_have_vectors(kind, seconds, tiny):
    folder, _ = tiny[kind]
    ours = encoder(kind, folder)
    for samples in (recording(ours.rate, seconds), np.zeros(round(ours.rate * seconds), np.float32)):
        vector = ours.encode(iter([samples])).vector
        assert vector.shape == (ours.dim,)
        assert np.isfinite(vector).all()
    with pytest.raises(SegueError, match="without samples"):
        ours.encode(iter([]))


@pytest.mark.parametrize("kind", KINDS)
def test_the_identity_follows_the_weights_and_not_the_run(kind, tiny, tmp_path):
    for name, seed in (("b/model", 0), ("c/model", 1)):
        SAVE[kind](tmp_path / name, seed)
    a, b, c = (encoder(kind, place) for place in (tiny[kind][0], tmp_path / "b/model", tmp_path / "c/model"))
    assert a.identity.split("@")[1] == b.identity.split("@")[1] != c.identity.split("@")[1]
    assert b.identity.startswith(f"{kind}:model@")
    samples = recording(a.rate, 0.5)
    vectors = [e.encode(blocks(samples)).vector for e in (a, b, c)]
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert not np.allclose(vectors[0], vectors[2])


@pytest.mark.parametrize("kind", ["clap", "mert", "music2vec"])
def test_bfloat16_points_the_same_way(kind, tiny):
    folder, _ = tiny[kind]
    samples = recording(RATE[kind], 2)
    full, half = (
        encoder(kind, folder, precision=p).encode(blocks(samples)).vector for p in ("float32", "bfloat16")
    )
    assert not np.array_equal(full, half)
    # coarse, as tiny random layers amplify rounding; at MERT's true size the cosine is 0.99998
    assert full @ half / np.linalg.norm(full) / np.linalg.norm(half) > 0.97


def test_a_fused_clap_is_deterministic(tmp_path):
    model = save_clap(tmp_path, fusion=True)
    ours = encoder("clap", tmp_path)
    samples = recording(48_000, 25)
    each = [direct("clap", model, tmp_path, samples[i : i + 480_000]) for i in (0, 480_000, 960_000)]
    mean = np.average(each, axis=0, weights=[2, 2, 1])
    for _ in range(2):
        np.testing.assert_allclose(ours.encode(blocks(samples)).vector, mean, atol=3e-5)


@pytest.mark.parametrize("old_names", [True, False])
def test_mert_loads_from_safetensors_and_with_either_name_of_weight_norm(old_names, tmp_path):
    model = save_mert(tmp_path, old_names=old_names)
    state = torch.load(tmp_path / "pytorch_model.bin", weights_only=True)
    save_file({k: v.contiguous() for k, v in state.items()}, tmp_path / "model.safetensors", {"format": "pt"})
    (tmp_path / "pytorch_model.bin").unlink()
    samples = recording(24_000, 1)
    expected = direct("mert", model, tmp_path, samples)
    np.testing.assert_allclose(encoder("mert", tmp_path).encode(blocks(samples)).vector, expected, atol=2e-5)


def test_a_mert_that_is_not_a_hubert_is_refused(tmp_path):
    save_mert(tmp_path / "deep", deepnorm=True)
    save_mert(tmp_path / "cqt", feature_extractor_cqt=True)
    for name, reason in (("deep", "DeepNorm"), ("cqt", "constant-Q")):
        with pytest.raises(SegueError, match=reason):
            encoder("mert", tmp_path / name).rate  # noqa: B018


def test_remote_code_runs_only_where_asked(tmp_path):
    model = save_mert(tmp_path)
    (tmp_path / "configuration_MERT.py").write_text(
        "from transformers import HubertConfig\n"
        "class MERTConfig(HubertConfig):\n    model_type = 'mert_model'\n"
    )
    (tmp_path / "modeling_MERT.py").write_text(
        "from pathlib import Path\nfrom transformers import HubertModel\n"
        "from .configuration_MERT import MERTConfig\n"
        f"Path({str(tmp_path / 'ran')!r}).touch()\n"
        "class MERTModel(HubertModel):\n    config_class = MERTConfig\n"
    )
    samples = recording(24_000, 1)
    expected = direct("mert", model, tmp_path, samples)
    plain = encoder("mert", tmp_path).encode(blocks(samples)).vector
    assert not (tmp_path / "ran").exists()
    trusted = encoder("mert", tmp_path, trust_remote_code=True).encode(blocks(samples)).vector
    assert (tmp_path / "ran").exists()
    np.testing.assert_allclose(plain, expected, atol=2e-5)
    np.testing.assert_allclose(trusted, expected, atol=2e-5)


def test_missing_weights_are_an_error_and_not_random_numbers(tmp_path):
    save_mert(tmp_path)
    state = torch.load(tmp_path / "pytorch_model.bin", weights_only=True)
    del state["encoder.layers.1.attention.q_proj.weight"]
    torch.save(state, tmp_path / "pytorch_model.bin")
    with pytest.raises(SegueError, match=r"lacks encoder\.layers\.1"):
        encoder("mert", tmp_path).encode(blocks(recording(24_000, 1)))


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    save_mert(tmp_path)
    torch.save({"a": torch.nn.Linear(2, 2)}, tmp_path / "pytorch_model.bin")
    with pytest.raises(SegueError, match="no audio model"):
        encoder("mert", tmp_path).rate  # noqa: B018


def test_an_encodec_of_its_own_chunk_length_gets_windows_of_it(tmp_path):
    settings = {"sampling_rate": 48_000, "audio_channels": 2, "normalize": True, "chunk_length_s": 1.0}
    model = save_encodec(
        tmp_path, norm_type="time_group_norm", use_causal_conv=False, overlap=0.01, **settings
    )
    ours = encoder("encodec", tmp_path)
    samples = recording(48_000, 2.5)
    parts = [torch.from_numpy(samples[i : i + 48_000]).expand(1, 2, -1) for i in (0, 48_000, 96_000)]
    with torch.inference_mode():
        each = [model.encoder(p / (p.square().mean().sqrt() + 1e-8))[0].mean(dim=1).numpy() for p in parts]
    found = ours.encode(blocks(samples)).vector
    np.testing.assert_allclose(found, np.average(each, axis=0, weights=[2, 2, 1]), atol=2e-5)


def test_what_cannot_be_loaded_is_told_in_one_line(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(SegueError, match="the hub has clap, mert"):
        load_hub_encoder("vggish")
    with pytest.raises(SegueError, match="no such folder"):
        load_hub_encoder("clap", str(tmp_path / "nowhere"))
    with pytest.raises(SegueError, match="no audio model to load"):
        load_hub_encoder("music2vec", "nobody/nothing")  # the hub is off in tests
    for kind in (*KINDS, "musicfm"):
        for name in ("empty", "other"):
            with pytest.raises(SegueError) as caught:
                encoder(kind, tmp_path / name).rate  # noqa: B018
            assert "\n" not in str(caught.value)
