"""How likely each track is heard to its end, as evidence: learnt from the plays that other evidence has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segue.data.catalogue import SPLITS
from segue.data.library import Library
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.models.completion.evidence import Heard as Exact
from segue.models.completion.model import Completion
from segue.models.completion.model import Settings as CompletionSettings
from segue.models.gated_history.heard import Heard

STEPS = 800
"""Of the training of a completion model."""


def learn_completion(library: Library, later: Bools | None, seed: int, work: Path) -> Completion | None:
    """A completion model of the training plays; None where too few of them say in seconds what was heard.

    Args:
        library: with the log.
        later: bool (n_training_plays,), plays that must not be looked at.
        seed: of the training.
        work: where an interrupted training goes on.
    """
    among: NDArray[np.bool_] = library.log.splits == SPLITS.index("train")
    if later is not None:
        among[among] = ~later
    try:
        heard = Exact.of(library, among)
        return Completion.of_plays(
            library, heard, CompletionSettings.model_validate({"steps": STEPS, "seed": seed}), work
        )
    except SegueError:
        return None


def odds(model: Completion, plays: Sequence[Heard]) -> Floats:
    """Log odds of every track after each history, float32 (n_requests, n_tracks)."""
    p = np.stack([model.of_history(h.rows, h.completion) for h in plays])
    return np.asarray(np.log(p / (1 - p)), np.float32)
