"""The handcrafted encoders against direct librosa calls on the whole signal."""

import librosa
import numpy as np
import pytest
from synthetic_audio import blocks, cadence, click_track, white_noise

from segue.encoders.audio.handcrafted import Librosa63, Mfcc, standardised
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError


def music(seconds: float, rate: int) -> Floats:
    notes = cadence(9, True, name="I-vi-ii-V-I", times=1, rate=rate)
    n = int(seconds * rate)
    return (
        0.4 * np.resize(notes, n)
        + 0.4 * click_track(100, seconds, rate=rate)
        + white_noise(seconds, 0.003, rate=rate)
    )


def direct_mfcc(y: Floats) -> Floats:
    frames = librosa.feature.mfcc(y=y, sr=16_000, n_mfcc=40)
    deltas = librosa.feature.delta(frames)
    return np.concatenate([frames.mean(1), frames.std(1), deltas.mean(1), deltas.std(1)])[:128]


def direct_63(y: Floats) -> Floats:
    pooled = []
    for frames in (
        librosa.feature.mfcc(y=y, sr=22_050, n_mfcc=20),
        librosa.feature.spectral_centroid(y=y, sr=22_050),
        librosa.feature.spectral_contrast(y=y, sr=22_050),
        librosa.feature.spectral_rolloff(y=y, sr=22_050),
        librosa.feature.rms(y=y),
        librosa.feature.zero_crossing_rate(y),
    ):
        pooled += [frames.mean(axis=1), frames.std(axis=1)]
    return np.concatenate([*pooled, librosa.feature.tempo(y=y, sr=22_050)])


@pytest.mark.parametrize("size", [7_919, 10**6])
def test_mfcc_of_one_window_is_librosas_of_the_whole_signal(size: int) -> None:
    y = music(20, 16_000)
    found = Mfcc().encode(blocks(y, size)).vector
    assert found.shape == (128,)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, direct_mfcc(y), rtol=1e-4, atol=1e-3)


def test_mfcc_of_several_windows_is_their_mean_by_length() -> None:
    y = music(75, 16_000)
    parts = [y[:480_000], y[480_000:960_000], y[960_000:]]
    right = np.average([direct_mfcc(p) for p in parts], axis=0, weights=[30, 30, 15])
    np.testing.assert_allclose(Mfcc().encode(blocks(y)).vector, right, rtol=1e-4, atol=1e-3)


def test_the_means_of_the_windows_are_nearly_those_of_the_whole() -> None:
    y = music(75, 16_000)
    found, whole = Mfcc().encode(blocks(y)).vector, direct_mfcc(y)
    np.testing.assert_allclose(found[:40], whole[:40], atol=1.0)


def test_librosa_is_the_direct_calls_on_the_first_minute() -> None:
    y = music(64, 22_050)
    found = Librosa63().encode(blocks(y)).vector
    assert found.shape == (63,)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, direct_63(y[: 60 * 22_050]), rtol=1e-3, atol=1e-3)


def test_librosa_reads_a_minute_and_no_further() -> None:
    given = []

    def endless():  # type: ignore[no-untyped-def]
        while True:
            given.append(1)
            yield white_noise(10, 0.1, seed=len(given))

    Librosa63().encode(endless())
    assert len(given) == 6


@pytest.mark.parametrize("encoder", [Mfcc(), Librosa63()])
@pytest.mark.parametrize("n", [1, 300, 2_048, 5_000])
def test_short_and_silent_signals_have_finite_vectors(encoder: Mfcc | Librosa63, n: int) -> None:
    for y in (np.zeros(n, dtype=np.float32), white_noise(1, 0.1)[:n]):
        assert np.isfinite(encoder.encode(iter([y])).vector).all()


@pytest.mark.parametrize("encoder", [Mfcc(), Librosa63()])
def test_no_sample_is_an_error(encoder: Mfcc | Librosa63) -> None:
    with pytest.raises(SegueError, match="without a sample"):
        encoder.encode(iter([]))


def test_standardised_dimensions_have_mean_0_and_deviation_1() -> None:
    rng = np.random.default_rng(0)
    matrix = (rng.standard_normal((50, 3)) * [1e-3, 1.0, 4000] + [0.05, -200, 3000]).astype(np.float32)
    matrix = np.hstack([matrix, np.full((50, 1), 7.3, dtype=np.float32)])
    present = rng.random(50) < 0.8
    matrix[~present] = np.nan
    scaled, kept = standardised(matrix, present, {})
    np.testing.assert_allclose(scaled[present].mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(scaled[present][:, :3].std(axis=0), 1, rtol=1e-3)
    assert (scaled[:, 3] == 0).all()  # does not vary
    assert (scaled[~present] == 0).all()
    later, same = standardised(matrix[:5], present[:5], kept)
    np.testing.assert_array_equal(later, scaled[:5])
    assert set(same) == {"scale_mean", "scale_deviation"}


def test_without_standardising_a_few_dimensions_are_the_whole_vector() -> None:
    """Two clicks and two cadences: nearly all of a raw vector's length is in five of its dimensions."""
    y = [click_track(90, 8), click_track(93, 8), cadence(0, False, times=2), cadence(2, False, times=2)]
    raw = np.stack([Librosa63().encode(iter([s])).vector for s in y])
    scaled, _ = standardised(raw, np.ones(4, dtype=bool), {})

    def five_largest(m: Floats) -> Floats:
        squares = np.sort(m**2, axis=1)
        return squares[:, -5:].sum(axis=1) / squares.sum(axis=1)

    def cosine(i: int, j: int) -> float:
        return float(scaled[i] @ scaled[j] / np.linalg.norm(scaled[i]) / np.linalg.norm(scaled[j]))

    assert (five_largest(raw) > 0.95).all()
    assert (five_largest(scaled) < 0.5).all()
    assert cosine(0, 1) > 0.5 > 0 > cosine(0, 2)
    assert cosine(2, 3) > 0.2
