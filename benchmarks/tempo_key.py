"""Claim: tempo within 4 % and key exact on synthetic music more often than plain librosa.

Tempo: click tracks of 20 seconds, every 7th tempo from 60.4 to 193.4 BPM x 4 kinds of click x accents (none,
every 3rd, every 4th) x white noise (none, 0.03 and 0.1 root mean square). An answer at double or half the
tempo is counted apart; drum loops, where both are often as good, have a table of their own. The peer is
librosa.feature.tempo. Key: cadences of 9 seconds in all 24 keys x 3 cadences x 4 timbres x detuning by -30, 0
and +30 cents, octaves in turn. The peer is librosa's chroma_stft, which tunes itself, with the profiles of
Krumhansl and Kessler. Real-time factor: seconds of music for each second of processor time, without decoding
and warm-up. The ratio of right answers comes last.

    OMP_NUM_THREADS=1 python benchmarks/tempo_key.py [--every 1]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import librosa
import numpy as np

from segue.describe.key import KEYS, key_of
from segue.describe.tempo import tempo_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "features" / "audio"))
from synthetic_audio import (
    CADENCES,
    CLICKS,
    LOOPS,
    RATE,
    TIMBRES,
    cadence,
    click_track,
    drum_loop,
    key_name,
    white_noise,
)

Shares = dict[str, tuple[float, float]]
KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)


def peer_tempo(y: Any) -> float:
    """What librosa says is the tempo."""
    return float(librosa.feature.tempo(y=y, sr=RATE)[0])


def peer_key(y: Any) -> str:
    """The key whose profile correlates best with librosa's mean chroma."""
    notes = librosa.feature.chroma_stft(y=y, sr=RATE).mean(axis=1)
    fits = [np.corrcoef(notes, np.roll(p, tonic))[0, 1] for p in KRUMHANSL for tonic in range(12)]
    return KEYS[int(np.argmax(fits))]


def timed(function: Callable[[Any], Any], signal: Any) -> tuple[Any, float]:
    """What the function returns, and the seconds of processor time it took."""
    start = time.process_time()
    value = function(signal)
    return value, time.process_time() - start


def compare(
    title: str,
    cases: Sequence[tuple[Any, Any]],
    make: Callable[..., Any],
    ways: dict[str, Callable[[Any], Any]],
) -> tuple[dict[str, list[Any]], dict[str, float]]:
    """The answers of each way, and its real-time factor.

    Args:
        title: of the printed line.
        cases: what `make` makes a signal of, and the right answer.
        make: a case into a signal.
        ways: name -> function of the signal.
    """
    answers: dict[str, list[Any]] = {name: [] for name in ways}
    spent, heard = dict.fromkeys(ways, 0.0), 0.0
    for function in ways.values():
        function(make(*cases[0][0]))  # warm-up
    for case, _ in cases:
        signal = make(*case)
        heard += len(signal) / RATE
        for name, function in ways.items():
            answer, seconds = timed(function, signal)
            answers[name].append(answer)
            spent[name] += seconds
    print(f"{title}: {len(cases)} signals, {heard / 60:.0f} minutes")
    return answers, {name: heard / s for name, s in spent.items()}


def clicks(bpm: float, kind: str, accent: int, noise: float) -> Any:
    """A click track of 20 seconds."""
    return click_track(bpm, 20, kind=kind, accent=accent) + white_noise(20, noise)


def measure_tempo(every: int) -> Shares:
    """Name -> share of hits, real-time factor."""
    tempos = [bpm + 0.4 for bpm in range(60, 200, 7)]
    cases = [(c, c[0]) for c in product(tempos, CLICKS, (0, 3, 4), (0.0, 0.03, 0.1))][::every]
    return tempo_line("tempo of clicks", cases, clicks)


def measure_loops(every: int) -> None:
    """Print the same for drum loops, where people too would differ by a factor of two."""
    cases = [(c, c[0]) for c in product([bpm + 0.4 for bpm in range(60, 200, 7)], LOOPS)][::every]
    tempo_line("tempo of drum loops", cases, lambda bpm, name: drum_loop(bpm, name, 20))


def tempo_line(title: str, cases: Sequence[tuple[Any, Any]], make: Callable[..., Any]) -> Shares:
    """Print how often each way is right; name -> share of hits, real-time factor."""
    ways = {"librosa.feature.tempo": peer_tempo, "segue": lambda y: tempo_of(y).bpm or np.nan}
    answers, speed = compare(title, cases, make, ways)
    right = np.array([bpm for _, bpm in cases])
    shares = {}
    for name, found in answers.items():
        off = {factor: np.abs(np.array(found) / (right * factor) - 1) for factor in (1, 2, 0.5)}
        hit, octave = off[1] < 0.04, np.minimum(off[2], off[0.5]) < 0.04
        none = np.isnan(np.array(found))
        print(
            f"  {name}: within 4 % {hit.mean():.1%} ({hit.sum()}), octave {octave.sum()}, "
            f"other {(~hit & ~octave & ~none).sum()}, none said {none.sum()}; median error of hits "
            f"{np.median(off[1][hit]):.2%}, largest {off[1][hit].max():.2%}; "
            f"real-time factor {speed[name]:,.0f}"
        )
        shares[name] = (float(hit.mean()), speed[name])
    return shares


def chords(tonic: int, minor: bool, name: str, timbre: str, cents: float) -> Any:
    """A cadence, twice."""
    base = (48, 60, 72)[(tonic + len(name) + len(timbre)) % 3]
    return np.tile(cadence(tonic, minor, name=name, timbre=timbre, base=base, cents=cents, times=1), 2)


def measure_key(every: int) -> Shares:
    """Name -> share of exact keys, real-time factor."""
    grid = list(product(range(12), (False, True), CADENCES, TIMBRES, (-30.0, 0.0, 30.0)))[::every]
    cases = [(c, key_name(c[0], c[1])) for c in grid]
    ways = {"chroma_stft + Krumhansl": peer_key, "segue": lambda y: key_of(y).name}
    answers, speed = compare("key", cases, chords, ways)
    shares = {}
    for name, found in answers.items():
        hits = [f == right for f, (_, right) in zip(found, cases, strict=True)]
        print(f"  {name}: exact {np.mean(hits):.1%} ({sum(hits)}); real-time factor {speed[name]:,.0f}")
        shares[name] = (float(np.mean(hits)), speed[name])
    return shares


def main() -> None:
    """Measure both and print the ratios last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="use every n-th signal of the grids")
    every = parser.parse_args().every
    measure_loops(every)
    results = {"tempo": measure_tempo(every), "key": measure_key(every)}
    right = {"peer": 0.0, "segue": 0.0}
    for what, ((_, (peer, peer_speed)), (_, (ours, speed))) in ((w, r.items()) for w, r in results.items()):
        right["peer"], right["segue"] = right["peer"] + peer, right["segue"] + ours
        print(f"{what}: right {ours:.1%}, peer {peer:.1%}; speed {speed / peer_speed:.2f} times the peer's")
    print(f"ratio (right answers of segue / of librosa, mean of both): {right['segue'] / right['peer']:.2f}")


if __name__ == "__main__":
    main()
