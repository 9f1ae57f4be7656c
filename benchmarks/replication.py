"""One row of the replication table: prepares a public set, trains a model, ranks, prints both figures.

Every track is ranked but those that the listener has played; the last play of each listener is the target,
the one before it chooses the parameters, the rest is learnt from. Training goes on where it was interrupted,
and a model that was trained with the same settings is not trained again (`--folder` keeps the workspace).

    python benchmarks/replication.py ml-1m ml-1m.txt --model sasrec --loss softmax --minutes 30 --folder w
    python benchmarks/replication.py ml-1m ml-1m.txt --model sasrec --loss bce --minutes 30 --folder w
    python benchmarks/replication.py ml-1m ml-1m.txt --model bert4rec --minutes 30 --folder w
    python benchmarks/replication.py ml-1m ml-1m.txt --model gru4rec --minutes 30 --folder w
    python benchmarks/replication.py beauty Beauty.txt --model sasrec --loss softmax --minutes 15 --folder b
    python benchmarks/replication.py beauty Beauty.txt --model sasrec --loss sampled --minutes 15 --folder b
    python benchmarks/replication.py beauty Beauty.txt --model e4srec --minutes 60 --folder b --set size=small

`--set NAME=VALUE` changes any setting of the model. Published figures: SASRec with BCE and with the full
softmax and BERT4Rec on ml-1m, and SASRec on Beauty, as in the literature on these very files; E4SRec on
Beauty from its paper (arXiv 2312.02443); SASRec on Beauty also as quoted by TIGER.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import torch

from replication_sets import prepare, trained_with
from segue.data.library import Library
from segue.evaluation.next_track import evaluate
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.tasks import with_metrics
from segue.kit.bootstrap import interval
from segue.kit.settings import read
from segue.kit.workspace import Workspace, read_card
from segue.models.e4srec.model import E4SRec
from segue.models.e4srec.settings import Settings as E4SRecSettings
from segue.models.recommender import Recommender
from segue.models.sequential import model as sequential
from segue.models.sequential.learn import Settings

SEQUENTIAL = {"sasrec": sequential.SASRec, "bert4rec": sequential.BERT4Rec, "gru4rec": sequential.GRU4Rec}
COMMON: dict[str, dict[str, Any]] = {
    "ml-1m": {"length": 200, "dropout": 0.1, "plays_a_step": 4096},
    "beauty": {"length": 50, "dropout": 0.5, "plays_a_step": 2048},
}
"""Settings of a set; those of ml-1m are the published ones: d 64, 2 blocks, 1 head, Adam 1e-3, batch 128."""
PUBLISHED: dict[tuple[str, str, str], dict[str, dict[str, float]]] = {
    ("ml-1m", "sasrec", "softmax"): {"published": {"hit10": 0.315, "ndcg10": 0.182}},
    ("ml-1m", "sasrec", "bce"): {"published": {"hit10": 0.250, "ndcg10": 0.134}},
    ("ml-1m", "bert4rec", "softmax"): {"published": {"hit10": 0.284, "ndcg10": 0.154}},
    ("beauty", "sasrec", "softmax"): {"published": {"hit10": 0.086, "ndcg10": 0.050}},
    ("beauty", "sasrec", "sampled"): {"published": {"hit10": 0.092, "ndcg10": 0.053}},
    ("beauty", "sasrec", "bce"): {"quoted by TIGER": {"hit10": 0.0605, "ndcg10": 0.0318}},
    ("beauty", "gru4rec", "softmax"): {
        "quoted by TIGER": {"hit5": 0.0164, "ndcg5": 0.0099, "hit10": 0.0283, "ndcg10": 0.0137}
    },
    ("beauty", "bert4rec", "softmax"): {
        "quoted by TIGER": {"hit5": 0.0203, "ndcg5": 0.0124, "hit10": 0.0347, "ndcg10": 0.0170}
    },
    ("beauty", "e4srec", ""): {"published": {"hit5": 0.0525, "ndcg5": 0.0360}},
}
SHOWN = {"hit5": "HR@5", "hit10": "HR@10", "ndcg5": "NDCG@5", "ndcg10": "NDCG@10"}


def trained(workspace: Workspace, a: argparse.Namespace) -> tuple[Recommender, str]:
    """The model, trained where there is none with these settings, and a line on its training."""
    if a.model == "e4srec":
        return _e4srec(workspace, a)
    given = {"loss": a.loss, "seed": a.seed, "minutes": a.minutes, "epochs": a.epochs, "repeats": "filter"}
    wanted = COMMON[a.set_name] | {k: v for k, v in given.items() if v is not None} | a.changed
    settings = Settings.model_validate(wanted)
    name = f"{a.model}-{settings.loss}-{a.seed}"
    if not trained_with(workspace.model(name), settings.model_dump()):
        SEQUENTIAL[a.model].train(Library.open(workspace), settings, name)
    return SEQUENTIAL[a.model].load(workspace.model(name), Library.open(workspace)), _line(
        workspace.model(name)
    )


def _e4srec(workspace: Workspace, a: argparse.Namespace) -> tuple[Recommender, str]:
    """E4SRec over the ID vectors of a SASRec: the folder's own row of full softmax, or one trained for it."""
    row = workspace.model(f"sasrec-softmax-{a.seed}")
    if (row / "card.json").exists():
        shutil.copytree(row, workspace.model("sasrec"), dirs_exist_ok=True)
    elif not (workspace.model("sasrec") / "card.json").exists():
        settings = Settings.model_validate(COMMON[a.set_name] | {"repeats": "filter", "minutes": 10})
        sequential.SASRec.train(Library.open(workspace), settings)
    given = {"seed": a.seed, "minutes": a.minutes, "epochs": a.epochs, "ids": "sasrec", "repeats": "filter"}
    wanted = read(E4SRecSettings, None, given | {"modalities": "id"} | a.changed)
    if not trained_with(workspace.model("e4srec"), wanted.model_dump()):
        E4SRec.train(Library.open(workspace), wanted)
    return E4SRec.load(workspace.model("e4srec"), Library.open(workspace)), _line(workspace.model("e4srec"))


def _line(directory: Path) -> str:
    """What the model's card says of its training."""
    card = read_card(directory, "train")
    facts = {k: v for k, v in card.items() if isinstance(v, (int, float))}
    return ", ".join(f"{name} {value:,}" for name, value in facts.items())


def show(results: pl.DataFrame, published: dict[str, dict[str, float]]) -> None:
    """Print each metric with its interval over listeners, and what was published."""
    heads = "".join(f"{source:>18}" for source in published)
    print(f"{'':8}{'ours':>8}{'95 % interval':>20}{heads}")
    for column, title in SHOWN.items():
        found = interval(results[column].to_numpy(), results["user_id"].to_numpy())
        theirs = "".join(f"{_figure(row.get(column)):>18}" for row in published.values())
        print(f"{title:8}{found.mean:8.4f}{f'{found.low:.4f} to {found.high:.4f}':>20}{theirs}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("set_name", choices=list(COMMON), metavar="SET", help="ml-1m or beauty")
    parser.add_argument("path", type=Path, metavar="PATH", help="the file")
    parser.add_argument("--model", choices=[*SEQUENTIAL, "e4srec"], default="sasrec")
    parser.add_argument("--loss", choices=["softmax", "sampled", "gbce", "bce"])
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float)
    budget.add_argument("--epochs", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--folder", type=Path, help="the workspace; a temporary one by default")
    a = parser.parse_args()
    a.changed = dict(pair.split("=", 1) for pair in a.settings)
    return a


def main() -> None:
    """Prepare, train, evaluate, print."""
    a = arguments()
    torch.set_num_threads(a.threads)
    with TemporaryDirectory() as temporary:
        workspace = prepare(a.set_name, a.path, a.folder or Path(temporary) / a.set_name)
        began = time.perf_counter()
        model, line = trained(workspace, a)
        protocol = Protocol(filter_history=True, max_requests=None, seed=a.seed)
        results = with_metrics(evaluate(Library.open(workspace), {a.model: model}, protocol=protocol))
        results = results.filter(pl.col("model") == a.model)
        loss = "" if a.model == "e4srec" else a.loss or "softmax"
        print(f"{a.set_name}, {a.model} {loss}, seed {a.seed}, {platform.machine()}, {a.threads} threads")
        print(f"{results.height:,} listeners, every track ranked but those played before")
        print(f"{line}; {time.perf_counter() - began:,.0f} s in this run")
        show(results, PUBLISHED.get((a.set_name, a.model, loss), {"published": {}}))


if __name__ == "__main__":
    main()
