"""What a start from another catalogue is worth: MRR after a budget, begun there and begun at random.

    python benchmarks/transfer.py FROM TO --steps 0 600 3000

FROM has a trained gated TalkPlay; TO must never have been seen. Both begin with the same seed. Without a step
nothing is calibrated either.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import polars as pl

from segue.data.library import Library
from segue.evaluation import conversation
from segue.models.talkplay.gated.learn import Settings
from segue.models.talkplay.gated.model import GatedTalkPlay


def main() -> None:
    """Print one line a budget and a start."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--steps", type=int, nargs="+", default=[0, 600, 3000])
    parser.add_argument("--moments", type=int, default=1500)
    parser.add_argument("--dialogues", type=int, default=300)
    parser.add_argument("--split", default="test")
    a = parser.parse_args()
    library = Library.open(a.target)
    for steps in a.steps:
        for start in (a.source, None):
            begun = time.process_time()
            settings = Settings(steps=max(steps, 1), moments=a.moments, from_=start)
            model = (
                GatedTalkPlay.fit(library, settings) if steps else GatedTalkPlay.started(library, settings)
            )
            spent = time.process_time() - begun
            found = conversation.evaluate(library, {"m": model}, split=a.split, max_dialogues=a.dialogues)
            each = found.filter(pl.col("model") == "m").group_by("dialogue_id").agg(pl.col("rr").mean())
            print(
                f"{steps} steps from {start or 'nothing'}: MRR {each['rr'].mean():.4f}, {spent:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
