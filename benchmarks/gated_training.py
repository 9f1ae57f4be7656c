"""Claim: a step of the gated histories' sequence model takes at most twice SASRec's processor time a target.

On Beauty (S3-Rec's file), full softmax, the same batches for both. Beauty has no content, so random columns
stand for it: what a step costs does not depend on what they say. All take turns, so that a busy machine
disturbs them alike.

    python benchmarks/gated_training.py Beauty.txt [--columns 0 195 390] [--rounds 8] [--folder KEPT]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from replication_sets import prepare
from segue.data.catalogue import Catalogue
from segue.data.log import Log
from segue.learning.loop import StepLoss, Trainer, keep_memory
from segue.models.gated_history.network import ContentSASRecNet
from segue.models.sequential.learn import Settings, make_network, objective
from segue.models.sequential.networks import Network
from segue.models.sequential.windows import Batches

STEPS = 3
"""Steps of one model before the next one's turn."""


class Model:
    """One network and its steps."""

    def __init__(self, name: str, network: Network, log: Log, settings: Settings, folder: Path) -> None:
        train = log.part("train")
        batches = Batches(train, settings.length, settings.plays_a_step, settings.seed)
        counts = np.bincount(train.rows, minlength=len(log.ids))
        self.name, self.network, self.found = name, network.train(), list[float]()
        self.loss: StepLoss = objective(network, batches, settings, counts)
        self.trainer = Trainer(network, settings, folder, [name])

    def step_loss(self, step: int) -> tuple[Tensor, dict[str, float]]:
        """As the model is trained: with other IDs hidden in each step."""
        if isinstance(self.network, ContentSASRecNet):
            self.network.redraw(0.2, torch.Generator().manual_seed(step))
        return self.loss(step)

    def turn(self) -> None:
        """Take some steps, and note what they cost."""
        began, targets = time.process_time(), 0.0
        for _ in range(STEPS):
            loss, figures = self.trainer._gradients(self.step_loss)
            targets += figures["tokens"]
            self.trainer._descend(loss, figures)
        self.found.append((time.process_time() - began) / targets * 1e6)


def main() -> None:
    """Train all in turn; print microseconds a target, and how many times SASRec's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("path", type=Path, help="Beauty.txt")
    parser.add_argument("--columns", type=int, nargs="*", default=[0, 195, 390])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="keep the workspace here")
    a = parser.parse_args()
    torch.set_num_threads(1)
    keep_memory()
    with TemporaryDirectory() as temporary:
        workspace = prepare("beauty", a.path, a.folder or Path(temporary) / "beauty")
        log, settings = Log.load(workspace, Catalogue.load(workspace)), Settings(steps=1000)
        n, s = len(log.ids), settings
        models = [Model("SASRec", make_network("sasrec", s, n), log, s, Path(temporary) / "sasrec")]
        for columns in a.columns:
            content = torch.randn(n, columns, generator=torch.Generator().manual_seed(0)) / 8
            known = torch.ones(n, dtype=torch.bool)
            network = ContentSASRecNet(known, content, s.length, s.dim, s.dropout, s.blocks, s.heads)
            models.append(Model(f"gated, {columns} columns", network, log, s, Path(temporary) / str(columns)))
        for _ in range(a.rounds):
            for model in models:
                model.turn()
    for model in models:
        # The first turn makes the kernels.
        own, plain = (median(m.found[1:]) for m in (model, models[0]))
        print(f"{model.name}: {own:.1f} us of processor time a target, {own / plain:.2f} times SASRec's")


if __name__ == "__main__":
    main()
