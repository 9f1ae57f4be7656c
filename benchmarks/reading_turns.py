"""How long the built-in reader takes for a turn over a library, beside how long a turn of chat takes in all.

python benchmarks/reading_turns.py WORKSPACE [TURNS.jsonl]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from segue.data.library import Library
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState

ASKED = Path(__file__).parent / "asked" / "more.jsonl"


def main() -> None:
    """Measure."""
    catalogue = Library.open(Path(sys.argv[1])).catalogue
    lines = Path(sys.argv[2] if len(sys.argv) > 2 else ASKED).read_text("utf-8").splitlines()
    begun = time.perf_counter()
    reader, draw, took = Rules(catalogue), np.random.default_rng(0), list[tuple[float, str]]()
    opened = time.perf_counter() - begun
    for dialogue in map(json.loads, lines):
        state, played = DialogueState(), list[str]()
        for words in (turn["say"] for turn in dialogue["turns"]):
            begun = time.perf_counter()
            state = reader.step(words, state, played)
            took.append((1000 * (time.perf_counter() - begun), words))
            if state.act != "question":  # Whatever plays: reading does not ask what suits.
                played += [str(i) for i in draw.choice(catalogue.ids, state.count, replace=False)]
    ms = np.array([t for t, _ in took])
    print(
        f"{len(catalogue):,} tracks: {opened:.1f} s to open; {len(ms)} turns, {np.median(ms):.1f} ms median"
    )
    print(f"95 % within {np.quantile(ms, 0.95):.1f} ms, the first {ms[0]:.0f} ms; the longest others:")
    for t, words in sorted(took[1:], reverse=True)[:3]:
        print(f"  {t:.0f} ms: {words}")


if __name__ == "__main__":
    main()
