import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import correlate
from tensor_bundle import write_bundle

from segue.encoders.audio import musicnn
from segue.encoders.audio.musicnn import BATCH, HOP, LABELS, STRIDE, WINDOW, LogMel, Musicnn, mel_filters
from segue.encoders.audio.musicnn_network import FRONT, Network, layer, shapes
from segue.kit.errors import SegueError

REFERENCE = Path(os.environ.get("SEGUE_DATA", "")) / "audio"
real = pytest.mark.skipif(not os.environ.get("SEGUE_DATA"), reason="SEGUE_DATA is not set")


def random_weights(seed):
    rng = np.random.default_rng(seed)
    made = {}
    for name, shape in shapes().items():
        spread = 1 / np.sqrt(np.prod(shape[:-1])) if name.endswith("kernel") else 0.5
        made[name] = (rng.standard_normal(shape) * spread).astype(np.float32)
        if name.endswith("variance"):
            made[name] = np.abs(made[name]) + np.float32(0.2)
    return made


@pytest.fixture(scope="module")
def weights():
    return random_weights(0)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory, weights):
    """musicnn with random weights, from files as the wheel has them."""
    index = write_bundle(tmp_path_factory.mktemp("wheel") / "MSD_musicnn", weights)
    encoder = Musicnn("MSD", pool="mean+max")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(musicnn, "resolve", lambda checkpoint: index)
        assert encoder.network
    return encoder


def noise(n, seed=0):
    return (np.random.default_rng(seed).standard_normal(n) * 0.1).astype(np.float32)


def plain_network(weights, log_mel):
    """One window, (frames, 96), through the network as its authors wrote it down, in double precision."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}

    def norm(x, number):
        name = layer("batch_normalization", number)
        gain = w[f"{name}/gamma"] / np.sqrt(w[f"{name}/moving_variance"] + 0.001)
        return (x - w[f"{name}/moving_mean"]) * gain + w[f"{name}/beta"]

    def convolve(x, number, before, after):
        kernel, bias = (w[f"{layer('conv2d', number)}/{part}"] for part in ("kernel", "bias"))
        padded = np.pad(x, ((before, after), (0, 0)))
        maps = [correlate(padded, kernel[:, :, 0, i], "valid") for i in range(kernel.shape[-1])]
        return np.maximum(np.stack(maps, axis=-1) + bias, 0)

    x = norm(log_mel.astype(np.float64)[..., None], 0)[..., 0]
    pads = {7: (3, 3), 128: (63, 64), 64: (31, 32), 32: (15, 16)}
    front = [norm(convolve(x, i, *pads[FRONT[i][0]]), i + 1).max(axis=1) for i in FRONT]
    one = np.concatenate(front, axis=1)
    two = norm(convolve(one, 5, 3, 3)[:, 0], 6)
    three = norm(convolve(two, 6, 3, 3)[:, 0], 7) + two
    four = norm(convolve(three, 7, 3, 3)[:, 0], 8) + three
    channels = np.concatenate([one, two, three, four], axis=1)
    mean, largest = channels.mean(axis=0), channels.max(axis=0)
    pooled = norm(np.stack([largest, mean], axis=1).reshape(-1), 9)
    hidden = norm(np.maximum(pooled @ w["dense/kernel"] + w["dense/bias"], 0), 10)
    tags = 1 / (1 + np.exp(-(hidden @ w["dense_1/kernel"] + w["dense_1/bias"])))
    return tags, hidden, mean, largest


def test_the_network_equals_the_one_that_its_authors_wrote_down(weights):
    windows = np.random.default_rng(1).random((2, 30, 96)).astype(np.float32) * 3  # any length will do
    found = Network(weights)(torch.from_numpy(windows))
    for i, window in enumerate(windows):
        for ours, right in zip(found, plain_network(weights, window), strict=True):
            np.testing.assert_allclose(ours[i].numpy(), right, atol=1e-4)


def test_a_weight_of_another_shape_is_named(weights):
    with pytest.raises(SegueError, match="dense/kernel"):
        Network({**weights, "dense/kernel": weights["dense/kernel"][:-1]})
    with pytest.raises(SegueError, match="conv2d_3/bias"):
        Network({name: value for name, value in weights.items() if name != "conv2d_3/bias"})


def test_mel_filters_and_spectrogram_equal_those_of_librosa():
    librosa = pytest.importorskip("librosa")
    right = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=96)
    np.testing.assert_allclose(mel_filters(), right, rtol=1e-6)
    tone = np.sin(2 * np.pi * 440 * np.arange(8 * 16_000) / 16_000).astype(np.float32)
    samples = tone + noise(len(tone)) * 0.01
    mel = librosa.feature.melspectrogram(y=samples, sr=16_000, n_fft=512, hop_length=256, n_mels=96)
    found = torch.cat(list(LogMel().windows(iter([samples])))).numpy().reshape(-1, 96)
    assert len(found) == 2 * WINDOW
    np.testing.assert_allclose(found, np.log10(10_000 * mel.T + 1)[: len(found)], atol=1e-5)


@pytest.mark.parametrize("size", [1_000, 16_000, 1_000_000, 10_000_000])
def test_the_spectrogram_does_not_depend_on_the_blocks(size):
    samples = noise((2 * BATCH + 3) * STRIDE + 100)
    log_mel = LogMel()
    right = list(log_mel.windows(iter([samples])))
    assert [len(w) for w in right] == [BATCH, BATCH, 3]
    found = list(log_mel.windows(samples[i : i + size] for i in range(0, len(samples), size)))
    for a, b in zip(found, right, strict=True):
        assert torch.equal(a, b)


def test_no_more_than_a_batch_of_samples_is_held():
    taken = 0

    def blocks():
        nonlocal taken
        for _ in range(4 * BATCH):
            taken += 1
            yield np.zeros(STRIDE, dtype=np.float32)

    for i, _ in enumerate(LogMel().windows(blocks()), 1):
        assert taken <= i * BATCH + 1


def test_a_recording_shorter_than_a_window_is_repeated(encoder):
    short = noise(20_000)
    (found,) = LogMel().windows(iter([short]))
    frames = 1 + len(short) // HOP
    assert found.shape == (1, WINDOW, 96)
    assert torch.equal(found[0, frames:], found[0, : WINDOW - frames])
    for n in (1, 100, 1_600):
        assert np.isfinite(encoder.encode(iter([noise(n)])).vector).all()


def test_an_unfinished_last_window_is_left_out():
    samples = noise(2 * STRIDE)
    (whole,) = LogMel().windows(iter([samples]))
    (longer,) = LogMel().windows(iter([samples, noise(STRIDE // 2, seed=1)]))
    assert len(longer) == len(whole) == 2
    assert torch.equal(longer[0], whole[0])
    assert torch.equal(longer[1, :-1], whole[1, :-1])  # the last frame alone reaches into what follows


def test_pooling_is_the_mean_and_maximum_over_windows(encoder, weights, monkeypatch):
    monkeypatch.setattr(musicnn, "BATCH", 2)
    samples = noise(3 * STRIDE)
    batches = list(LogMel().windows(iter([samples])))
    assert [len(batch) for batch in batches] == [2, 1]
    found = [Network(weights)(batch) for batch in batches]
    tags, hidden, mean, largest = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
    encoded = encoder.encode(iter([samples]))
    assert list(encoded.tags) == LABELS["MSD"]
    np.testing.assert_allclose(list(encoded.tags.values()), tags.mean(axis=0), atol=1e-6)
    right = {"penultimate": hidden.mean(axis=0), "mean": mean.mean(axis=0), "max": largest.max(axis=0)}
    right["mean+max"] = np.concatenate([right["mean"], right["max"]])
    for pool, vector in right.items():
        other = Musicnn("MSD", pool=pool)
        other.network = encoder.network
        made = other.encode(iter([samples])).vector
        assert made.shape == (other.dim,)
        assert made.dtype == np.float32
        np.testing.assert_allclose(made, vector, atol=1e-5)


def test_silence_is_finite_and_no_sample_is_an_error(encoder):
    assert np.isfinite(encoder.encode(iter([np.zeros(100_000, dtype=np.float32)])).vector).all()
    for blocks in ([], [np.zeros(0, dtype=np.float32)]):
        with pytest.raises(SegueError, match="no sample"):
            encoder.encode(iter(blocks))


def test_the_identity_tells_weights_checkpoints_and_poolings_apart(tmp_path, weights, monkeypatch):
    def identity(seed, checkpoint="MSD", pool="penultimate"):
        index = write_bundle(tmp_path / str(seed), {"dense/bias": random_weights(seed)["dense/bias"]})
        monkeypatch.setattr(musicnn, "resolve", lambda checkpoint: index)
        return Musicnn(checkpoint, pool=pool).identity

    assert identity(1) == identity(1)
    assert len({identity(1), identity(2), identity(1, "MTT"), identity(1, pool="mean")}) == 4


def test_unknown_names_and_a_missing_wheel_say_what_to_do(monkeypatch):
    with pytest.raises(SegueError, match="choose one of MTT, MSD"):
        Musicnn("VGG")
    with pytest.raises(SegueError, match="choose one of penultimate"):
        Musicnn("MSD", pool="sum")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SegueError, match="pip install --no-deps musicnn"):
        Musicnn("MSD").identity  # noqa: B018


def test_labels_are_fifty_different_tags():
    assert {len(set(labels)) for labels in LABELS.values()} == {50}


@real
@pytest.mark.parametrize("checkpoint", ["MTT", "MSD"])
def test_activations_equal_those_of_the_authors_network(checkpoint):
    references = sorted((REFERENCE / "musicnn-reference").glob(f"{checkpoint}_*.npz"))
    assert references
    encoder = Musicnn(checkpoint)
    for path in references:
        right = np.load(path, allow_pickle=False)
        found = encoder.network(torch.from_numpy(right["log_mel"]))
        for ours, name in zip(found, ("tags", "penultimate", "mean_pool", "max_pool"), strict=True):
            # The maxima reach 112, where the authors' own rounding is up to 5e-4.
            rtol = 1e-5 if name == "max_pool" else 0
            np.testing.assert_allclose(ours.numpy(), right[name], atol=1e-4, rtol=rtol, err_msg=name)


@real
def test_the_whole_way_from_the_file_equals_that_of_the_authors():
    from segue.passes.decode import stream

    encoder = Musicnn("MSD")
    for path in sorted((REFERENCE / "musicnn-reference").glob("MSD_*.npz")):
        right = np.load(path, allow_pickle=False)
        (file,) = REFERENCE.glob(f"*/{path.stem.removeprefix('MSD_musicnn-')}.ogg")
        # The authors' 15 seconds end in the middle of a window; a little more shows the same five.
        (windows,) = encoder.log_mel.windows(stream(file, 16_000, stop_s=15.5))
        np.testing.assert_allclose(windows.numpy(), right["log_mel"], atol=1e-5)
        np.testing.assert_allclose(encoder.network(windows).tags.numpy(), right["tags"], atol=1e-4)
