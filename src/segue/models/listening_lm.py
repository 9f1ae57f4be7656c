"""What LLaRA and LC-Rec share: settings, listening as tokens, the training run, a rule for scores.

Both write a listener's last tracks as one sequence of tokens in which every track is to be predicted from
those before it, so that one pass over a window teaches as many answers as the window has tracks.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import PositiveFloat, PositiveInt
from torch import Tensor

from segue.data.catalogue import Catalogue
from segue.data.log import Log
from segue.data.request import Request
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.settings import Settings as BaseSettings
from segue.learning.loop import Budget, Trainer
from segue.llm.network import MusicLM
from segue.llm.session import fitting_threads
from segue.models.trained import Trained

EXACT = 256
"""Catalogues up to this size are searched with a beam for every answer: all scores are exact."""
N_VALIDATION = 64
"""Validation plays whose loss is logged."""
EVERY = 50
"""Steps between two validation losses."""

Rows = NDArray[np.int64]


class LmSettings(BaseSettings):
    """How a language model is trained on listening: what both models let one choose."""

    size: str = "tiny"
    """`tiny`, `small`, `base`, or any causal LM by path or hub name."""
    minutes: PositiveFloat | None = None
    steps: PositiveInt | None = None
    """A budget is minutes or steps; five minutes where neither is given."""
    lr: PositiveFloat | None = None
    """Peak learning rate; 2e-3 for `tiny`, 3e-4 otherwise."""
    length: PositiveInt = 20
    """Tracks that the model looks back on."""
    plays_a_step: PositiveInt = 256
    adapters: bool = False
    """LoRA on every linear layer instead of full fine-tuning."""
    width: PositiveInt = 20
    """Beams. Source: LC-Rec 4.1.4 (20 beams)."""
    bf16: bool | None = None

    @property
    def train_words(self) -> bool:
        """Whether all the LLM's own words learn: in full fine-tuning of a whole LLM."""
        return self.size != "tiny" and not self.adapters

    def budget(self) -> Budget:
        """The training loop's part of these settings."""
        minutes = self.minutes if self.minutes or self.steps else 5.0
        lr = self.lr or (2e-3 if self.size == "tiny" else 3e-4)
        return Budget(minutes=minutes, steps=self.steps, lr=lr, bf16=self.bf16, seed=self.seed)


class ListeningLM(Trained):
    """A causal LM that writes what is played next: what LLaRA and LC-Rec have in common as recommenders.

    Args:
        catalogue: as it is now.
        model: the trained causal LM.
        tokenizer: its tokenizer.
        card: of the training.
    """

    def __init__(self, catalogue: Catalogue, model: Any, tokenizer: Any, card: dict[str, Any]) -> None:
        super().__init__(catalogue)
        self.model, self.tokenizer, self.card = model.eval(), tokenizer, card

    def score(self, requests: Sequence[Request]) -> Floats:
        """Log-probabilities, float32 (n, n_tracks): exact for what the beams reached, below them elsewhere.

        Raises:
            SegueError: a prompt does not fit the backbone.
        """
        if not requests:
            return np.zeros((0, len(self.catalogue)), np.float32)
        with fitting_threads(self.model):
            return np.stack([self._score(request) for request in requests])

    @abstractmethod
    def _score(self, request: Request) -> Floats:
        """The scores (n_tracks,) of one request."""


class Example(NamedTuple):
    """Token ids of one example, and which of them are targets."""

    ids: list[int]
    learn: list[bool]


def join(parts: Sequence[Example]) -> Example:
    """Examples one behind the other as one."""
    return Example([i for p in parts for i in p.ids], [t for p in parts for t in p.learn])


def collate(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Ids int64 and targets bool, both (n, longest), padded at the end with 0 and False."""
    shape = (len(examples), max(len(e.ids) for e in examples))
    ids, learn = np.zeros(shape, np.int64), np.zeros(shape, bool)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = example.ids
        learn[row, : len(example.ids)] = example.learn
    return torch.from_numpy(ids), torch.from_numpy(learn)


def validation_windows(log: Log, length: int) -> list[Rows]:
    """The rows of some validation plays, each behind the `length` plays before it."""
    events = log.targets("validation")
    if len(events) > N_VALIDATION:
        events = np.sort(np.random.default_rng(0).choice(events, N_VALIDATION, replace=False))
    starts = log.starts[np.searchsorted(log.starts, events, side="right") - 1]
    return [log.rows[max(s, e - length) : e + 1] for s, e in zip(starts, events, strict=True)]


def check_room(needed: int, model: Any, where: str = "") -> None:
    """Raise where a prompt does not fit the model: nothing is ever cut silently.

    Raises:
        SegueError: says by how many tokens.
    """
    room = int(model.config.max_position_embeddings)
    if needed > room:
        what = f"a prompt needs {needed:,} tokens and the model reads {room:,}: {needed - room:,} too many"
        raise SegueError(what, where, "train with a smaller `length`, or choose a backbone that reads more")


BatchAt = Callable[[int, float], tuple[Tensor, Tensor]]
"""Step number and how much of the budget is spent, 0 to 1 -> ids and targets."""


def learn(
    network: MusicLM,
    batch_at: BatchAt,
    validation: tuple[Tensor, Tensor] | None,
    settings: LmSettings,
    work: Path,
    identity: Sequence[Any],
) -> dict[str, Any]:
    """Train in place on the device of `network`; returns facts for the card.

    Every `EVERY` steps the loss of the validation batch is written among the metrics of `work`.
    """
    device = next(network.parameters()).device
    network.train()

    def mean_loss(ids: Tensor, targets: Tensor) -> Tensor:
        found = network.loss(ids.to(device), targets.to(device))
        return (found.music + found.words) / max(found.n_music + found.n_words, 1)

    def step_loss(step: int) -> tuple[Tensor, dict[str, float]]:
        budget = trainer.budget
        done = step / budget.steps if budget.steps else trainer.elapsed / (60 * (budget.minutes or 1))
        ids, targets = batch_at(step, min(done, 1.0))
        figures: dict[str, float] = {"tokens": ids.numel()}
        if validation is not None and step % EVERY == 0:
            with torch.no_grad():
                figures["validation_loss"] = last["validation_loss"] = float(mean_loss(*validation))
        return mean_loss(ids, targets), figures

    last: dict[str, float] = {}
    trainer = Trainer(network, step_loss, settings.budget(), work, identity)
    trainer.run()
    network.train(False)
    return last | {"steps": trainer.step, "seconds": round(trainer.elapsed, 1), "tokens": trainer.tokens}


def put_below(scores: Floats, exact: Bools) -> Floats:
    """Scores (n,) in which all that are not exact are shifted, as one, below the lowest exact one.

    What the beam search did not follow to its end was less likely than what it did: estimates keep their own
    order and lose to every beam.
    """
    if exact.all() or not exact.any():
        return scores
    surplus = scores[~exact].max() - scores[exact].min()
    return np.where(exact, scores, scores - max(float(surplus), 0.0) - 1e-3).astype(np.float32)
