"""E4SRec that starts at its ID encoder, against that encoder: what does the language model add?

    python benchmarks/e4srec_start.py --folder OUT [--nyphil FOLDER] [--seeds 3] [--steps 80] [--epochs 8]
        [--encoder gated_history] [--world-seed 1]

On a synthetic log and on NYPhil: SASRec (or gated evidence over histories), then E4SRec (id and content)
from it, with each seed's gate as validation chose it (two layers of the backbone, thirty plays back). The
same test plays for all, every track ranked, intervals over listeners.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from experiment_worlds import World, exact, nyphil
from history_and_words import interval
from segue.data.library import Library
from segue.data.request import Request
from segue.learning.validation import held_out, ndcg10_each, rank_of
from segue.models.e4srec.model import E4SRec
from segue.models.gated_history.model import GatedHistory
from segue.models.recommender import Recommender, is_fitted
from segue.models.sequential.model import SASRec


def figures(model: Recommender, library: Library, events: Any) -> Any:
    """NDCG@10 of each event."""
    found = []
    for start in range(0, len(events), 64):
        part = events[start : start + 64]
        log, at = library.log, library.times
        scores = model.score([Request(history=log.history(int(e)), at=int(at[e])) for e in part])
        found.append(ndcg10_each(rank_of(scores, scores[np.arange(len(part)), library.log.rows[part]])))
    return np.concatenate(found)


def run(world: World, args: argparse.Namespace) -> None:
    """One world: the encoder, then every seed of E4SRec."""
    library = Library.open(world.workspace)
    kind = {"sasrec": SASRec, "gated_history": GatedHistory}[args.encoder]
    if not is_fitted(library, args.encoder):
        kind.train(library, {"epochs": args.epochs, "seed": 0})
    log = library.log
    events, _ = held_out(log, args.requests, "test")
    owner = log.owner[events]
    first = {e: log.rows[e] in log.rows[log.starts[o] : e] for e, o in zip(events, owner, strict=True)}
    new = np.array([not first[e] for e in events])
    encoder = figures(kind.load(world.workspace.model(args.encoder), library), library, events)
    print(f"{world.name}: {len(events)} plays, {args.encoder} NDCG@10 {encoder.mean():.4f}", flush=True)
    gains = []
    for seed in range(args.seeds):
        given = {"steps": args.steps, "size": "tiny", "layers": 2, "seed": seed, "frame": "short"}
        given |= {"ids": args.encoder, "length": 30, "tokens_a_step": 1024, "checks": 2}
        given |= {"modalities": ("id", world.content), "validation": args.requests // 2}
        model = E4SRec.fit(library, given)
        found = figures(model, library, events)
        gains.append(found - encoder)
        low, high = interval(gains[-1], owner)
        card = {
            n: round(model.card[n], 4) for n in ("gate", "gate_learnt", "encoder_ndcg10", "validation_ndcg10")
        }
        print(
            f"  seed {seed}: {found.mean():.4f}, {gains[-1].mean():+.4f} [{low:+.4f}, {high:+.4f}]; {card}",
            flush=True,
        )
    for name, part in (("all", np.ones_like(new)), ("new", new), ("played before", ~new)):
        mean = np.mean(gains, axis=0)[part]
        low, high = interval(mean, owner[part])
        print(
            f"  {name} (n={part.sum()}), mean of seeds: {mean.mean():+.4f} [{low:+.4f}, {high:+.4f}]",
            flush=True,
        )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--nyphil", type=Path)
    parser.add_argument("--no-synthetic", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--epochs", type=float, default=8)
    parser.add_argument("--encoder", choices=["sasrec", "gated_history"], default="sasrec")
    parser.add_argument("--world-seed", type=int, default=0)
    parser.add_argument("--requests", type=int, default=1000)
    args = parser.parse_args()
    if not args.no_synthetic:
        run(exact(args.folder, (400, 4000, 160_000), args.world_seed), args)
    if args.nyphil:
        run(nyphil(args.nyphil, args.folder), args)


if __name__ == "__main__":
    main()
