"""The key of a stretch of music: how well its notes fit the twenty-four keys."""

import warnings
from dataclasses import dataclass

import numpy as np

from segue.kit.arrays import Floats

RATE = 22_050
"""The sample rate of the signals, in Hz."""
HOP = 2_048
LEAST_S = 4.0
"""A shorter stretch says nothing about key."""
MAJORS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINORS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
KEYS = tuple([f"{tonic} major" for tonic in MAJORS] + [f"{tonic} minor" for tonic in MINORS])
"""The names of the keys, each with its usual spelling."""
MAJOR_PROFILE = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR_PROFILE = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
"""How often each note of a key is heard, from its tonic up.
Source: J. Albrecht and D. Shanahan, The use of large corpora to train a new type of key-finding algorithm
(2013).
"""
LEAST_FIT, LEAST_LEAD = 0.5, 0.02
"""The best key must fit so well, and by so much better than the next."""
LEAST_CONTRAST, MOST_CONTRAST = 0.1, 1.6
"""Standard deviation of the twelve notes over their mean: below, there are no notes, but noise; above, there
are only one or two, which belong to many keys."""


@dataclass(frozen=True)
class Key:
    """A key and how sure it is.

    Args:
        name: "F# minor", None where there is no key to speak of.
        confidence: correlation of the notes with the key's profile, from 0 to 1.
        tuning_cents: how far the tuning is from A = 440 Hz, from -50 to 50. Near either end, the key's name
            may as well be the neighbouring one.
    """

    name: str | None
    confidence: float
    tuning_cents: float


def key_of(signal: Floats) -> Key:
    """The key of a signal, float32 (n,) at `RATE`.

    There is none in less than `LEAST_S` seconds, in noise, in a drone of one or two notes, and where the
    notes fit no key or two keys as well.
    """
    if len(signal) < LEAST_S * RATE:
        return Key(None, 0.0, 0.0)
    notes, tuning = _notes(signal)
    if notes.mean() <= 0 or not LEAST_CONTRAST < notes.std() / notes.mean() < MOST_CONTRAST:
        return Key(None, 0.0, tuning)
    fits = key_fits(notes)
    second, best = np.sort(fits)[-2:]
    sure = best >= LEAST_FIT and best - second >= LEAST_LEAD
    return Key(KEYS[int(fits.argmax())] if sure else None, float(np.clip(best, 0, 1)), tuning)


def key_fits(notes: Floats) -> Floats:
    """The correlation of the twelve notes' strengths (12,) with each of `KEYS`, (24,)."""
    profiles = np.array([np.roll(p, tonic) for p in (MAJOR_PROFILE, MINOR_PROFILE) for tonic in range(12)])
    # The square root keeps one loud note from deciding alone.
    heard = np.sqrt(notes) - np.sqrt(notes).mean()
    profiles -= profiles.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(profiles, axis=1) * np.linalg.norm(heard)
    return np.asarray(profiles @ heard / np.maximum(lengths, 1e-12), dtype=np.float32)


def _notes(signal: Floats) -> tuple[Floats, float]:
    """The mean strength of each note from C up, (12,), and the tuning in cents."""
    import librosa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns where it hears no tones to tune by
        tuning = float(librosa.estimate_tuning(y=signal, sr=RATE, n_fft=8192))
        chroma = librosa.feature.chroma_cqt(y=signal, sr=RATE, hop_length=HOP, tuning=tuning)
    return chroma.mean(axis=1), round(100 * tuning, 1)
