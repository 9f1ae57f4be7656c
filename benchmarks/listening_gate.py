"""Gated evidence over histories beside every simple recommender, in one world: the same settings in all.

    python benchmarks/listening_gate.py WORLD --folder OUT [--data PATH] [--requests 1200] [--steps 100]
        [--split test] [--without-content] [--with-completion] [--new] [--sasrec]

WORLD is synthetic (400 listeners, 4,000 tracks, 160,000 plays), household (six synthetic logs of different
years), nyphil, yes (a folder of Cornell's LME), nowplaying (a folder of GCE-GNN's), beauty (S3-Rec's file) or
ml-1m (SASRec's file). Every track is ranked, of beauty and ml-1m but those played before. Prints, of all
models, the means and the paired difference to the gated one with its 95 % interval over listeners; the same
on repeats, on new and on cold tracks; and what each piece of evidence is worth alone.

"its sasrec" is the gated model's own sequence model, alone: trained by the same steps. With
`--without-content` a twin that reads no content, artist or code stands beside it, with `--with-completion`
one with P(heard to its end), with `--sasrec` a SASRec of its own, trained on all training plays by as many
steps as the gated model's was, its refit among them. `--new` asks again for what is new to the listener: the
plays that are no repeats, and nothing that was played before is ranked. What is fitted stays in OUT.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import torch

from listening_worlds import WORLDS
from segue.data.library import Library
from segue.data.request import Request
from segue.evaluation.next_track import evaluate
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.tasks import with_metrics
from segue.kit.arrays import Floats
from segue.kit.bootstrap import interval
from segue.kit.tables import aligned
from segue.models import registry
from segue.models.gated_history.learn import Settings
from segue.models.gated_history.model import GatedHistory
from segue.models.heard import of_request
from segue.models.recommender import Recommender
from segue.models.sequential.model import SASRec
from segue.models.unsaved import Unsaved

SIMPLE = (
    "popularity", "own_plays", "recent_plays", "last_track", "markov", "item_neighbours", "session_knn",
    "rules", "content_similarity", "blend",
)  # fmt: skip
PARTS = {
    "all": pl.lit(True),
    "repeat": pl.col("repeat"),
    "new": ~pl.col("repeat"),
    "new, warm": ~pl.col("repeat") & ~pl.col("cold"),
    "cold": pl.col("cold"),
}


class Alone(Unsaved):
    """One piece of evidence of a gated model."""

    def __init__(self, model: GatedHistory, kind: str) -> None:
        super().__init__(model.catalogue)
        self.model, self.kind = model, kind

    def score(self, requests: Sequence[Request]) -> Floats:
        """Its shares."""
        plays = [of_request(self.catalogue, request) for request in requests]
        evidence = self.model.fitted.evidence
        return np.array(evidence.shares(plays)[0][evidence.names.index(self.kind)])


def models(library: Library, a: argparse.Namespace) -> dict[str, Recommender]:
    """All that are measured, fitted or read."""
    settings = {"steps": a.steps, "seed": a.seed, "evaluate_every": 3.0}
    found: dict[str, Recommender] = {}
    for name in (n for n in SIMPLE if n not in a.without.split(",")):
        if name != "content_similarity" or (library.modalities and not a.bare):
            found[name] = registry.entry(name).kind.fit(library)
    wanted = {"gated": settings}
    if a.without_content:
        wanted["gated, no content"] = settings | {"content": False}
    if a.with_completion:
        wanted["gated, completion"] = settings | {"completion": True}
    for label, chosen in wanted.items():
        place = (
            library.workspace.root
            / "gates"
            / f"{label.replace(', ', '-').replace(' ', '-')}-{a.steps}-{a.seed}"
        )
        if not (place / "card.json").exists():
            began = time.process_time()
            GatedHistory.fit(library, chosen).save(place)
            print(f"{label}: fitted in {time.process_time() - began:,.0f} s of processor time")
        model = GatedHistory.load(place, library)
        print(label, {k: v for k, v in model.fitted.facts.items() if isinstance(v, (int, float))})
        found[label] = model
        for kind in ("sasrec", "followed"):
            if label == "gated" and kind not in a.without.split(","):
                found[f"its {kind}"] = Alone(model, kind)
    if a.sasrec:
        more = settings | {"steps": round(a.steps * (1 + Settings().refit))}
        began = time.process_time()
        name = f"sasrec-{more['steps']}-{a.seed}"
        folder = library.workspace.model(name)
        if not (folder / "card.json").exists():
            SASRec.train(library, more, name)
            print(f"SASRec: trained in {time.process_time() - began:,.0f} s of processor time")
        found["SASRec"] = SASRec.load(folder, library)
    return found


def table(results: pl.DataFrame, metric: str, shown: Sequence[str]) -> list[str]:
    """Means of a part, and how much the gated model is above each model [95 %]."""
    gated = results.filter(pl.col("model") == "gated")
    rows = [["model", *shown, f"gated - model, {metric} [95 %]"]]
    for name in results["model"].unique(maintain_order=True):
        part = results.filter(pl.col("model") == name)
        found = interval(
            (gated[metric] - part[metric]).to_numpy(), gated["user_id"].to_numpy(), average="micro"
        )
        difference = f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]" + "*" * found.excludes_zero
        rows.append([name, *(f"{part[m].mean():.4f}" for m in shown), "" if name == "gated" else difference])
    return aligned(rows)


def main() -> None:
    """Fit, rank, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("world", choices=list(WORLDS))
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=1200)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--split", default="test", choices=["test", "validation"])
    parser.add_argument("--without", default="", help="what to leave out: blend,..., sasrec, followed")
    parser.add_argument("--without-content", action="store_true")
    parser.add_argument("--with-completion", action="store_true")
    parser.add_argument("--sasrec", action="store_true")
    parser.add_argument("--new", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    torch.set_num_threads(1)
    workspace, choices = WORLDS[a.world](a.data, a.folder, a.seed)
    library = Library.open(workspace)
    a.bare = not any(library.has(m) for m in ("semantic", "metadata", "lyrics", "audio"))
    found = models(library, a)
    show(a, library, found, Protocol(max_requests=a.requests, seed=a.seed, **choices), "")
    if a.new:
        protocol = Protocol(max_requests=a.requests, seed=a.seed, filter_history=True)
        show(a, library, found, protocol, ", of what is new to the listener")


def show(
    a: argparse.Namespace, library: Library, found: dict[str, Recommender], protocol: Protocol, how: str
) -> None:
    """Rank, and print every part."""
    results = with_metrics(evaluate(library, found, split=a.split, protocol=protocol))
    rank = results["above"] + (results["tied"] + 1) / 2
    results = results.with_columns(
        mrr20=pl.when(rank <= 20).then(1 / rank).otherwise(0.0), hit20=(rank <= 20).cast(float), mrr=1 / rank
    )
    for name, condition in PARTS.items():
        part = results.filter(condition)
        n = part.filter(pl.col("model") == "gated").height
        if n >= 20:
            print(
                f"## {a.world}, {a.split}: {name}{how} "
                f"({n:,} targets, {part['user_id'].n_unique():,} listeners)"
            )
            for metric in ("ndcg10", "mrr") if name in ("new", "cold") else ("ndcg10",):
                print(*table(part, metric, ("hit10", "ndcg10", "hit20", "mrr20", "mrr")), "", sep="\n")


if __name__ == "__main__":
    main()
