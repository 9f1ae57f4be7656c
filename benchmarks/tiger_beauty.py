"""TIGER on Amazon Beauty with ready semantic ids, beside SASRec of the same file.

`inter.json` has the items of each user in order of time, `index_rqvae.json` four codes of each item. The last
item of a user is the target, the one before it chooses the parameters, the rest is learnt from; every item
is ranked but those that the user had before (`--history` ranks them, too). Interrupted, the command goes on.

    python benchmarks/tiger_beauty.py DATA/replication/tiger-beauty --minutes 15 --folder t
    python benchmarks/tiger_beauty.py DATA/replication/tiger-beauty --model sasrec --minutes 5 --folder t
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import polars as pl
import torch

from segue.data.library import Library
from segue.evaluation.next_track import evaluate
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.tasks import with_metrics
from segue.kit.bootstrap import interval
from segue.models.recommender import Recommender
from segue.models.sequential.model import SASRec
from segue.models.tiger.ids import Ids, given_ids
from segue.models.tiger.model import Settings, Tiger

PUBLISHED = {"tiger": {"hit10": 0.058, "ndcg10": 0.032}, "sasrec": {"hit10": 0.0605, "ndcg10": 0.0318}}
"""TIGER as usually found on this file; SASRec as quoted by TIGER on Beauty."""


def read(folder: Path, index: str) -> tuple[Library, Ids]:
    """The items as tracks, each user's as a playlist with its split, and the items' ids."""
    users: dict[str, list[int]] = json.loads((folder / "inter.json").read_text("utf-8"))
    codes: dict[str, list[int]] = json.loads((folder / f"index_{index}.json").read_text("utf-8"))
    items = sorted(codes, key=int)
    tracks = pl.DataFrame({"track_id": items, "title": items, "artist": ["-"] * len(items)})
    parts = []
    for user, played in users.items():
        n = len(played)
        splits = ["train"] * (n - 2) + ["validation", "test"]
        parts += [
            (user, place, str(i), split) for place, (i, split) in enumerate(zip(played, splits, strict=True))
        ]
    playlists = pl.DataFrame(parts, ["playlist_id", "position", "track_id", "split"], orient="row")
    return Library.of(tracks, playlists=playlists), given_ids(np.array([codes[i] for i in items], np.int64))


def trained(library: Library, ids: Ids, a: argparse.Namespace) -> Recommender:
    """The model, trained within its budget."""
    given = {
        "minutes": a.minutes,
        "repeats": "filter",
        "seed": a.seed,
        "length": 20 if a.model == "tiger" else 50,
    }
    given |= dict(pair.split("=", 1) for pair in a.settings)
    if a.model == "tiger":
        return Tiger.of(library, ids, Settings.model_validate(given), a.folder / "tiger")
    wanted = SASRec.settings_type.model_validate({"dropout": 0.5, "plays_a_step": 2048} | given)
    return SASRec._learn(library, wanted, a.folder / "sasrec")


def main() -> None:
    """Read, train, rank, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", choices=["tiger", "sasrec"], default="tiger")
    parser.add_argument("--index", choices=["rqvae", "rqkmeans"], default="rqvae")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--folder", type=Path, required=True, help="where an interrupted training goes on")
    parser.add_argument("--requests", type=int, help="so many users are asked at most; all by default")
    parser.add_argument("--history", action="store_true", help="rank what the user had before, too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    a = parser.parse_args()
    torch.set_num_threads(1)
    library, ids = read(a.data, a.index)
    began = time.perf_counter()
    model = trained(library, ids, a)
    print(f"trained in {time.perf_counter() - began:,.0f} s")
    protocol = Protocol(filter_history=not a.history, max_requests=a.requests, seed=a.seed)
    results = with_metrics(evaluate(library, {a.model: model}, protocol=protocol))
    for name in (a.model, "chance"):
        part = results.filter(pl.col("model") == name)
        for metric in ("hit5", "hit10", "ndcg5", "ndcg10"):
            found = interval(part[metric].to_numpy(), part["user_id"].to_numpy())
            published = PUBLISHED.get(name, {}).get(metric)
            beside = f"   published {published}" if published else ""
            print(f"{name:8} {metric:7} {found.mean:.4f} [{found.low:.4f}, {found.high:.4f}]{beside}")
    print(f"{part.height:,} users")


if __name__ == "__main__":
    main()
