"""The tempo of a stretch of music: how regularly its onsets come back, and how often a minute.

Two views of the onset envelope are multiplied. Its spectrum is high at the tempo and its multiples, its
autocorrelation at the tempo and its fractions; only the tempo itself is high in both. (The idea of combining
the two: G. Peeters, Template-based estimation of time-varying tempo, 2007.)
"""

from dataclasses import dataclass

import numpy as np

from segue.kit.arrays import Floats

RATE = 22_050
"""The sample rate of the signals, in Hz."""
HOP = 256
"""Samples from one value of the envelope to the next: 11.6 ms."""
FRAMES_S = RATE / HOP
LEAST_S = 8.0
"""A shorter stretch says nothing about tempo."""
SLOWEST, FASTEST = 40.0, 240.0
WINDOW_S = 12.0
"""Tempo may drift over a track, within so many seconds it should hold."""
USUAL_BPM, SPREAD_OCTAVES = 110.0, 0.6
"""Where people tap, as a bell over log tempo: it decides between a tempo and its double."""
LEAST_RISE_DB = 0.3
"""Onsets that rise less than this above the middle of the envelope are none: a drone, or steady noise."""


@dataclass(frozen=True)
class Tempo:
    """A tempo and how sure it is.

    Args:
        bpm: beats a minute, None where there is no tempo to speak of.
        confidence: how alike the onsets are one beat later, from 0 (not at all) to 1 (the same).
    """

    bpm: float | None
    confidence: float


def tempo_of(signal: Floats) -> Tempo:
    """The tempo of a signal, float32 (n,) at `RATE`.

    There is none in less than `LEAST_S` seconds, without onsets, and where the onsets come back no more
    regularly than by chance.
    """
    if len(signal) < LEAST_S * RATE:
        return Tempo(None, 0.0)
    import librosa

    envelope = librosa.onset.onset_strength(y=signal, sr=RATE, hop_length=HOP)
    envelope = envelope[10:-10]  # where the stretch begins and ends is no onset
    if np.percentile(envelope, 99) - np.median(envelope) < LEAST_RISE_DB:
        return Tempo(None, 0.0)
    bpm, confidence = _best(*_spectrum(envelope))
    # By chance alone, clicks thrown at random reach this in one of twenty stretches (measured, see docs).
    chance = 1.1 / np.sqrt(len(signal) / RATE)
    return Tempo(bpm if confidence > chance else None, confidence)


def _spectrum(envelope: Floats) -> tuple[Floats, Floats]:
    """The mean power spectrum of the envelope's windows, and its autocorrelation from lag 0, which is 1."""
    n = min(len(envelope), round(WINDOW_S * FRAMES_S))
    size = 1 << (8 * n).bit_length()
    taper = np.hanning(n)
    power = np.zeros(size // 2 + 1)
    for start in range(0, len(envelope) - n + 1, n // 4):
        window = envelope[start : start + n]
        power += np.abs(np.fft.rfft((window - window.mean()) * taper, size)) ** 2
    # The taper makes long lags small; its own autocorrelation says how small.
    lags = 3 * n // 4
    taken = np.fft.irfft(np.abs(np.fft.rfft(taper, size)) ** 2)[:lags]
    found = np.fft.irfft(power)[:lags] / taken
    return power.astype(np.float32), (found / found[0]).astype(np.float32)


def _best(power: Floats, autocorrelation: Floats) -> tuple[float, float]:
    """The most likely tempo in beats a minute, and the autocorrelation one beat later, in [0, 1]."""
    bpm = np.exp(np.linspace(np.log(SLOWEST), np.log(FASTEST), 1500))
    step = 60 * FRAMES_S / (2 * (len(power) - 1))
    later = np.interp(60 * FRAMES_S / bpm, np.arange(len(autocorrelation)), autocorrelation)
    height = np.interp(bpm, step * np.arange(len(power)), np.sqrt(power))
    usual = np.exp(-0.5 * (np.log2(bpm / USUAL_BPM) / SPREAD_OCTAVES) ** 2)
    best = int(np.argmax(np.maximum(later, 0) * height * usual))
    return _refined(power, step, float(bpm[best])), float(np.clip(later[best], 0, 1))


def _refined(power: Floats, step: float, bpm: float) -> float:
    """The top of the spectrum's peak within 3 % of a tempo, between the bins (a parabola through three)."""
    low, high = round(0.97 * bpm / step), round(1.03 * bpm / step)
    peak = low + int(np.argmax(power[low : high + 1]))
    if peak in (low, high):  # the spectrum still rises at the edge: its peak is another tempo's
        return bpm
    left, top, right = np.log(power[peak - 1 : peak + 2] + 1e-20)
    return float((peak + 0.5 * (left - right) / (left - 2 * top + right)) * step)
