"""Signals whose tempo or key is known: click tracks, cadences, drones and noise, float32 mono in [-1, 1]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from segue.kit.arrays import Floats

RATE = 22_050
CLICKS = ("beep", "wood", "noise", "drum")
BACKBEAT = (0.5, (1, 3))
LOOPS = {
    "eighths": (4, {"drum": (0.8, (0, 2)), "noise": BACKBEAT, "wood": (0.2, np.arange(0, 4, 0.5))}),
    "off-beat": (4, {"drum": (0.8, (0, 1, 2, 3)), "noise": BACKBEAT, "wood": (0.2, np.arange(0.5, 4))}),
    "sixteenths": (
        4,
        {"drum": (0.8, (0, 1.75, 2, 2.5)), "noise": BACKBEAT, "wood": (0.2, np.arange(16) / 4)},
    ),
    "waltz": (3, {"drum": (0.8, (0,)), "noise": (0.5, (1, 2))}),
}
"""Name -> beats a bar, and for each kind of click its level and the beats that it strikes on."""
TIMBRES = ("sine", "organ", "saw", "hollow")
CADENCES = ("I-IV-V-I", "ii-V-I", "I-vi-ii-V-I")
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
DEGREES = {"I": 0, "ii": 1, "IV": 3, "V": 4, "vi": 5}
MAJORS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
MINORS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"]


def blocks(signal: Floats, size: int = 7_919) -> Iterator[Floats]:
    """The signal in blocks of an awkward length."""
    for start in range(0, len(signal), size):
        yield signal[start : start + size]


def click(kind: str, rate: int = RATE) -> Floats:
    """One click, 60 ms."""
    t = np.arange(int(0.06 * rate)) / rate
    if kind == "beep":
        sound = np.sin(2 * np.pi * 1000 * t) * np.exp(-t / 0.02)
    elif kind == "wood":
        sound = np.sin(2 * np.pi * 2300 * t) * np.exp(-t / 0.005)
    elif kind == "noise":
        sound = np.random.default_rng(7).uniform(-1, 1, len(t)) * np.exp(-t / 0.01)
    else:
        sound = np.sin(2 * np.pi * (60 * t + 4 * np.exp(-t / 0.02))) * np.exp(-t / 0.03)
    return sound.astype(np.float32)


def click_track(
    bpm: float, seconds: float = 30, *, kind: str = "beep", accent: int = 0, rate: int = RATE
) -> Floats:
    """Clicks at an even tempo; with `accent` = n all but every n-th are at 0.45 of its strength."""
    signal, sound = np.zeros(int(seconds * rate) + rate, dtype=np.float32), click(kind, rate)
    for n, at in enumerate(np.arange(0.1, seconds, 60 / bpm)):
        start = round(at * rate)
        signal[start : start + len(sound)] += (0.8 if not accent or n % accent == 0 else 0.36) * sound
    return signal[: int(seconds * rate)]


def drum_loop(bpm: float, name: str, seconds: float = 30, rate: int = RATE) -> Floats:
    """Drums that strike at several levels of the beat, one of `LOOPS`."""
    beats, parts = LOOPS[name]
    signal = np.zeros(int(seconds * rate) + rate, dtype=np.float32)
    for bar in np.arange(0.1, seconds, beats * 60 / bpm):
        for kind, (level, places) in parts.items():
            for start in (round((bar + place * 60 / bpm) * rate) for place in places):
                sound = click(kind, rate)[: max(0, len(signal) - start)]
                signal[start : start + len(sound)] += level * sound
    return signal[: int(seconds * rate)]


def white_noise(seconds: float, level: float, *, seed: int = 0, rate: int = RATE) -> Floats:
    """White noise with the given root mean square."""
    return (level * np.random.default_rng(seed).standard_normal(int(seconds * rate))).astype(np.float32)


def tone(frequency: float, seconds: float, timbre: str = "organ", rate: int = RATE) -> Floats:
    """A steady tone with soft ends."""
    t = np.arange(int(seconds * rate)) / rate
    strengths = {
        "sine": {1: 1.0},
        "organ": {1: 1.0, 2: 0.6, 3: 0.4, 4: 0.25, 5: 0.15, 6: 0.1},
        "saw": {n: 1 / n for n in range(1, 16)},
        "hollow": {n: 1 / n for n in range(1, 16, 2)},
    }[timbre]
    parts = {n: a for n, a in strengths.items() if n * frequency < rate / 2}
    sound = sum(a * np.sin(2 * np.pi * n * frequency * t) for n, a in parts.items())
    fade = np.minimum(1, np.minimum(t, t[::-1]) / 0.02)
    return (sound * fade).astype(np.float32)


def chord(pitches: Sequence[float], seconds: float, timbre: str, rate: int = RATE) -> Floats:
    """Several MIDI pitches together, at most 0.5 high."""
    sound = sum(tone(440 * 2 ** ((p - 69) / 12), seconds, timbre, rate) for p in pitches)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def triad(tonic: int, minor: bool, degree: int, *, base: int) -> list[float]:
    """The triad on a degree (0 to 6) of a key, over its own bass; V of a minor key has the leading note.

    Args:
        tonic: pitch class, C = 0.
        minor: harmonic minor on V, natural minor elsewhere.
        degree: 0 is the tonic.
        base: the MIDI pitch of a C that the triad lies above.
    """
    scale = MINOR if minor else MAJOR
    notes = [scale[(degree + s) % 7] + 12 * ((degree + s) // 7) for s in (0, 2, 4)]
    if minor and degree == 4:
        notes[1] += 1
    return [base - 12 + tonic + notes[0], *(base + tonic + n for n in notes)]


def cadence(
    tonic: int,
    minor: bool,
    *,
    name: str = "I-IV-V-I",
    timbre: str = "organ",
    base: int = 60,
    cents: float = 0,
    times: int = 3,
    beat_s: float = 0.8,
    rate: int = RATE,
) -> Floats:
    """A cadence played over and over, the last chord twice as long."""
    degrees = [DEGREES[d] for d in name.split("-")]
    parts = []
    for n, degree in enumerate(degrees):
        pitches = [p + cents / 100 for p in triad(tonic, minor, degree, base=base)]
        parts.append(chord(pitches, beat_s * (2 if n == len(degrees) - 1 else 1), timbre, rate))
    return np.tile(np.concatenate(parts), times)


def key_name(tonic: int, minor: bool) -> str:
    """The name of a key, such as "C# minor"."""
    return f"{MINORS[tonic]} minor" if minor else f"{MAJORS[tonic]} major"
