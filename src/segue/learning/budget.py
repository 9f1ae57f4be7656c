"""How long and how fast a model learns: the part of the settings that every trained model has."""

import math
from typing import ClassVar, NamedTuple, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from segue.kit.settings import BUDGETS, Settings

TINY_RATE = 2e-3
"""Peak learning rate of the size `tiny`."""


class Limit(NamedTuple):
    """Where a training ends: after so many minutes or steps, whatever is first; None does not count."""

    minutes: float | None
    steps: int | None

    def done(self, step: int, seconds: float) -> float:
        """The part that is spent, from 0; above 1 where it is overdrawn."""
        by_steps = step / self.steps if self.steps else 0.0
        return max(by_steps, seconds / (60 * self.minutes)) if self.minutes else by_steps


class Budget(Settings):
    """A budget is one of minutes, steps and epochs; `unless_told` says which where none is given.

    The learning rate rises over the first `warmup` of it and falls to nothing along a cosine.
    """

    unless_told: ClassVar[dict[str, float]] = {"minutes": 5.0}
    peak: ClassVar[float] = 1e-4
    """The learning rate where none is given."""

    minutes: PositiveFloat | None = None
    """Budget in minutes."""
    steps: PositiveInt | None = None
    """Budget in steps instead."""
    epochs: PositiveFloat | None = None
    """Budget in passes over the training data instead."""
    lr: PositiveFloat | None = None
    """Peak learning rate; by default what suits the model."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Part of the budget over which the learning rate rises."""
    weight_decay: float = Field(default=0.01, ge=0)
    clip: PositiveFloat = 1.0
    """Gradients longer than this are cut to it."""
    bf16: bool | None = None
    """bfloat16 products; by default where the machine has them."""
    save_every: float = Field(default=60.0, ge=0)
    """Seconds between checkpoints."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        told = sorted(name for name in BUDGETS if getattr(self, name) is not None)
        if len(told) > 1:
            raise ValueError(f"both {' and '.join(told)}: a budget is one of minutes, steps and epochs")
        return self

    @property
    def rate(self) -> float:
        """The peak learning rate."""
        return self.lr or self.peak

    def limit(self, per_epoch: int = 1) -> Limit:
        """Where the training ends, if an epoch has so many steps."""
        told = {name: getattr(self, name) for name in BUDGETS if getattr(self, name) is not None}
        (name, amount), *_ = (told or self.unless_told).items()
        if name == "minutes":
            return Limit(float(amount), None)
        return Limit(None, max(1, round(amount * (per_epoch if name == "epochs" else 1))))

    def factor(self, done: float) -> float:
        """What the peak learning rate is multiplied by when a part `done` of the budget is spent."""
        if done < self.warmup:
            # Not from 0: the first step would teach nothing.
            return (done + 0.1 * self.warmup) / (1.1 * self.warmup)
        falling = min((done - self.warmup) / (1 - self.warmup), 1)
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * falling))


class LmBudget(Budget):
    """The same for a model over a language model."""

    size: str = "tiny"
    """`tiny`, `small`, `base`, or any causal LM by path or hub name."""

    @property
    def rate(self) -> float:
        """The peak learning rate: small for weights that were trained before."""
        return self.lr or (TINY_RATE if self.size == "tiny" else self.peak)


class FineTuned(LmBudget):
    """The same for a language model that itself learns to write."""

    adapters: bool = False
    """LoRA on every linear layer instead of full fine-tuning."""

    @property
    def train_words(self) -> bool:
        """Whether all the LLM's own words learn: in full fine-tuning of a whole LLM.

        `tiny` learns the words that are often targets, and adapters none.
        """
        return self.size != "tiny" and not self.adapters
