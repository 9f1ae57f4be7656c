"""Encoders without a learnt model: statistics of what librosa measures. Source: multimodal E4SRec 5.1.

Their dimensions have very different scales (a spectral rolloff is thousands of hertz, a zero-crossing rate a
few hundredths), so cosines and k-means need them standardised over the catalogue: see `standardised`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from segue.encoders.audio.encoder import Encoded, windows
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError, needed

SHORTEST = 4_096
"""Samples; what is shorter is filled up with silence: a delta is made of nine frames."""


class Unscaled:
    """What mixes units: its vectors are to be standardised over the catalogue."""

    needs_scale = True


class Mfcc(Unscaled):
    """Mel cepstrum at 16 kHz: 40 coefficients and their deltas, mean and standard deviation over time.

    The first 128 of: means, standard deviations, means of the deltas, standard deviations of the deltas (of
    which eight are left). Windows of 30 seconds without overlap; the vectors of the windows are averaged,
    each with the weight of its length. Deltas (nine frames, librosa's default) are taken within a window, so
    no frame sees another window.
    Source: multimodal E4SRec 5.1.
    """

    identity = "mfcc-16k-40-1"
    rate = 16_000
    dim = 128

    def encode(self, blocks: Iterator[Floats]) -> Encoded:
        """The vector of one recording; memory holds one window."""
        total, n_total = np.zeros(self.dim), 0
        for window, n in windows(blocks, 30 * self.rate):
            # The padding is cut off again: silence would pull every mean.
            total += n * self._window(window[:n])
            n_total += n
        if not n_total:
            raise SegueError("a recording without a sample")
        return Encoded((total / n_total).astype(np.float32))

    def _window(self, signal: Floats) -> Floats:
        """The vector (128,) of one window."""
        librosa = _librosa()
        frames = librosa.feature.mfcc(y=_filled(signal), sr=self.rate, n_mfcc=40)
        deltas = librosa.feature.delta(frames)
        return np.concatenate([_mean_and_deviation(frames), _mean_and_deviation(deltas)])[: self.dim]


class Librosa63(Unscaled):
    """Timbre, loudness and tempo of the first 60 seconds at 22,050 Hz in 63 numbers.

    Mean and standard deviation over time, in this order, of 20 mel-cepstral coefficients (all means, then
    all deviations), spectral centroid, spectral contrast in 7 bands (likewise), rolloff, root mean square
    and zero-crossing rate; then the tempo as librosa estimates it, in beats a minute (0 without onsets).
    Source: multimodal E4SRec 5.1.
    """

    identity = "librosa-63-1"
    rate = 22_050
    dim = 63

    def encode(self, blocks: Iterator[Floats]) -> Encoded:
        """The vector of one recording; reads 60 seconds and no further."""
        window, n = next(windows(blocks, 60 * self.rate), (np.zeros(0, dtype=np.float32), 0))
        if not n:
            raise SegueError("a recording without a sample")
        return Encoded(self._vector(_filled(window[:n])))

    def _vector(self, signal: Floats) -> Floats:
        """The vector (63,) of a signal."""
        librosa = _librosa()
        spectrum = np.abs(librosa.stft(signal))
        measures = (
            librosa.feature.mfcc(y=signal, sr=self.rate, n_mfcc=20),
            librosa.feature.spectral_centroid(S=spectrum, sr=self.rate),
            librosa.feature.spectral_contrast(S=spectrum, sr=self.rate),
            librosa.feature.spectral_rolloff(S=spectrum, sr=self.rate),
            librosa.feature.rms(y=signal),
            librosa.feature.zero_crossing_rate(signal),
        )
        onsets = librosa.onset.onset_strength(y=signal, sr=self.rate)
        # Without an onset librosa would answer with its prior, 120 beats a minute.
        tempo = librosa.feature.tempo(onset_envelope=onsets, sr=self.rate) if onsets.any() else np.zeros(1)
        return np.concatenate([*map(_mean_and_deviation, measures), tempo]).astype(np.float32)


def standardised(
    matrix: Floats, present: Bools, kept: Mapping[str, np.ndarray[Any, Any]]
) -> tuple[Floats, dict[str, Floats]]:
    """The matrix with each dimension at mean 0 and standard deviation 1 over the tracks that have a vector.

    Args:
        matrix: float32 (n_tracks, dim), as encoded.
        kept: `scale_mean` and `scale_deviation` (dim,) of an earlier run, so that its codebooks still hold;
            empty to measure them.

    Returns:
        float32 (n_tracks, dim), 0 where `present` is False, and the two arrays to keep.
    """
    mean, deviation = kept.get("scale_mean"), kept.get("scale_deviation")
    if mean is None or deviation is None:
        seen = matrix[present].astype(np.float64) if present.any() else np.zeros((1, matrix.shape[1]))
        mean, deviation = seen.mean(axis=0).astype(np.float32), seen.std(axis=0).astype(np.float32)
    # A dimension that does not vary says nothing and becomes 0, up to the noise of rounding.
    varies = deviation > 1e-5 * np.maximum(1.0, np.abs(mean))
    scaled = (matrix - mean) / np.where(varies, deviation, 1.0)
    scaled = np.where(present[:, None] & varies, scaled, 0.0).astype(np.float32)
    return scaled, {"scale_mean": mean, "scale_deviation": deviation}


def _mean_and_deviation(frames: Floats) -> Floats:
    """All means over time, then all standard deviations: (2 n,) of (n, n_frames)."""
    return np.concatenate([frames.mean(axis=1), frames.std(axis=1)])


def _filled(signal: Floats) -> Floats:
    """The signal, with silence behind it where it is shorter than `SHORTEST`."""
    return np.pad(signal, (0, max(0, SHORTEST - len(signal))))


def _librosa() -> Any:
    """The library, with its submodules loaded late; raises `SegueError` where it is not installed."""
    with needed("librosa is not installed", "audio"):
        import librosa
    return librosa
