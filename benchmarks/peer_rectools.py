"""The RecTools half of `sasrec_training.py`: trains RecTools' SASRec, as it ships, for some seconds.

Runs in an interpreter that has `rectools[torch]` and not segue. Reads `train.csv` and `context.csv` (user,
track, day) from a folder, trains on the former, and writes `top.csv` (user, track, rank): the best tracks
for what each user played in the latter, what he played left out. The last line is JSON: targets, seconds and
seconds of processor time of the timed steps. The clock starts after the warm-up steps; reading batches is
timed, as it is for segue.

    python benchmarks/peer_rectools.py FOLDER --seconds 120 --threads 2 ...
"""

import argparse
import json
import os
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any


class Clock:
    """Counts targets and seconds of steps after the warm-up, and ends the training when time is up."""

    def __init__(self, seconds: float, warm_up: int) -> None:
        self.limit, self.warm_up = seconds, warm_up
        self.steps = self.targets = 0
        self.began = self.timed_from = self.timed = self.processor_from = self.processor = 0.0

    def begin(self) -> None:
        """The training starts now."""
        self.began = time.perf_counter()

    def step(self, targets: int) -> bool:
        """A step of some targets is done; whether the time is up."""
        now = time.perf_counter()
        self.steps += 1
        if self.steps == self.warm_up:
            self.timed_from, self.processor_from = now, time.process_time()
        elif self.steps > self.warm_up:
            self.targets += targets
            self.timed = now - self.timed_from
            self.processor = time.process_time() - self.processor_from
        return now - self.began >= self.limit


def train(a: argparse.Namespace, clock: Clock) -> Any:
    """RecTools' SASRec fitted to `train.csv`."""
    import pandas as pd
    from pytorch_lightning import Callback, Trainer, seed_everything
    from rectools.dataset import Dataset
    from rectools.models import SASRecModel

    class Stop(Callback):  # type: ignore[misc,unused-ignore]
        """Feeds the clock."""

        def on_train_start(self, trainer: Any, module: Any) -> None:
            """Start the clock."""
            clock.begin()

        def on_train_batch_end(self, trainer: Any, module: Any, out: Any, batch: Any, n: int) -> None:
            """Count the step's targets: 0 is the padding."""
            trainer.should_stop |= clock.step(int((batch["y"] != 0).sum()))

    def trainer() -> Any:
        return Trainer(
            max_epochs=100_000,
            min_epochs=0,
            accelerator="cpu",
            devices=1,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            logger=False,
            callbacks=[Stop()],
        )

    seed_everything(a.seed, verbose=False)
    model = SASRecModel(
        n_blocks=a.blocks,
        n_heads=a.heads,
        n_factors=a.dim,
        dropout_rate=a.dropout,
        session_max_len=a.length,
        loss="softmax",
        lr=a.lr,
        batch_size=a.batch,
        get_trainer_func=trainer,
    )
    return model.fit(Dataset.construct(read(pd, a.folder / "train.csv")))


def read(pd: Any, path: Path) -> Any:
    """A table of plays with RecTools' names of columns."""
    table = pd.read_csv(path, dtype={"user": str, "track": str})
    table = table.rename(columns={"user": "user_id", "track": "item_id"})
    table["datetime"] = pd.Timestamp("2000-01-01") + pd.to_timedelta(table.pop("day"), unit="D")
    return table.assign(weight=1.0)


def recommend(a: argparse.Namespace, model: Any) -> None:
    """Write the best tracks of every user of `context.csv`."""
    import pandas as pd
    from rectools.dataset import Dataset

    context = read(pd, a.folder / "context.csv")
    # A track that training never saw cannot be in an input of RecTools' model.
    seen = set(pd.read_csv(a.folder / "train.csv", dtype=str)["track"])
    context = context[context["item_id"].isin(seen)]
    found = model.recommend(
        context["user_id"].unique(), Dataset.construct(context), k=a.k, filter_viewed=True
    )
    found = found.rename(columns={"user_id": "user", "item_id": "track"})
    found[["user", "track", "rank"]].to_csv(a.folder / "top.csv", index=False)


def main() -> None:
    """Train, recommend, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--warm-up", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    for name, value in (("dim", 64), ("length", 50), ("blocks", 2), ("heads", 1), ("batch", 128), ("k", 10)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    warnings.filterwarnings("ignore")
    os.environ["OMP_NUM_THREADS"] = str(a.threads)
    import torch

    torch.set_num_threads(a.threads)
    clock = Clock(a.seconds, a.warm_up)
    model = train(a, clock)
    recommend(a, model)
    facts = {"version": version("rectools"), "torch": torch.__version__, "steps": clock.steps}
    timed = {"targets": clock.targets, "seconds": clock.timed, "processor": clock.processor}
    print(json.dumps(facts | timed))


if __name__ == "__main__":
    main()
