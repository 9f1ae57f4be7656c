"""Claim: models over one language model hold its weights once, and score as with weights of their own.

What `segue evaluate` has in memory at once over SmolLM2 (135 M numbers, float32): E4SRec with adapters, its
untrained twin, the likelihood of titles, the untrained TalkPlay of size `small`. Each side is a process of
its own: apart (each loads the model for itself, as it was) and shared. Printed is what the process gained by
the four, resident, and whether both give the same scores.

    python benchmarks/language_models.py WORKSPACE    # one with features and tokens, such as the demo's
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segue.data.library import Library
from segue.data.request import Play, Request
from segue.kit.arrays import digest
from segue.llm import load
from segue.models.e4srec.model import E4SRec
from segue.models.e4srec.settings import Settings
from segue.models.e4srec.title_likelihood import TitleLikelihood
from segue.models.talkplay.learn import fresh_model


def resident() -> float:
    """Megabytes of this process that are in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def models(library: Library) -> list[Any]:
    """The four, untrained: what they weigh does not depend on what they learnt."""
    e4srec = Settings(size="small", ids="playlist", frame="short")
    lora = E4SRec.zero_shot(library, e4srec)
    titles = TitleLikelihood.fit(library, {"size": "small"})
    start = fresh_model("small", library.tokens, library.catalogue, 0, shared=True)
    return [lora, lora.untrained(), titles, start]


def side(workspace: Path, apart: bool) -> None:
    """Load all, print megabytes, seconds and hashes of scores as JSON."""
    library = Library.open(workspace)
    _ = library.catalogue, library.tokens, library.modalities
    if apart:
        load.shared_lm = load.load_causal_lm
    before, began = resident(), time.perf_counter()
    found = models(library)
    gained, seconds = resident() - before, time.perf_counter() - began
    request = Request(history=tuple(Play(str(i)) for i in library.catalogue.ids[:5]))
    scores = [model.score([request]) for model in found[:2]]
    ids = torch.arange(50, 60)[None]
    with torch.no_grad():
        scores.append(found[3].model(input_ids=ids).logits.numpy())
    facts = {"megabytes": gained, "seconds": seconds, "scores": [digest(np.asarray(s)) for s in scores]}
    print(json.dumps(facts))


def main() -> None:
    """Both sides, the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--side", choices=["apart", "shared"])
    a = parser.parse_args()
    if a.side:
        side(a.workspace, a.side == "apart")
        return
    found = {}
    for name in ("apart", "shared"):
        command = [sys.executable, __file__, str(a.workspace), "--side", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
        print(f"{name}: {found[name]['megabytes']:,.0f} MB gained, {found[name]['seconds']:.1f} s")
    same = found["apart"]["scores"] == found["shared"]["scores"]
    print("the same scores to the last bit" if same else "OTHER SCORES")
    print(f"ratio (apart / shared): {found['apart']['megabytes'] / found['shared']['megabytes']:.1f}")


if __name__ == "__main__":
    main()
