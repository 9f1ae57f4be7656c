"""One training run: from a module and the loss of a step to what was learnt, its log and its curve."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from segue.learning.budget import Budget
from segue.learning.loop import StepLoss, Trainer
from segue.learning.validation import Validation


class Run:
    """Trains a module in place; interrupted, the same run goes on at its last checkpoint.

    Leaves `metrics.jsonl` and `loss.png` in the work folder.

    Args:
        settings: of the model; all of them, and `data`, must be the same for a run to go on.
        data: whatever says what is learnt from: hashes, numbers.
    """

    def __init__(
        self,
        module: nn.Module,
        settings: Budget,
        work: Path,
        data: Sequence[Any],
        *,
        per_epoch: int = 1,
        title: str = "training",
    ) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.module, self.work, self.title = module, work, title
        identity = [settings.model_dump(exclude={"save_every"}), *data]
        self.trainer = Trainer(module, settings, work, identity, per_epoch=per_epoch, title=title)

    @property
    def done(self) -> float:
        """The part of the budget that is spent, 0 to 1."""
        return min(self.trainer.done, 1.0)

    def go(self, step_loss: StepLoss, validation: Validation | None = None) -> dict[str, Any]:
        """Train until the budget is spent, or until validation is no better for long; facts for a card.

        Raises:
            KeyboardInterrupt: Ctrl-C; the state is saved first.
            SegueError: the loss is not a number any more, or the checkpoint is damaged.
        """
        trainer = self.trainer
        self.module.train()
        position = trainer.checkpoint.position()
        if validation is not None:
            # A checkpoint of other settings is not resumed, so neither are its figures.
            validation.resume(position["step"] if position.get("identity") == trainer.identity else 0)

        def on_step(line: dict[str, float]) -> bool:
            return validation is not None and validation.stops(trainer.step, trainer.done)

        trainer.run(step_loss, on_step)
        if validation is not None:
            validation.take_best(trainer.step)
        self.module.train(False)
        figures = validation.figures if validation is not None else []
        draw_losses(self.work / "metrics.jsonl", self.work / "loss.png", self.title, figures)
        facts = {"steps": trainer.step, "seconds": round(trainer.elapsed, 1), "tokens": trainer.tokens}
        return facts | ({"validation_ndcg10": validation.best} if validation is not None else {})


def draw_losses(
    metrics: Path, picture: Path, title: str, validation: Sequence[tuple[int, float]] = ()
) -> None:
    """The losses of `metrics.jsonl`, smoothed over fifty steps, and the validation figures below them."""
    from matplotlib.figure import Figure

    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    names = sorted({name for line in lines for name in line if name.endswith("loss")})
    # Where a loss has parts they are shown, not their weighted sum.
    names = [n for n in names if n != "loss" or not {"music_loss", "words_loss"} & set(names)]
    figure = Figure(figsize=(7, 6 if validation else 4), layout="constrained")
    first, *second = figure.subplots(2 if validation else 1, sharex=True, squeeze=False)[:, 0]
    for name, style in zip(names, ("-", "--", ":", "-."), strict=False):
        points = [(line["step"], line[name]) for line in lines if name in line]
        window = min(50, max(len(points) // 4, 1))
        smooth = np.convolve([value for _, value in points], np.ones(window) / window, mode="valid")
        first.plot([step for step, _ in points][window - 1 :], smooth, style, label=name.replace("_", " "))
    first.set(ylabel="loss (nats)", title=title)
    first.legend()
    for axes in second:
        axes.plot(*zip(*validation, strict=True), "o-")
        axes.set(ylabel="NDCG@10 of validation")
    figure.axes[-1].set(xlabel="steps")
    figure.savefig(picture, dpi=120)
