"""Claim: SASRec learns with the full softmax from at least 40 times as many targets a second as RecTools'.

On Beauty (S3-Rec's file, leave-one-out), with equal width, length, blocks, heads, dropout, peak learning rate
and threads. A target is a play that is to be predicted; padding is none. The peer is RecTools' `SASRecModel`
as it ships, in an interpreter of its own (`peer_rectools.py`), with its default batch of 128 listeners; ours
is `segue.models.sequential` as `segue train` runs it, bf16 products where they are faster. Both train
for `--seconds`, the peer first, each alone on the machine; the first steps of each are not timed. Our seconds
hold the validation runs, every five epochs, by which the best parameters are chosen; the peer has none.

NDCG@10 of both is counted by the same code from lists of ten: all tracks are ranked but those that the
listener has played, the test play is asked after the training plays and the validation play.

    python benchmarks/sasrec_training.py Beauty.txt --peer-python PEERS/bin/python [--seconds 120]
        [--threads 2] [--seed 0] [--folder KEPT] [--peer-keeps-memory]

where PEERS was made by `python3 -m venv PEERS` and
`PEERS/bin/pip install torch==2.13.0 rectools[torch]==0.19.0`.
`--peer-keeps-memory` tells the C library of the peer, too, to keep large blocks of memory between steps.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch

from replication_sets import prepare
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.log import Log
from segue.data.request import Request
from segue.kit.workspace import Workspace
from segue.learning import run
from segue.learning.loop import Trainer, has_bf16
from segue.models.sequential.learn import Settings
from segue.models.sequential.model import SASRec

K, WARM_UP = 10, 3
KEEP = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str((1 << 31) - 1)}


@dataclass(frozen=True)
class Side:
    """What one side reached: targets in seconds, of the clock and of the processor, and lists of ten."""

    name: str
    targets: int
    seconds: float
    processor: float
    top: dict[str, list[str]]

    @property
    def rate(self) -> float:
        """Targets a second."""
        return self.targets / self.seconds

    @property
    def processor_rate(self) -> float:
        """Targets a second of processor time: what a busy machine distorts least."""
        return self.targets / self.processor


class Task:
    """The log, its test plays, and what both sides are measured by."""

    def __init__(self, workspace: Workspace) -> None:
        self.log = Log.load(workspace, Catalogue.load(workspace))
        self.events = self.log.targets("test")
        self.users = [self.log.users[n] for n in self.log.owner[self.events]]
        self.wanted = dict(zip(self.users, self.log.ids[self.log.rows[self.events]], strict=True))

    def write(self, folder: Path) -> None:
        """The plays as the peer reads them: `train.csv` and `context.csv`, without the test plays."""
        for name, log in (
            ("train", self.log.part("train")),
            ("context", self.log.part("train", "validation")),
        ):
            users, owner = np.array(log.users, object), log.owner
            days = np.arange(len(log)) - log.starts[owner]
            table = {"user": users[owner], "track": log.ids[log.rows], "day": days}
            pl.DataFrame(table).write_csv(folder / f"{name}.csv")

    def measures(self, top: dict[str, list[str]]) -> tuple[float, float]:
        """HR@10 and NDCG@10; a listener without a list counts as a miss."""
        ranks = [
            top[user].index(track) + 1 for user, track in self.wanted.items() if track in top.get(user, ())
        ]
        gains = 1 / np.log2(np.array(ranks) + 1)
        return len(ranks) / len(self.wanted), float(gains.sum()) / len(self.wanted)


class Timed(Trainer):
    """The training loop, which also notes the processor's clock after each step."""

    stamps: ClassVar[list[float]] = []

    def _descend(self, loss: torch.Tensor, figures: dict[str, float]) -> dict[str, float]:
        line = super()._descend(loss, figures)
        self.stamps.append(time.process_time())
        return line


def rectools(task: Task, a: argparse.Namespace, folder: Path) -> Side:
    """Train and ask the peer in a process of its own."""
    task.write(folder)
    script = Path(__file__).with_name("peer_rectools.py")
    command = [str(a.peer_python), str(script), str(folder), "--warm-up", str(WARM_UP), "--k", str(K)]
    for name in ("seconds", "threads", "dim", "length", "blocks", "heads", "dropout", "lr", "seed", "batch"):
        command += [f"--{name}", str(getattr(a, name))]
    kept = KEEP if a.peer_keeps_memory else {}
    threads = {"OMP_NUM_THREADS": str(a.threads)}
    done = subprocess.run(command, env=os.environ | threads | kept, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("the peer failed: see its message above")
    facts = json.loads(done.stdout.splitlines()[-1])
    table = pl.read_csv(folder / "top.csv", schema_overrides={"user": pl.String, "track": pl.String})
    grouped = table.sort("user", "rank").group_by("user").agg("track")
    name = f"RecTools {facts['version']} ({facts['steps']} steps)"
    return Side(name, facts["targets"], facts["seconds"], facts["processor"], dict(grouped.iter_rows()))


def segue(task: Task, a: argparse.Namespace, workspace: Workspace) -> Side:
    """Train ours from nothing and ask it."""
    settings = Settings(
        loss="softmax",
        minutes=a.seconds / 60,
        evaluate_every=5,
        patience=1_000_000,
        repeats="filter",
        **{n: getattr(a, n) for n in ("dim", "length", "blocks", "heads", "dropout", "lr", "seed")},
        plays_a_step=a.plays_a_step,
    )
    # A run that was interrupted would go on; the clock would not be its own.
    shutil.rmtree(workspace.root / "models", ignore_errors=True)
    folder = SASRec.train(Library.open(workspace), settings, "speed")
    processor = Timed.stamps[-1] - Timed.stamps[WARM_UP - 1]
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    first, last = lines[WARM_UP - 1], lines[-1]
    model = SASRec.load(folder, Library.open(workspace))
    requests = [
        Request(history=history, exclude=frozenset(history.ids.tolist()))
        for history in map(task.log.history, task.events.tolist())
    ]
    top: dict[str, list[str]] = {}
    for start in range(0, len(requests), 256):
        found = model.recommend(requests[start : start + 256], K).ids
        top |= dict(zip(task.users[start : start + 256], found.tolist(), strict=True))
    name = f"segue ({len(lines)} steps)"
    targets, seconds = last["tokens"] - first["tokens"], last["seconds"] - first["seconds"]
    return Side(name, targets, seconds, processor, top)


def arguments() -> Any:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("path", type=Path, help="Beauty.txt")
    parser.add_argument("--peer-python", type=Path, required=True, help="an interpreter that has RecTools")
    parser.add_argument("--peer-keeps-memory", action="store_true")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--folder", type=Path, help="keep the workspace here")
    whole = {"threads": 2, "dim": 64, "length": 50, "blocks": 2, "heads": 1, "batch": 128, "seed": 0}
    for name, value in (whole | {"plays_a_step": 4096}).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--lr", type=float, default=1e-3)
    return parser.parse_args()


def main() -> None:
    """Train both, print speed and quality, the ratio last."""
    a = arguments()
    run.Trainer = Timed  # type: ignore[misc]
    torch.set_num_threads(a.threads)
    bf16 = has_bf16(torch.device("cpu"))
    print(f"{platform.processor() or platform.machine()}, {a.threads} threads, bf16 {bf16}, seed {a.seed}")
    with TemporaryDirectory() as temporary:
        workspace = prepare("beauty", a.path, a.folder or Path(temporary) / "beauty")
        task = Task(workspace)
        train = task.log.part("train")
        print(
            f"{len(train.users):,} listeners, {len(task.log.ids):,} tracks, "
            f"{len(train) - len(train.users):,} training targets; d {a.dim}, length {a.length}"
        )
        peer = rectools(task, a, Path(temporary))
        time.sleep(1)
        ours = segue(task, a, workspace)
        for side in (peer, ours):
            hr, ndcg = task.measures(side.top)
            print(
                f"{side.name}: {side.targets:,} targets in {side.seconds:.0f} s, {side.rate:,.0f} targets/s, "
                f"{side.processor_rate:,.0f} a second of processor time; "
                f"after {a.seconds:.0f} s HR@10 {hr:.4f}, NDCG@10 {ndcg:.4f}"
            )
        by_clock, by_processor = ours.rate / peer.rate, ours.processor_rate / peer.processor_rate
        print(f"ratio (targets/s, segue / RecTools): {by_clock:.1f}; by processor time {by_processor:.1f}")


if __name__ == "__main__":
    main()
