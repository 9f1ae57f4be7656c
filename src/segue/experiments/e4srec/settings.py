"""What the study of E4SRec can be told: budgets in steps, so that the same seeds give it twice."""

from __future__ import annotations

from pydantic import NonNegativeInt, PositiveInt

from segue.kit.settings import Settings


class Study(Settings):
    """Budgets and sizes of `segue experiment e4srec`."""

    steps: PositiveInt = 120
    """Of each E4SRec (2,048 tokens a step)."""
    encoder_steps: PositiveInt = 600
    """Of each ID encoder that the workspace has not trained yet."""
    seeds: PositiveInt = 3
    """Trainings of each row, from `seed` on."""
    size: str = "tiny"
    """The backbone: tiny, small, base, or any causal LM."""
    backbone: str = "small"
    """The other backbone of its table, in a tenth of the steps; "" leaves it out."""
    max_requests: PositiveInt = 1000
    """Test plays at most where every track is ranked."""
    validation: NonNegativeInt = 300
    """Validation plays that choose parameters and gates."""
