"""What the study of E4SRec can be told: budgets in steps, so that the same seeds give it twice."""

from pydantic import NonNegativeInt, PositiveInt

from segue.experiments.settings import Backbones


class Study(Backbones):
    """Budgets and sizes of `segue experiment e4srec`."""

    steps: PositiveInt = 120
    """Of each E4SRec (2,048 tokens a step)."""
    encoder_steps: PositiveInt = 600
    """Of each ID encoder that the workspace has not trained yet."""
    seeds: PositiveInt = 3
    """Trainings of each row, from `seed` on."""
    max_requests: PositiveInt = 1000
    """Test plays at most where every track is ranked."""
    validation: NonNegativeInt = 300
    """Validation plays that choose parameters and gates."""
