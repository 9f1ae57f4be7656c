"""Claim: musicnn listens at least 40 times faster than the music plays, and memory does not grow with it.

Each stage is timed alone on one generated stereo FLAC (chords, a beat and noise at 44.1 kHz), after a
warm-up: decoding, resampling to 16 kHz (decoding with resampling, less decoding), log-mel, network; then all
of it in one stream. Seconds of CPU are printed beside those of the clock, for a busy machine. The peer of the
front end is librosa's mel spectrogram. The network has no peer here: its authors' runs in TensorFlow, and
tests/features/audio/test_musicnn.py compares the results. Peak memory is that of a fresh process for a short
and a long file.

    python benchmarks/musicnn_speed.py [--minutes 3] [--long 60] [--threads 2] [--checkpoint MTT] [--seed 0]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import librosa
import numpy as np
import soundfile
import torch

from segue.encoders.audio.musicnn import BANDS, FFT, HOP, RATE, WINDOW, Musicnn
from segue.passes.decode import stream

SOURCE_RATE = 44_100
TARGET = 40


def generate(path: Path, minutes: float, seed: int) -> None:
    """Write chords with a beat and some noise, stereo, second by second."""
    rng = np.random.default_rng(seed)
    t = np.arange(SOURCE_RATE) / SOURCE_RATE
    with soundfile.SoundFile(path, "w", SOURCE_RATE, 2, "PCM_16") as file:
        for _ in range(round(minutes * 60)):
            notes = 220 * 2 ** (rng.integers(0, 36, 3) / 12)
            chord = sum(np.sin(2 * np.pi * note * t) for note in notes) / 6
            drums = np.exp(-(t % 0.5) * 30)[:, None] * rng.standard_normal((SOURCE_RATE, 2)) * 0.3
            file.write((chord[:, None] + drums).clip(-1, 1))


class Spent(NamedTuple):
    """Seconds by the clock and of all threads together."""

    clock: float
    cpu: float


def timed(function: Callable[[], Any], repeats: int = 3) -> tuple[Any, Spent]:
    """What the function returns, and the fewest seconds it took after a warm-up."""
    function()
    clocks, cpus = [], []
    for _ in range(repeats):
        clock, cpu = time.perf_counter(), time.process_time()
        value = function()
        clocks.append(time.perf_counter() - clock)
        cpus.append(time.process_time() - cpu)
    return value, Spent(min(clocks), min(cpus))


def librosa_log_mel(samples: Any) -> Any:
    """The same log-mel by librosa, float32 (frames, 96)."""
    mel = librosa.feature.melspectrogram(y=samples, sr=RATE, n_fft=FFT, hop_length=HOP, n_mels=BANDS)
    return np.log10(10_000 * mel.T + 1)


def peak_mb(path: Path, arguments: argparse.Namespace) -> float:
    """Peak memory of a fresh process that encodes one file, in MB."""
    command = [sys.executable, __file__, "--peak", str(path), "--checkpoint", arguments.checkpoint]
    done = subprocess.run(
        [*command, "--threads", str(arguments.threads)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


@torch.inference_mode()
def measure(path: Path, checkpoint: Any) -> float:
    """Print times as multiples of real time; returns that of log-mel and network together."""
    encoder = Musicnn(checkpoint)
    blocks, together = timed(lambda: list(stream(path, RATE)))
    _, decode = timed(lambda: sum(len(block) for block in stream(path, SOURCE_RATE)))
    samples = np.concatenate(blocks)
    seconds = len(samples) / RATE
    windows, mel = timed(lambda: list(encoder.log_mel.windows(iter(blocks))))
    peer_mel, peer = timed(lambda: librosa_log_mel(samples))
    ours = torch.cat(windows).numpy().reshape(-1, BANDS)
    _, network = timed(lambda: [encoder.network(batch) for batch in windows], repeats=2)
    _, total = timed(lambda: encoder.encode(stream(path, RATE)), repeats=2)
    print(f"{seconds:.0f} s of music, {len(ours) // WINDOW} windows")
    resample = Spent(together.clock - decode.clock, together.cpu - decode.cpu)
    stages = {"decode FLAC": decode, "resample": resample, "log-mel, librosa": peer, "log-mel": mel}
    for name, spent in (stages | {"network": network, "all in one stream": total}).items():
        speeds = (seconds / max(s, 1e-9) for s in spent)
        print(f"  {name}: {spent.clock:.2f} s, {next(speeds):,.0f} x real time ({next(speeds):,.0f} by CPU)")
    difference = float(np.abs(ours - peer_mel[: len(ours)]).max())
    ratio = peer.clock / mel.clock
    print(f"  log-mel: {difference:.1e} from librosa's at most; time of librosa / ours {ratio:.1f}")
    print(f"  log-mel and network: {seconds / (mel.cpu + network.cpu):.0f} x real time by CPU")
    return seconds / (mel.clock + network.clock)


def main() -> None:
    """Measure speed and memory; the ratio to the target last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument(
        "--long", type=float, default=60, help="minutes of the long file; 0 leaves memory out"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint", default="MTT", choices=["MTT", "MSD"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    if a.peak:
        Musicnn(a.checkpoint).encode(stream(a.peak, RATE))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print(f"musicnn-{a.checkpoint}, {a.threads} threads, seed {a.seed}")
    with tempfile.TemporaryDirectory() as folder:
        short, long = Path(folder) / "short.flac", Path(folder) / "long.flac"
        generate(short, a.minutes, a.seed)
        speed = measure(short, a.checkpoint)
        if a.long:
            generate(long, a.long, a.seed)
            low, high = peak_mb(short, a), peak_mb(long, a)
            print(f"peak memory: {low:.0f} MB for {a.minutes:g} min, {high:.0f} MB for {a.long:g} min")
            print(f"  difference {high - low:.0f} MB (at most 300)")
    print(f"log-mel and network: {speed:.0f} x real time")
    print(f"ratio (to the target of {TARGET} x real time): {speed / TARGET:.2f}")


if __name__ == "__main__":
    main()
